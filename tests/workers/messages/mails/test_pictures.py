"""A link shows staff one mail, for some minutes, and what the mail names is loaded by nobody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from threading import Thread, current_thread, main_thread
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from commands.messages.notifications.mails.letters import Letter, WrittenMail
from commands.messages.notifications.mails.pictures import LASTS, SHOWN_AT, PictureLink, picture_of
from commands.messages.notifications.mails.wording import write_mail
from commands.messages.notifications.unsubscribing import Unsubscription
from kit.ids import from_global, new_id, to_global
from kit.loop.apart import Crowded
from models.access.tokens import new_secret
from models.access.viewers import Actor, Scope
from models.messages.notifications import Notification, NotificationKind
from resolvers.messages.notifications.preview import SHOWN
from resolvers.running.process import Process
from tests import make
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.messages.notifications import noted, sent
from tests.make.trade import orders
from tests.workers.messages.mails.test_notifications import CANCEL, GATHER, guests
from transport.http.mails import pictures
from web.chromium import launched

PICTURE = "query ($id: ID!) { notificationPicture(id: $id) { path endsAt } }"
LOGO = """mutation { merchantSettingsUpdate(input: {logoUrl: "https://shop.example/logo.png"}) {
  userErrors { code } } }"""


async def picture(ask: Ask, row: Notification) -> Any:
    answer = await ask(PICTURE, id=to_global("Notification", row.id))
    return answer["notificationPicture"]


async def test_a_mail_that_is_kept_is_shown_as_it_would_be_sent(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    order = await guests(world, ask)
    await deliveries.planned(world, ask, order)
    confirmed, planned = await noted(world)
    for row in (confirmed, planned):
        page = await client.get((await picture(ask, row))["path"])
        assert page.status_code == 200
        assert f"<title>Order {order['number']} is confirmed</title>" in page.text
        # As text, and as HTML in a frame of its own.
        assert page.text.count(f"A delivery of order {order['number']} is planned.") == 2
        assert "&lt;h1 style=" in page.text
        assert page.text.count("<script") == 0


async def test_what_was_overtaken_while_it_waits_is_not_shown(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    order = await guests(world, ask)
    (confirmed,) = await noted(world)
    lines = [{"lineId": it["id"], "quantity": it["ordered"]} for it in order["lines"]]
    values = {"orderId": order["id"], "lines": lines, "reason": "Changed my mind."}
    assert (await ask(CANCEL, input=values))["orderCancelLines"]["userErrors"] == []
    await noted(world)
    page = await client.get((await picture(ask, confirmed))["path"])
    assert f"Order {order['number']} is cancelled" in page.text
    assert "is confirmed" not in page.text


async def test_a_mail_that_was_sent_is_shown_too(world, ask, client, mail):
    _, route = mail
    order = await guests(world, ask)
    await noted(world)
    (row,) = await sent(world, route, GATHER)
    page = await client.get((await picture(ask, row))["path"])
    assert f"Order {order['number']} is confirmed" in page.text


async def test_a_browser_shows_both_and_loads_nothing_of_others(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    await ask(LOGO)
    order = await guests(world, ask)
    (row,) = await noted(world)
    answer = await client.get((await picture(ask, row))["path"])
    assert "https://shop.example/logo.png" in answer.text
    wanted = list[str]()
    async with launched() as browser:
        page = await browser.new_page()

        async def served(route: Any) -> None:
            wanted.append(route.request.url)
            own = route.request.url == "http://abruf/mails/x"
            if own:
                await route.fulfill(body=answer.text, headers=dict(answer.headers))
            else:
                await route.fulfill(status=200, content_type="image/png", body=b"")

        await page.route("**/*", served)
        await page.goto("http://abruf/mails/x")
        framed = page.frame_locator("iframe").locator("h1")
        assert await framed.inner_text() == f"Order {order['number']} is confirmed"
        styled = "it => getComputedStyle(it).fontSize"
        assert await framed.evaluate(styled) == "21px"
        text = await page.locator("pre").inner_text()
        assert f"Order {order['number']} is confirmed." in text
    assert wanted == ["http://abruf/mails/x"]


async def test_a_link_ends_by_itself(world: World, ask: Ask, client: httpx.AsyncClient) -> None:
    await guests(world, ask)
    (row,) = await noted(world)
    link = await picture(ask, row)
    assert link["endsAt"] == (world.clock() + LASTS).isoformat()
    world.clock.advance(seconds=LASTS.total_seconds() - 1)
    assert (await client.get(link["path"])).status_code == 200
    world.clock.advance(seconds=1)
    assert (await client.get(link["path"])).status_code == 410


async def test_a_link_that_nobody_has_made_shows_nothing(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    await guests(world, ask)
    await guests(world, ask)
    row, other = await noted(world)
    path = (await picture(ask, row))["path"]
    link = picture_of(path.removeprefix(SHOWN_AT))
    assert link is not None
    later = link._replace(ends_at=link.ends_at + timedelta(days=1))
    kinds = (NotificationKind.ORDER_CONFIRMED,)
    unsubscribing = Unsubscription(world.merchant_id, row.id, kinds)
    for token in (
        *(it.token(new_secret()) for it in (link, later, link._replace(notification_id=other.id))),
        link._replace(merchant_id=new_id()).token(new_secret()),
        PictureLink(world.merchant_id, new_id(), link.ends_at).token(new_secret()),
        unsubscribing.token(new_secret()),
        path.removeprefix(SHOWN_AT)[:-1],
        path.removeprefix(SHOWN_AT) + "A",
        "x",
        "%00",
    ):
        assert (await client.get(SHOWN_AT + token)).status_code == 404
    assert (await client.post(path)).status_code == 405
    # A link of one purpose does nothing of another.
    token = path.removeprefix(SHOWN_AT)
    assert (await client.get(f"/unsubscribe/{token}")).status_code == 404


async def test_nobody_but_staff_that_may_read_what_it_tells_is_given_a_link(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    party = to_global("Party", await parties.company(world, email="buyer@example.com"))
    await orders.order(world, ask, partyId=party)
    (row,) = await noted(world)
    named = {"id": to_global("Notification", row.id)}
    buyer = ask.by(await world.key(Actor.BUYER, from_global(party)[1]))
    answer = await buyer.answer(PICTURE, **named)
    assert [it["extensions"]["code"] for it in answer["errors"]] == ["FORBIDDEN"]
    needed = {Scope.NOTIFICATIONS_READ, *SHOWN["Order"]}
    whole = ask.by(await world.key(Actor.STAFF, scopes=sorted(needed)))
    assert (await whole(PICTURE, **named))["notificationPicture"]["path"].startswith(SHOWN_AT)
    for lacking in SHOWN["Order"]:
        few = ask.by(await world.key(Actor.STAFF, scopes=sorted(needed - {lacking})))
        assert (await few(PICTURE, **named))["notificationPicture"] is None
    stranger = (await make.world(world.database, world.clock)).token
    assert (await ask.by(stranger)(PICTURE, **named))["notificationPicture"] is None
    wrong = await ask.answer(PICTURE, id=party)
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    link = await picture(ask, row)
    async with world.database.writing(world.merchant_id) as session:
        own = update(Notification).where(Notification.merchant_id == world.merchant_id)
        await session.execute(own.values(address=None))
    # Who was forgotten is shown to nobody, by an older link neither.
    assert await picture(ask, row) is None
    assert (await client.get(link["path"])).status_code == 404


async def test_a_mail_is_shown_in_turn_and_written_beside_the_event_loop(
    world: World, ask: Ask, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await guests(world, ask)
    (row,) = await noted(world)
    path, threads = (await picture(ask, row))["path"], list[Thread]()

    def watched(letter: Letter) -> WrittenMail:
        threads.append(current_thread())
        return write_mail(letter)

    monkeypatch.setattr(pictures, "write_mail", watched)
    assert (await client.get(path)).status_code == 200
    assert (len(threads), main_thread() in threads) == (1, False)

    @asynccontextmanager
    async def crowded(_process: Process, _payer: object) -> AsyncIterator[None]:
        raise Crowded
        yield

    monkeypatch.setattr(Process, "letter", crowded)
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert len(threads) == 1
