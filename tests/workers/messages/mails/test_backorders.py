"""Who has ordered hears that goods come later than they were wanted."""

from typing import Any

import pytest

from tests.api.messages.test_notifications import PREFER, PREVIEW
from tests.make import Ask, World
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.messages.notifications import noted, sent
from tests.make.scene import PLACE, WINDOW
from tests.make.trade import orders
from tests.workers.messages.mails.test_notifications import CANCEL, CONFIRM, GATHER, GUEST, fates

pytestmark = pytest.mark.usefixtures("all_recorded")

IN_TIME = {**WINDOW, "latest": "2026-03-09T11:00:00Z"}
LATE = {**WINDOW, "earliest": "2026-03-16T08:00:00Z", "latest": "2026-03-16T12:00:00Z"}
HEARD = ("ORDER_BACKORDERED", "SENT", None)
OVERTAKEN = ("ORDER_BACKORDERED", "SUPPRESSED", "OVERTAKEN")
CHANGED = ("ORDER_CHANGED", "SENT", None)


async def guests_ten(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    """Return a guest's order of ten, of which its confirmation was told before."""
    (bolt,) = await orders.products(ask, "BOLT")
    (nut,) = await orders.products(ask, "NUT")
    lines = [orders.line(bolt), orders.line(nut)]
    own = {"guest": GUEST, "shipTo": PLACE, "window": WINDOW, "lines": lines}
    return await orders.order(world, ask, **(own | fields))


async def picked_short(ask: Ask, delivery: dict[str, Any]) -> None:
    """Pick six of the ten of a delivery's first line."""
    first, second = delivery["lines"]
    short = {"deliveryLineId": first["id"], "picked": "6", "shortReason": "OUT_OF_STOCK"}
    contents = deliveries.contents(delivery, "6", second["planned"])
    values = {"deliveryId": delivery["id"], "lines": [short], "parcels": [{"contents": contents}]}
    await deliveries.done(ask, "deliveryPack", **values)


async def heard(world: World, mail: Any) -> tuple[list[Any], str, str]:
    """Return fates of what is told of backorders and changes; subject and text of the last mail."""
    server, route = mail
    await noted(world)
    found = await sent(world, route, GATHER)
    kinds = {"ORDER_BACKORDERED", "ORDER_CHANGED"}
    text = server.taken[-1].get_body(("plain",)).get_content()
    some = [it for it in fates(found) if it[0] in kinds]
    return some, server.taken[-1]["Subject"], text


async def before(world: World, mail: Any) -> None:
    """Let all that has happened be told."""
    _, route = mail
    await noted(world)
    await sent(world, route, GATHER)


async def test_a_short_pick_is_told_with_what_is_missing(world, ask, mail):
    order = await guests_ten(world, ask)
    delivery = await deliveries.released(world, ask, order)
    await before(world, mail)
    await picked_short(ask, delivery)
    found, subject, text = await heard(world, mail)
    assert found == [HEARD]
    assert subject == f"Goods of order {order['number']} come later than wanted"
    assert text.count("comes later") == 1
    assert "(comes later: 4 pieces)" in text


async def test_what_an_order_gives_up_when_it_is_picked_short_is_a_change(world, ask, mail):
    order = await guests_ten(world, ask, deliveryPolicy="PARTIAL_CANCEL_REST")
    delivery = await deliveries.released(world, ask, order)
    await before(world, mail)
    await picked_short(ask, delivery)
    found, _, text = await heard(world, mail)
    assert found == [CHANGED]
    assert "later" not in text


@pytest.mark.parametrize("status", ["LOST", "RETURNED_TO_SENDER"])
async def test_what_does_not_arrive_is_told_as_owed_again(world, ask, mail, status):
    order = await guests_ten(world, ask)
    gone = await deliveries.dispatched(world, ask, order)
    await before(world, mail)
    feed = Feed(ask, world)
    await feed.results(feed.event(sscc=gone["parcels"][0]["sscc"], status=status))
    found, subject, text = await heard(world, mail)
    assert found == [HEARD]
    assert subject == f"Goods of order {order['number']} come later than wanted"
    assert text.count("(comes later: 10 pieces)") == 2


async def test_what_is_sent_again_before_it_is_told_is_not_told(world, ask, mail):
    order = await guests_ten(world, ask)
    gone = await deliveries.dispatched(world, ask, order)
    await before(world, mail)
    feed = Feed(ask, world)
    await feed.results(feed.event(sscc=gone["parcels"][0]["sscc"], status="LOST"))
    values = {"deliveryId": gone["id"], "window": LATE, "recipient": deliveries.RECIPIENT}
    await deliveries.done(ask, "deliveryReship", **values)
    found, subject, text = await heard(world, mail)
    assert found == [OVERTAKEN]
    assert subject == f"A delivery of order {order['number']} is planned"
    assert "later" not in text


async def test_what_is_not_wanted_any_more_before_it_is_told_is_not_told(world, ask, mail):
    order = await guests_ten(world, ask)
    delivery = await deliveries.released(world, ask, order)
    await before(world, mail)
    await picked_short(ask, delivery)
    lines = [{"lineId": order["lines"][0]["id"], "quantity": "4"}]
    values = {"orderId": order["id"], "lines": lines, "reason": "Changed my mind."}
    assert (await ask(CANCEL, input=values))["orderCancelLines"]["userErrors"] == []
    found, subject, text = await heard(world, mail)
    assert sorted(found) == sorted([OVERTAKEN, CHANGED])
    assert subject == f"Order {order['number']} was changed"
    assert "later" not in text


ACCEPTED = {"response": "ACCEPTED"}


@pytest.mark.parametrize(
    ("whole", "answers", "expected"),
    [
        (None, [ACCEPTED | {"window": IN_TIME}], ([CHANGED], 0)),
        (None, [ACCEPTED | {"window": LATE}], ([HEARD], 1)),
        (IN_TIME, [ACCEPTED], ([CHANGED], 0)),
        (LATE, [ACCEPTED], ([HEARD], 2)),
        # What was promised for the line goes before what was for the order.
        (LATE, [ACCEPTED | {"window": IN_TIME}], ([HEARD], 1)),
        (
            None,
            [ACCEPTED | {"window": LATE}, {"response": "REJECTED", "reason": "Sold out."}],
            ([HEARD, CHANGED], 1),
        ),
    ],
)
async def test_what_is_promised_for_later_than_wanted_is_told_with_when(
    world, ask, mail, whole, answers, expected
):
    order = await guests_ten(world, ask)
    await before(world, mail)
    pairs = zip(order["lines"], answers, strict=False)
    lines = [{"lineId": it["id"], **answer} for it, answer in pairs]
    values = {"orderId": order["id"], "lines": lines, "window": whole}
    assert (await ask(CONFIRM, input=values))["orderConfirm"]["userErrors"] == []
    found, _, text = await heard(world, mail)
    assert (sorted(found), text.count("comes later")) == expected
    assert text.count("comes later: 10 pieces, Monday, March 16, 2026, 9:00") == expected[1]


async def test_what_comes_later_is_the_subject_where_its_order_is_confirmed_at_once(
    world, ask, mail
):
    order = await guests_ten(world, ask)
    values = {"orderId": order["id"], "window": LATE, "lines": []}
    values["lines"] = [{"lineId": it["id"], **ACCEPTED} for it in order["lines"]]
    assert (await ask(CONFIRM, input=values))["orderConfirm"]["userErrors"] == []
    found, subject, text = await heard(world, mail)
    assert found == [HEARD]
    assert subject == f"Goods of order {order['number']} come later than wanted"
    assert "is confirmed" in text


async def test_what_is_offered_for_later_waits_for_its_answer_and_is_no_promise(world, ask, mail):
    order = await guests_ten(world, ask)
    await before(world, mail)
    lines = [{"lineId": order["lines"][0]["id"], "response": "AMENDED", "window": LATE}]
    values = {"orderId": order["id"], "lines": lines, "answerBy": "2026-03-05T12:00:00Z"}
    assert (await ask(CONFIRM, input=values))["orderConfirm"]["userErrors"] == []
    found, _, text = await heard(world, mail)
    assert found == [CHANGED]
    assert "later" not in text


async def test_who_wants_no_mails_of_it_is_sent_none_and_a_preview_shows_it(world, ask, mail):
    server, route = mail
    wish = {"kind": "ORDER_BACKORDERED", "timing": "NEVER"}
    await ask(PREFER, input={"address": GUEST["email"], "preferences": [wish]})
    order = await guests_ten(world, ask)
    delivery = await deliveries.released(world, ask, order)
    await before(world, mail)
    count = len(server.taken)
    await picked_short(ask, delivery)
    await noted(world)
    found = fates(await sent(world, route, GATHER))
    assert ("ORDER_BACKORDERED", "SUPPRESSED", "NOT_WANTED") in found
    assert len(server.taken) == count
    values = {"kind": "ORDER_BACKORDERED", "id": order["id"], "language": "PL"}
    shown = (await ask(PREVIEW, **values))["notificationPreview"]
    subject = f"Towar z zamówienia {order['number']} dotrze później, niż zamówiono"
    assert shown["subject"] == subject
    assert "(dotrze później: 4 sztuki)" in shown["text"]
