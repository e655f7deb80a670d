"""Notifications as staff sees them, and what it decides on them."""

from datetime import timedelta
from threading import Thread, current_thread, main_thread

import pytest
from sqlalchemy import select, update

from commands.messages.notifications import manage
from commands.messages.notifications.mails.letters import Letter, WrittenMail
from kit.ids import new_id, to_global
from models.access.viewers import Actor, Scope
from models.master.parties import Party, PartyRole
from models.messages.notifications import Notification, NotificationMail, NotificationState
from resolvers.messages.notifications import preview as previews
from tests import make
from tests.make import reasons
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.messages.notifications import noted, sent, serving
from tests.make.scene import PLACE
from tests.make.trade import orders

LIST = """
query ($filter: NotificationFilter) { notifications(first: 9, filter: $filter) { nodes {
  id kind state reason address language order { number } delivery { number } contact { code }
} } }
"""
PREVIEW = """
query ($kind: NotificationKind!, $id: ID!, $language: Language!) {
  notificationPreview(kind: $kind, id: $id, language: $language) { subject text html }
}
"""
RESEND = """
mutation ($input: NotificationResendInput!) { notificationResend(input: $input) {
  notification { state events(first: 2) { nodes { type } } } userErrors { code field }
} }
"""
PREFER = """
mutation ($input: NotificationPreferencesSetInput!) { notificationPreferencesSet(input: $input) {
  notificationPreferences { kind timing address isStaff contact { code } }
  userErrors { code field }
} }
"""
QUIET = """
mutation { merchantSettingsUpdate(input: {quietFrom: "00:00", quietUntil: "23:59"}) {
  userErrors { code }
} }
"""
FEW = [Scope.NOTIFICATIONS_MANAGE, Scope.NOTIFICATIONS_READ, Scope.MASTER_DATA_READ]
PREFERENCES = "{ notificationPreferences(first: 9) { nodes { kind timing } } }"
COMPANY = {"email": "office@example.com", "language": "pl-PL"}
CONTACTS = [{"code": "BUY", "name": "Ewa", "email": "ewa@example.com", "language": "de"}]


async def made_pending(world):
    """Let the notification wait for its mail."""
    async with world.database.writing(world.merchant_id) as session:
        own = Notification.merchant_id == world.merchant_id
        (row,) = await session.scalars(select(Notification).where(own))
        row.state, row.reason = NotificationState.PENDING, None
        key = {"merchant_id": row.merchant_id, "id": row.mail_id}
        session.add(NotificationMail(**key, next_at=world.clock(), attempts=0))


async def company(world, **fields):
    """Make a company; gives its global id."""
    return to_global("Party", await parties.company(world, contacts=CONTACTS, **COMPANY, **fields))


async def contact_of(ask, party):
    read = "query ($id: ID!) { party(id: $id) { contacts { id } } }"
    return (await ask(read, id=party))["party"]["contacts"][0]["id"]


async def lease(world, until):
    """Let somebody have all mails in hand."""
    async with world.database.writing(world.merchant_id) as session:
        own = NotificationMail.merchant_id == world.merchant_id
        await session.execute(update(NotificationMail).where(own).values(leased_until=until))


async def listed(ask, **filter_by):
    return (await ask(LIST, filter=filter_by))["notifications"]["nodes"]


async def prefer(ask, *wishes, **who):
    """State (kind, timing) of somebody; gives the payload."""
    preferences = [{"kind": kind, "timing": timing} for kind, timing in wishes]
    answer = await ask(PREFER, input={"preferences": preferences, **who})
    return answer["notificationPreferencesSet"]


async def test_so_many_addresses_of_staff_are_told_of_everything_at_most(ask, monkeypatch):
    monkeypatch.setattr(manage, "MOST_NOTIFIED_STAFF", 1)
    wish, first = ("ORDER_CONFIRMED", "NOW"), {"address": "one@example.com", "isStaff": True}
    second = {"address": "two@example.com"}
    assert (await prefer(ask, wish, **first))["userErrors"] == []
    refused = (await prefer(ask, wish, **second, isStaff=True))["userErrors"]
    assert [it["code"] for it in refused] == ["TOO_MANY_ITEMS"]
    assert refused[0]["field"] == ["input", "address"]
    for one in (second, first):
        assert (await prefer(ask, wish, **one))["userErrors"] == []


async def test_who_is_told_of_what_is_listed_and_nobody_but_staff_sees_it(world, ask):
    party = await company(world)
    order = await orders.order(world, ask, partyId=party)
    delivery = await deliveries.planned(world, ask, order)
    await noted(world)
    planned, confirmed = await listed(ask)
    assert (confirmed["kind"], confirmed["address"]) == ("ORDER_CONFIRMED", COMPANY["email"])
    assert (confirmed["language"], confirmed["order"]) == ("PL", {"number": order["number"]})
    assert planned["delivery"] == {"number": delivery["number"]}
    found = await listed(ask, kinds=["ORDER_CONFIRMED"], orderId=order["id"], states=["PENDING"])
    assert found == [confirmed]
    assert await listed(ask, address="other@example.com") == []
    buyer = ask.by(await world.key(Actor.BUYER, (await rows_party(world)).id))
    answer = await buyer.answer(LIST)
    assert [it["extensions"]["code"] for it in answer["errors"]] == ["FORBIDDEN"]


async def rows_party(world):
    return next(it for it in await rows(world, Party) if PartyRole.CUSTOMER in it.roles)


async def test_a_preview_is_written_beside_the_event_loop(world, ask, monkeypatch):
    threads, write = list[Thread](), previews.write_mail

    def watched(letter: Letter) -> WrittenMail:
        threads.append(current_thread())
        return write(letter)

    monkeypatch.setattr(previews, "write_mail", watched)
    order = await orders.order(world, ask)
    values = {"kind": "ORDER_CONFIRMED", "id": order["id"], "language": "EN"}
    assert (await ask(PREVIEW, **values))["notificationPreview"]["text"]
    assert len(threads) == 1
    assert main_thread() not in threads


@pytest.mark.parametrize("lacking", ["ORDERS_READ", "DELIVERIES_READ", "MASTER_DATA_READ"])
async def test_a_preview_tells_nothing_whose_scope_is_missing(world, ask, lacking):
    order = await orders.order(world, ask)
    values = {"kind": "ORDER_CONFIRMED", "id": order["id"], "language": "EN"}
    scopes = {Scope.NOTIFICATIONS_READ, *previews.SHOWN["Order"]}
    whole = ask.by(await world.key(Actor.STAFF, scopes=sorted(scopes)))
    assert (await whole(PREVIEW, **values))["notificationPreview"]["subject"]
    few = ask.by(await world.key(Actor.STAFF, scopes=sorted(scopes - {Scope(lacking)})))
    assert (await few(PREVIEW, **values))["notificationPreview"] is None


async def test_a_preview_tells_how_things_stand_in_any_language(world, ask):
    (nut,) = await orders.products(ask, "NUT", name="Nut <b>& 'bolt'")
    order = await orders.order(world, ask, lines=[orders.line(nut, "2")])
    delivery = await deliveries.planned(world, ask, order)

    async def preview(kind, row, language):
        values = {"kind": kind, "id": row["id"], "language": language}
        return (await ask(PREVIEW, **values))["notificationPreview"]

    german = await preview("ORDER_CONFIRMED", order, "DE")
    assert german["subject"] == f"Bestellung {order['number']} ist bestätigt"
    assert "- 2 Stück Nut <b>& 'bolt': 5,00\N{NO-BREAK SPACE}€" in german["text"]
    assert "Nut &lt;b&gt;&amp; &#39;bolt&#39;" in german["html"]
    polish = await preview("DELIVERY_PLANNED", delivery, "PL")
    assert polish["subject"] == f"Dostawa do zamówienia {order['number']} jest zaplanowana"
    assert "poniedziałek, 9 marca 2026, 09:00" in polish["text"]
    assert "zł" not in polish["text"]
    stranger = (await make.world(world.database, world.clock)).token
    values = {"kind": "ORDER_CONFIRMED", "id": order["id"], "language": "EN"}
    assert (await ask.by(stranger)(PREVIEW, **values))["notificationPreview"] is None
    unknown = {"id": to_global("Order", new_id())}
    assert await preview("ORDER_CONFIRMED", unknown, "EN") is None
    unknown = {"id": to_global("Delivery", new_id())}
    assert await preview("DELIVERY_PLANNED", unknown, "EN") is None
    for kind, wrong in (
        ("ORDER_CONFIRMED", delivery["id"]),
        ("DELIVERY_PLANNED", order["id"]),
        ("CONTRACT_SHORTFALL", "nonsense"),
    ):
        answer = await ask.answer(PREVIEW, kind=kind, id=wrong, language="EN")
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.harmless("notificationResend", "A mail is told once more; no row of business changes.")
async def test_what_was_sent_or_not_is_sent_again_when_somebody_wants_it(world, ask):
    await orders.order(world, ask, partyId=await company(world))
    await noted(world)
    (first,) = await listed(ask)
    one = {"notificationId": first["id"]}
    async with serving() as (server, route):
        await sent(world, route, 120)
        again = (await ask(RESEND, input=one))["notificationResend"]
        assert again["userErrors"] == []
        assert again["notification"]["state"] == "PENDING"
        assert again["notification"]["events"]["nodes"] == [{"type": "NOTIFICATION_WANTED_AGAIN"}]
        await sent(world, route)
    assert len({it["Message-ID"] for it in server.taken}) == 2
    assert await rows(world, NotificationMail) == []


@pytest.mark.parametrize(
    "address",
    ["ä@b.example", "a@bücher.example", "=?utf-8?q?x?=@b.example", f"{'a' * 70}@b.example"],
)
async def test_what_has_no_address_that_can_be_written_is_never_sent_again(
    world, ask, address, caplog
):
    await orders.order(world, ask, guest={"name": "Anna", "email": address}, shipTo=PLACE)
    await noted(world)
    (first,) = await listed(ask)
    assert (first["state"], first["reason"]) == ("FAILED", "BAD_ADDRESS")
    again = (await ask(RESEND, input={"notificationId": first["id"]}))["notificationResend"]
    assert reasons(again["userErrors"]) == [("WRONG_STATE", "notificationId")]
    assert await listed(ask) == [first]
    # A former release has let it wait.
    await made_pending(world)
    async with serving() as (server, route):
        await sent(world, route)
    assert (server.taken, caplog.records) == ([], [])
    assert await listed(ask) == [first]
    assert await rows(world, NotificationMail) == []


@pytest.mark.parametrize("timing", ["NOW", "DAILY"])
async def test_what_waits_is_sent_now_when_somebody_wants_it(world, ask, timing):
    await ask(QUIET)
    party = await company(world)
    await prefer(ask, ("ORDER_CONFIRMED", timing), contactId=await contact_of(ask, party))
    await orders.order(world, ask, partyId=party)
    await noted(world)
    one = {"notificationId": (await listed(ask))[0]["id"]}
    async with serving() as (server, route):
        await sent(world, route, 600)
        assert server.taken == []
        await lease(world, world.clock() + timedelta(minutes=1))
        again = (await ask(RESEND, input=one))["notificationResend"]
        assert reasons(again["userErrors"]) == [("WRONG_STATE", "notificationId")]
        await lease(world, None)
        again = (await ask(RESEND, input=one))["notificationResend"]
        assert (again["userErrors"], again["notification"]["state"]) == ([], "PENDING")
        waiting = await rows(world, NotificationMail)
        await sent(world, route)
        assert len(server.taken) == 1
    assert len(await rows(world, NotificationMail)) == len(waiting) - 1


@pytest.mark.harmless(
    "notificationPreferencesSet", "It says who is told of what; no row of business changes."
)
async def test_who_wants_what_when_is_told_so(world, ask):
    party = await company(world)
    contact = await contact_of(ask, party)
    staff = {"address": "Boss@example.com", "isStaff": True}
    wants = await prefer(ask, ("ORDER_CONFIRMED", "DAILY"), contactId=contact)
    assert wants["notificationPreferences"] == [
        {
            "kind": "ORDER_CONFIRMED",
            "timing": "DAILY",
            "address": None,
            "isStaff": False,
            "contact": {"code": "BUY"},
        }
    ]
    await prefer(ask, ("ORDER_CONFIRMED", "NOW"), **staff)
    await prefer(ask, ("ORDER_CONFIRMED", "NEVER"), address=COMPANY["email"])
    for _ in range(2):
        await orders.order(world, ask, partyId=party)
    found = await noted(world)
    assert sorted((it.address, it.state.value, it.is_daily) for it in found) == [
        *[("boss@example.com", "PENDING", False)] * 2,
        *[("ewa@example.com", "PENDING", True)] * 2,
        *[("office@example.com", "SUPPRESSED", False)] * 2,
    ]
    # A contact's own language goes before its company's.
    assert {
        (it.is_daily, it.language.value) for it in found if it.address != "boss@example.com"
    } == {
        (True, "de"),
        (False, "pl"),
    }
    mails = {it.mail_id for it in found if it.is_daily}
    at = [it.next_at.hour for it in await rows(world, NotificationMail) if it.id in mails]
    assert (len(mails), at) == (1, [8])
    await prefer(ask, ("ORDER_CONFIRMED", "NOW"), contactId=contact)
    read = (await ask(PREFERENCES))["notificationPreferences"]["nodes"]
    assert [it["timing"] for it in read] == ["NOW", "NOW", "NEVER"]


async def test_an_approver_is_told_that_an_order_waits(world, ask):
    party = await company(world, approval_limit={"amount": "1", "currency": "EUR"})
    await prefer(ask, ("APPROVAL_AWAITED", "NOW"), contactId=await contact_of(ask, party))
    buyer = ask.by(await world.key(Actor.BUYER, (await rows_party(world)).id))
    await orders.order(world, buyer, partyId=party)
    found = await noted(world)
    pairs = [(it.kind.value, it.address) for it in found]
    assert pairs == [("APPROVAL_AWAITED", "ewa@example.com")]


async def test_preferences_that_say_nothing_clear_are_refused(world, ask):
    contact = await contact_of(ask, await company(world))
    now, never = ("ORDER_CONFIRMED", "NOW"), ("ORDER_CONFIRMED", "NEVER")
    for wishes, who, refused in (
        ([now], {}, [("INVALID", "contactId")]),
        ([now], {"contactId": contact, "address": "a@example.com"}, [("INVALID", "contactId")]),
        ([now], {"contactId": contact, "isStaff": True}, [("INVALID", "isStaff")]),
        ([now, never], {"contactId": contact}, [("DUPLICATE", "preferences.1.kind")]),
        ([now], {"address": "a@example.com\r\nBcc: b"}, [("INVALID", "address")]),
        ([now], {"address": "nobody"}, [("INVALID", "address")]),
        ([now], {"address": "_@["}, [("INVALID", "address")]),
        ([now], {"contactId": to_global("Contact", new_id())}, [("NOT_FOUND", "contactId")]),
    ):
        assert reasons((await prefer(ask, *wishes, **who))["userErrors"]) == refused
    assert (await ask(PREFERENCES))["notificationPreferences"]["nodes"] == []


async def test_nobody_subscribes_to_what_its_key_does_not_read(world, ask):
    few = ask.by(await world.key(Actor.STAFF, scopes=FEW))
    contact = await contact_of(ask, await company(world))
    staff = {"address": "boss@example.com", "isStaff": True}
    kinds = ("ORDER_CONFIRMED", "DELIVERY_DISPATCHED", "CONTRACT_ENDS", "WEBHOOK_DISABLED")
    for who in (staff, {"contactId": contact}):
        refused = await prefer(few, *((it, "NOW") for it in kinds), **who)
        assert reasons(refused["userErrors"]) == [
            ("NOT_ALLOWED", f"preferences.{place}.kind") for place in range(len(kinds))
        ]
    for wish, who in (("NEVER", staff), ("DAILY", {"address": "guest@example.com"})):
        assert (await prefer(few, ("ORDER_CONFIRMED", wish), **who))["userErrors"] == []


async def test_staff_that_is_subscribed_no_more_is_not_sent_what_waits(world, ask):
    staff = {"address": "boss@example.com", "isStaff": True}
    await prefer(ask, ("ORDER_CONFIRMED", "NOW"), **staff)
    await orders.order(world, ask, partyId=await company(world))
    await noted(world)
    await prefer(ask, ("ORDER_CONFIRMED", "NOW"), **{**staff, "isStaff": False})
    async with serving() as (server, route):
        found = await sent(world, route, 120)
    assert {it.address: it.reason and it.reason.value for it in found} == {
        "boss@example.com": "NOT_WANTED",
        COMPANY["email"]: None,
    }
    assert [it["To"] for it in server.taken] == [COMPANY["email"]]


@pytest.mark.parametrize("wrong", ["_@[", "Anna", "a@b@c", "a b@example.com", "<a@example.com>"])
async def test_what_is_no_mail_address_is_refused_where_one_is_taken(world, ask, wrong):
    people = {name: {"name": "Anna", "email": wrong} for name in ("guest", "recipient")}
    values = await orders.order_input(world, ask, shipTo=PLACE, **people)
    values.pop("partyId", None)
    refused = (await ask(PLACE_ORDER, input=values))["orderPlace"]["userErrors"]
    assert reasons(refused) == [("INVALID", "guest.email"), ("INVALID", "recipient.email")]
    own = {"number": "K-1", "name": "Anna", "kind": "PERSON", "email": wrong}
    own["contacts"] = [{"code": "A", "name": "Anna", "email": wrong}]
    (item,) = (await ask(UPSERT, input={"parties": [own]}))["partiesUpsert"]["results"]
    assert reasons(item["userErrors"]) == [
        ("INVALID", "parties.0.email"),
        ("INVALID", "parties.0.contacts.0.email"),
    ]


PLACE_ORDER = """mutation ($input: OrderPlaceInput!) {
  orderPlace(input: $input) { userErrors { code field } } }"""
UPSERT = """mutation ($input: PartiesUpsertInput!) { partiesUpsert(input: $input) {
  results { userErrors { code field } } } }"""
