"""What a mail server has not taken for a while is told as things stand, by one mail."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from commands.messages.notifications.sending import Sending
from commands.writing.running.run import Author, run_unasked
from kit.outgoing.mails import Fate, Handed
from models.access.viewers import by_itself
from models.messages.notifications import NotificationMail
from tests.make.feed import Feed, rows
from tests.make.fulfilment import deliveries
from tests.make.messages.notifications import PUBLIC_URL, noted, sent
from tests.workers.messages.mails.test_notifications import GATHER, GUEST, MINUTE, fates, guests
from tests.workers.messages.mails.test_unsubscribing import PREFER

pytestmark = pytest.mark.usefixtures("all_recorded")

DAY = 86_400.0


@pytest.mark.parametrize("tries", [1, 3])
async def test_a_server_that_was_gone_brings_one_mail_that_is_true(world, ask, mail, tries):
    server, route = mail
    order = await guests(world, ask)
    await noted(world)
    server.to_recipients = ["451 later"] * tries
    await sent(world, route, GATHER)
    # What waits for its first try takes what was tried in vain.
    gone = await deliveries.dispatched(world, ask, order)
    await noted(world)
    await sent(world, route, GATHER - 1)
    feed = Feed(ask, world)
    await feed.results(feed.event(sscc=gone["parcels"][0]["sscc"], status="DELIVERED"))
    await noted(world)
    for _ in range(tries + 1):
        found = await sent(world, route, 15 * MINUTE)
    (taken,) = server.taken
    assert taken["Subject"] == f"A delivery of order {order['number']} has arrived"
    assert sorted(fates(found)) == [
        ("DELIVERY_DELIVERED", "SENT", None),
        ("DELIVERY_DISPATCHED", "SUPPRESSED", "OVERTAKEN"),
        ("DELIVERY_PLANNED", "SUPPRESSED", "OVERTAKEN"),
        ("ORDER_CONFIRMED", "SENT", None),
    ]
    assert {it.message_id for it in found if it.sent_at} == {taken["Message-ID"]}
    assert await rows(world, NotificationMail) == []


async def test_two_mails_that_were_tried_become_one_with_an_id_that_no_server_has_seen(
    world, ask, mail
):
    server, route = mail
    order, author = await guests(world, ask), Author(by_itself(world.merchant_id), world.clock())
    before = [(await noted(world))[0].mail_id]
    in_hand = list[tuple[Sending, Any]]()
    for _ in range(2):
        world.clock.advance(seconds=GATHER)
        author = Author(by_itself(world.merchant_id), world.clock())
        one = Sending(route, PUBLIC_URL, before[-1])
        in_hand.append((one, await run_unasked(world.database, author, one.claim)))
        if len(in_hand) == 1:
            await deliveries.planned(world, ask, order)
            before.append((await noted(world))[1].mail_id)
    for one, claimed in in_hand:
        late = partial(one.note, claimed, Handed(Fate.NOT_NOW), world.clock())
        await run_unasked(world.database, author, late)
    assert {it.id for it in await rows(world, NotificationMail)} == {*before}
    await sent(world, route, MINUTE)
    found = await sent(world, route)
    (taken,) = server.taken
    assert [it.message_id for it in found] == [taken["Message-ID"]] * 2
    assert not {it.mail_id for it in found} & {*before}


async def test_the_mail_of_the_day_tells_all_orders_and_those_that_were_not_taken_before(
    world, ask, mail
):
    (server, route), counted = mail, Counter[str]()
    wish = {"kind": "ORDER_CONFIRMED", "timing": "DAILY"}
    await ask(PREFER, input={"address": GUEST["email"], "preferences": [wish]})
    server.to_recipients = ["451 later"]
    placed = [await guests(world, ask) for _ in range(2)]
    await noted(world)
    await sent(world, route, GATHER)
    assert server.to_recipients
    await sent(world, route, DAY, counted)
    assert (server.to_recipients, server.taken) == ([], [])
    placed.append(await guests(world, ask))
    await noted(world)
    await sent(world, route, DAY, counted)
    found = await sent(world, route, counted=counted)
    assert counted == {"NOT_NOW": 1, "ACCEPTED": 1}
    (taken,) = server.taken
    text = taken.get_body(("plain",)).get_content()
    assert [it["number"] for it in placed if it["number"] not in text] == []
    assert fates(found) == [("ORDER_CONFIRMED", "SENT", None)] * 3
