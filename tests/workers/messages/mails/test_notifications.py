"""Notifications: who is told of what, in one mail, that a mail server takes exactly once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from commands.messages.notifications import sending, timing
from commands.messages.notifications.mails.letters import Letter, WrittenMail
from commands.messages.notifications.mails.wording import write_mail
from commands.messages.notifications.sending import LEASE, Sending
from commands.writing.running.run import Author, run_unasked
from kit.ids import to_global
from models.access.followers import JournalFollower
from models.access.viewers import by_itself
from models.messages.notifications import NotificationMail
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.messages.notifications import PUBLIC_URL, noted, sent, serving
from tests.make.running import do_due
from tests.make.scene import PLACE, WINDOW
from tests.make.trade import contracts, orders
from workers.messages.notifications import NOTE_NOTIFICATIONS, TELL_ENDS
from workers.running.followers import Followers

pytestmark = pytest.mark.usefixtures("all_recorded")

CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { userErrors { code } }
}
"""
GUEST = {"name": "Anna Weber", "email": "Anna@Example.com"}
GATHER = timing.GATHER.total_seconds()
MINUTE = timing.PAUSES[0].total_seconds()


async def guests(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    return await orders.order(world, ask, guest=GUEST, shipTo=PLACE, **fields)


def fates(found: Any) -> list[tuple[str, str, str | None]]:
    """Return (kind, state, reason) of notifications."""
    return [(it.kind.value, it.state.value, it.reason and it.reason.value) for it in found]


async def test_what_happens_together_is_one_mail_that_tells_how_things_stand(world, ask, mail):
    server, route = mail
    order = await guests(world, ask)
    await noted(world)
    world.clock.advance(seconds=30)
    await deliveries.planned(world, ask, order)
    found = await noted(world)
    assert [(it.kind.value, it.address) for it in found] == [
        ("ORDER_CONFIRMED", "anna@example.com"),
        ("DELIVERY_PLANNED", "anna@example.com"),
    ]
    await sent(world, route, GATHER - 31)
    assert server.taken == []
    found = await sent(world, route, 1)
    (taken,) = server.taken
    assert taken["Subject"] == f"Order {order['number']} is confirmed"
    assert (taken["To"], taken["From"].addresses[0].addr_spec) == (
        "anna@example.com",
        "shop@example.com",
    )
    text = taken.get_body(("plain",)).get_content()
    assert f"A delivery of order {order['number']} is planned." in text
    assert "€35.00" in text
    assert "Monday, March 9, 2026, 9:00\u202fAM – 1:00\u202fPM" in text
    assert {it.message_id for it in found} == {taken["Message-ID"]}
    assert taken["Date"].datetime == world.clock()
    assert [it.state.value for it in found] == ["SENT", "SENT"]
    await sent(world, route, 10 * GATHER)
    assert (len(server.taken), await rows(world, NotificationMail)) == (1, [])


async def test_mails_of_one_order_are_one_thread_each_with_its_own_id(world, ask, mail):
    server, route = mail
    order = await guests(world, ask)
    await noted(world)
    await sent(world, route, GATHER)
    await deliveries.dispatched(world, ask, order, parcel={"trackingNumbers": ["T 1"]})
    await noted(world)
    await sent(world, route, GATHER)
    first, second = server.taken
    assert first["References"] == second["References"] == second["In-Reply-To"]
    assert first["Message-ID"] != second["Message-ID"]
    assert second["Auto-Submitted"] == "auto-generated"
    text = second.get_body(("plain",)).get_content()
    assert "Parcel T 1" in text
    # Who takes goods in need not know what they cost.
    assert "€" not in text


async def test_what_is_not_true_any_more_is_not_told(world, ask, mail):
    server, route = mail
    order = await guests(world, ask)
    await noted(world)
    lines = [{"lineId": it["id"], "quantity": it["ordered"]} for it in order["lines"]]
    values = {"orderId": order["id"], "lines": lines, "reason": "Changed my mind."}
    assert (await ask(CANCEL, input=values))["orderCancelLines"]["userErrors"] == []
    await noted(world)
    found = await sent(world, route, GATHER)
    (taken,) = server.taken
    assert taken["Subject"] == f"Order {order['number']} is cancelled"
    text = taken.get_body(("plain",)).get_content()
    goods = [it for it in text.splitlines() if it.startswith("- ")]
    assert len(goods) == len(order["lines"])
    assert "0.00" not in text
    assert sorted(fates(found)) == [
        ("ORDER_CANCELLED", "SENT", None),
        ("ORDER_CHANGED", "SUPPRESSED", "OVERTAKEN"),
        ("ORDER_CONFIRMED", "SUPPRESSED", "OVERTAKEN"),
    ]


@pytest.mark.parametrize(
    ("answer", "code"), [("451 greylisted", 451), ("break", None), ("421 busy", 421)]
)
async def test_what_a_server_takes_later_is_lost_no_more_than_told_twice(
    world, ask, mail, answer, code
):
    server, route = mail
    await guests(world, ask)
    await noted(world)
    server.answers = [answer]
    (found,) = await sent(world, route, GATHER)
    assert (found.state.value, found.code, server.taken) == ("PENDING", code, [])
    await sent(world, route, MINUTE - 1)
    assert server.tries == 1
    (found,) = await sent(world, route, 1)
    assert (found.state.value, found.code, len(server.taken)) == ("SENT", 250, 1)
    await sent(world, route, 100 * MINUTE)
    assert server.taken[0]["Message-ID"] == found.message_id
    assert len(server.taken) == 1


async def test_a_server_that_says_nothing_is_left_and_tried_again(world, ask):
    async with serving(longest_s=0.3) as (server, route):
        await guests(world, ask)
        await noted(world)
        server.answers = ["silence"]
        (found,) = await sent(world, route, GATHER)
        assert (found.state.value, found.code) == ("PENDING", None)
        (found,) = await sent(world, route, MINUTE)
        assert (found.state.value, len(server.taken)) == ("SENT", 1)


async def test_what_was_taken_before_the_connection_broke_is_not_sent_again(world, ask, mail):
    server, route = mail
    await guests(world, ask)
    await noted(world)
    server.answers = ["break after"]
    (found,) = await sent(world, route, GATHER)
    await sent(world, route, 100 * MINUTE)
    assert (found.state.value, len(server.taken)) == ("SENT", 1)


@pytest.mark.parametrize("at", ["answers", "to_recipients"])
async def test_what_a_server_refuses_for_good_is_not_tried_again(world, ask, mail, at):
    server, route = mail
    await guests(world, ask)
    await noted(world)
    setattr(server, at, ["550 no such user"])
    (found,) = await sent(world, route, GATHER)
    assert (*fates([found]), found.code) == (("ORDER_CONFIRMED", "FAILED", "REFUSED"), 550)
    await sent(world, route, 100 * MINUTE)
    assert server.taken == []


async def test_what_is_never_taken_is_given_up_after_three_days(world, ask, mail):
    server, route = mail
    await guests(world, ask)
    await noted(world)
    server.to_recipients = ["450 later"] * 99
    world.clock.advance(seconds=GATHER)
    begun, found = world.clock(), await sent(world, route)
    for pause in timing.PAUSES:
        assert found[0].state.value == "PENDING"
        found = await sent(world, route, pause.total_seconds())
    assert fates(found) == [("ORDER_CONFIRMED", "FAILED", "UNREACHABLE")]
    assert world.clock() - begun > timedelta(days=3)
    assert 99 - len(server.to_recipients) == len(timing.PAUSES) + 1


async def test_what_nobody_has_sent_for_days_is_not_sent_any_more(world, ask, mail):
    server, route = mail
    await guests(world, ask)
    await noted(world)
    found = await sent(world, route, GATHER + timing.SENT_WITHIN.total_seconds() + 1)
    assert (fates(found), server.tries) == ([("ORDER_CONFIRMED", "SUPPRESSED", "OVERTAKEN")], 0)
    assert await rows(world, NotificationMail) == []


async def test_two_workers_hand_a_mail_over_once(world, ask, mail):
    server, route = mail
    await guests(world, ask)
    await noted(world)
    world.clock.advance(seconds=GATHER)
    await asyncio.gather(*(sent(world, route) for _ in range(3)))
    assert (server.tries, len(server.taken)) == (1, 1)


async def test_what_a_dead_worker_had_in_hand_goes_after_its_lease_under_the_same_id(
    world, ask, mail
):
    server, route = mail
    await guests(world, ask)
    (before,) = await noted(world)
    world.clock.advance(seconds=GATHER)
    dead = Sending(route, PUBLIC_URL, before.mail_id)
    claimed = await run_unasked(
        world.database, Author(by_itself(world.merchant_id), world.clock()), dead.claim
    )
    await sent(world, route, LEASE.total_seconds())
    assert (server.tries, dead.message_id in claimed.mail.content.decode()) == (0, True)
    (found,) = await sent(world, route, 1)
    assert (found.state.value, found.message_id) == ("SENT", dead.message_id)


async def test_a_mail_that_cannot_be_written_is_tried_like_others_and_stops_nobody(
    world, ask, mail, monkeypatch
):
    server, route = mail

    def written(letter: Letter) -> WrittenMail:
        if letter.orders[0].number == bad["number"]:
            raise LookupError
        return write_mail(letter)

    bad, good = [await guests(world, ask) for _ in range(2)]
    monkeypatch.setattr(sending, "write_mail", written)
    await noted(world)
    await sent(world, route, GATHER)
    (left,) = await rows(world, NotificationMail)
    assert (left.attempts, left.leased_until) == (1, None)
    assert left.next_at == world.clock() + timing.PAUSES[0]
    assert [it["Subject"] for it in server.taken] == [f"Order {good['number']} is confirmed"]
    for pause in timing.PAUSES:
        found = await sent(world, route, pause.total_seconds())
    assert await rows(world, NotificationMail) == []
    assert sorted(fates(found)) == [
        ("ORDER_CONFIRMED", "FAILED", "UNWRITTEN"),
        ("ORDER_CONFIRMED", "SENT", None),
    ]


@pytest.mark.parametrize(
    "address", ["_@ä", "=?utf-8?q?=0D=0ABcc=3A_v?=@example.com", "jürgen@example.com"]
)
async def test_an_address_that_no_server_takes_fails_and_stops_no_follower(world, ask, address):
    await orders.order(world, ask, guest={"name": "Anna", "email": address}, shipTo=PLACE)
    assert fates(await noted(world)) == [("ORDER_CONFIRMED", "FAILED", "BAD_ADDRESS")]


async def test_entries_that_are_told_again_tell_nobody_twice(world, ask):
    await guests(world, ask)
    before = await noted(world)
    followers = Followers(NOTE_NOTIFICATIONS)
    again = update(JournalFollower).where(JournalFollower.merchant_id == world.merchant_id)
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(again.values(position=0))
    await followers.tell(world.database, world.merchant_id, "notifications", world.clock())
    assert len(await rows(world, type(before[0]))) == len(before) == 1


async def test_many_entries_take_as_many_statements_as_one(world, ask):
    await guests(world, ask)
    with counted(world.database.engine) as of_one:
        await noted(world)
    for _ in range(3):
        await guests(world, ask)
    with counted(world.database.engine) as of_three:
        assert len(await noted(world)) == 4
    assert len(of_three) <= len(of_one)


async def test_what_happened_long_ago_is_told_nobody(world, ask):
    await guests(world, ask)
    world.clock.advance(seconds=timing.TOO_OLD.total_seconds() + 1)
    assert await noted(world) == []


def test_quiet_hours_and_the_mail_of_the_day_are_by_the_readers_clock() -> None:
    night, berlin = ("21:00", "07:00"), "Europe/Berlin"
    at = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    # Clocks go forward in this night.
    assert timing.daytime(at, berlin, night) == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert timing.daytime(at, "America/New_York", night) == at
    assert timing.daytime(at, berlin, None) == at
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert timing.daytime(noon, berlin, ("12:00", "14:00")) == noon + timedelta(hours=1)
    assert timing.of_the_day(at, berlin) == datetime(2026, 3, 29, 6, tzinfo=UTC)


async def test_a_company_is_told_that_little_is_left_of_its_contract_and_that_it_ends(
    world, ask, mail, database
):
    server, route = mail
    party = to_global("Party", await parties.company(world, email="buyer@example.com"))
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [contracts.line(bolt, "10")]
    contract = await contracts.contract(world, ask, partyId=party, lines=lines)
    for quantity in ("8", "1", "1"):
        await contracts.call_off(world, ask, contract, quantity)
    kinds = [it.kind.value for it in await noted(world)]
    assert kinds.count("CONTRACT_RUNS_LOW") == 1
    await sent(world, route, GATHER)
    (subject,) = [it["Subject"] for it in server.taken if "Little" in it["Subject"]]
    assert subject == f"Little is left of contract {contract['number']}"
    for day in ("2026-11-29T22:59:00Z", "2026-11-30T23:01:00Z"):
        world.clock.advance(seconds=(datetime.fromisoformat(day) - world.clock()).total_seconds())
        await do_due(database, world.clock, TELL_ENDS)
    found = await sent(world, route, GATHER)
    assert [it.state.value for it in found if it.kind.value == "CONTRACT_ENDS"] == ["SENT"]
    text = server.taken[-1].get_body(("plain",)).get_content()
    assert f"<{PUBLIC_URL}/unsubscribe/" in server.taken[-1]["List-Unsubscribe"]
    assert f"Contract {contract['number']} ends soon." in text
    assert "Last day: Thursday, December 31, 2026" in text
    for step in ("contractSuspend", "contractResume"):
        await contracts.change(ask, step, contractId=contract["id"])
    await do_due(database, world.clock, TELL_ENDS)
    assert [it.kind.value for it in await noted(world)].count("CONTRACT_ENDS") == 1


async def test_an_end_that_was_put_off_while_its_mail_waits_is_not_told(world, ask, mail, database):
    server, route = mail
    party = to_global("Party", await parties.company(world, email="buyer@example.com"))
    contract = await contracts.contract(world, ask, partyId=party)
    near = datetime.fromisoformat("2026-12-01T12:00:00Z")
    world.clock.advance(seconds=(near - world.clock()).total_seconds())
    await do_due(database, world.clock, TELL_ENDS)
    amended = {"contractId": contract["id"], "validTo": "2027-12-31"}
    assert (await contracts.change(ask, "contractAmend", **amended))["userErrors"] == []
    found = await sent(world, route, GATHER)
    assert (fates(found), server.taken) == ([("CONTRACT_ENDS", "SUPPRESSED", "OVERTAKEN")], [])


QUIET = """mutation ($from: String, $until: String) {
  merchantSettingsUpdate(input: {quietFrom: $from, quietUntil: $until}) { userErrors { code } } }"""


async def test_what_waits_for_quiet_hours_goes_when_they_are_taken_away(world, ask, mail):
    server, route = mail
    await ask(QUIET, **{"from": "00:00", "until": "23:59"})
    await guests(world, ask)
    await noted(world)
    (found,) = await sent(world, route, GATHER)
    assert (found.state.value, server.taken) == ("PENDING", [])
    await ask(QUIET, **{"from": None, "until": None})
    await noted(world)
    (found,) = await sent(world, route)
    assert (found.state.value, len(server.taken)) == ("SENT", 1)


CONFIRM = """mutation ($input: OrderConfirmInput!) {
  orderConfirm(input: $input) { userErrors { code field } } }"""


@pytest.mark.parametrize(
    ("response", "changed"),
    [
        ({"response": "ACCEPTED"}, []),
        ({"response": "REJECTED", "reason": "Sold out."}, [("ORDER_CHANGED", "SENT", None)]),
    ],
)
async def test_what_was_accepted_as_ordered_is_no_change(world, ask, mail, response, changed):
    _, route = mail
    order = await guests(world, ask)
    await noted(world)
    await sent(world, route, GATHER)
    lines = [{"lineId": order["lines"][0]["id"], **response}]
    answer = await ask(CONFIRM, input={"orderId": order["id"], "lines": lines})
    assert answer["orderConfirm"]["userErrors"] == []
    await noted(world)
    found = await sent(world, route, GATHER)
    assert fates(found)[1:] == changed


LATER = {"window": {**WINDOW, "latest": "2026-03-09T13:00:00Z"}, "windowOverride": "Asked."}


async def test_what_its_reader_hears_for_the_first_time_has_not_changed(world, ask, mail):
    server, route = mail
    order = await guests(world, ask)
    planned = await deliveries.planned(world, ask, order)
    await deliveries.done(ask, "deliveryReschedule", deliveryId=planned["id"], **LATER)
    await noted(world)
    found = await sent(world, route, GATHER)
    assert ("DELIVERY_RESCHEDULED", "SUPPRESSED", "OVERTAKEN") in fates(found)
    assert ("DELIVERY_PLANNED", "SENT", None) in fates(found)
    assert len(server.taken) == 1
