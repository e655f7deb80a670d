"""Whoever wants no more mails of a kind says so by one click, without a key (RFC 8058)."""

from uuid import UUID

import httpx
from sqlalchemy import update

from commands.messages.notifications import timing
from commands.messages.notifications.unsubscribing import PATH, Unsubscription, wanted_by
from kit.ids import new_id
from models.access.tokens import new_secret, order_token
from models.messages.notifications import Notification, NotificationKind, NotificationPreference
from tests.make import Ask, World
from tests.make.feed import rows
from tests.make.messages.notifications import PUBLIC_URL, Server, noted, sent, serving
from tests.make.scene import PLACE
from tests.make.trade import orders

GATHER = timing.GATHER.total_seconds()
GUEST = {"name": "Anna Weber", "email": "anna@example.com"}
STAFF = "night@shop.example"
CLICK = {"List-Unsubscribe": "One-Click"}
PREFER = """
mutation ($input: NotificationPreferencesSetInput!) { notificationPreferencesSet(input: $input) {
  notificationPreferences { id } userErrors { code }
} }
"""
SPEAK = """
mutation ($input: MerchantSettingsUpdateInput!) { merchantSettingsUpdate(input: $input) {
  userErrors { code }
} }
"""
STATED = """
{ notificationPreferences(first: 9) { nodes { kind timing isStaff address
  events(first: 9) { nodes { type } } } } }
"""


async def watched(world: World, ask: Ask) -> None:
    """Let one of the staff ask to be told of each order that is confirmed, and order."""
    wish = {"kind": "ORDER_CONFIRMED", "timing": "NOW"}
    await ask(PREFER, input={"address": STAFF, "isStaff": True, "preferences": [wish]})
    await orders.order(world, ask, guest=GUEST, shipTo=PLACE)


async def ways_out(world: World, server: Server, route: object) -> dict[str, str]:
    """Send what is due; gives address -> where its newest mail says that one unsubscribes."""
    await noted(world)
    await sent(world, route, GATHER)
    listed = {it["To"]: it["List-Unsubscribe"] for it in server.taken if it["List-Unsubscribe"]}
    around = len(f"<{PUBLIC_URL}")
    return {address: link[around:-1] for address, link in listed.items()}


async def test_one_click_ends_what_somebody_has_asked_for_and_following_the_link_does_not(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    async with serving() as (server, route):
        await watched(world, ask)
        found = await ways_out(world, server, route)
        # Who has ordered is told what must be told, and is offered nothing.
        assert found.keys() == {STAFF}
        page = await client.get(found[STAFF])
        assert (page.status_code, page.text.count("<button>")) == (200, 1)
        before = await ask(STATED)
        await orders.order(world, ask, guest=GUEST, shipTo=PLACE)
        assert before["notificationPreferences"]["nodes"][0]["timing"] == "NOW"
        await noted(world)

        for _ in range(2):
            done = await client.post(found[STAFF], data=CLICK)
            assert (done.status_code, "<button>" in done.text) == (200, False)
        (stated,) = (await ask(STATED))["notificationPreferences"]["nodes"]
        assert (stated["timing"], stated["isStaff"], stated["address"]) == ("NEVER", True, STAFF)
        assert len(stated["events"]["nodes"]) == 2

        # What waits already is not sent, nor what happens later.
        await orders.order(world, ask, guest=GUEST, shipTo=PLACE)
        await ways_out(world, server, route)
        assert [it["To"] for it in server.taken].count(STAFF) == 1
        theirs = [it for it in await noted(world) if it.address == STAFF]
        assert [it.reason and it.reason.value for it in theirs] == [None, *2 * ["NOT_WANTED"]]


async def test_a_mail_says_where_one_unsubscribes_to_programs_and_to_people(
    world: World, ask: Ask
) -> None:
    async with serving() as (server, route):
        await watched(world, ask)
        found = await ways_out(world, server, route)
    mail = next(it for it in server.taken if it["To"] == STAFF)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (mail.get_body((it,)).get_content() for it in ("plain", "html"))
    assert f"No more mails like this one: {PUBLIC_URL}{found[STAFF]}" in text
    assert f'href="{PUBLIC_URL}{found[STAFF]}"' in html


async def test_a_link_that_nobody_was_sent_does_nothing(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    async with serving() as (server, route):
        await watched(world, ask)
        link = (await ways_out(world, server, route))[STAFF]
    wanted = wanted_by(link.removeprefix(PATH))
    assert wanted is not None
    stranger = Unsubscription(world.merchant_id, UUID(int=1), (NotificationKind.ORDER_CANCELLED,))
    more = wanted._replace(kinds=tuple(NotificationKind))
    for token in (
        *(it.token(new_secret()) for it in (wanted, more, stranger)),
        wanted._replace(merchant_id=new_id()).token(new_secret()),
        link.removeprefix(PATH)[:-1],
        link.removeprefix(PATH) + "A",
        order_token(new_secret(), new_id()),
        "x",
        "%00",
    ):
        for ask_for in (client.get, client.post):
            assert (await ask_for(PATH + token)).status_code == 404
    (stated,) = await rows(world, NotificationPreference)
    assert stated.timing.value == "NOW"
    assert (await client.put(link)).status_code == 405


async def test_a_link_outlives_its_reader_and_is_told_in_the_readers_language(
    world: World, ask: Ask, client: httpx.AsyncClient
) -> None:
    await ask(SPEAK, input={"language": "de"})
    async with serving() as (server, route):
        await watched(world, ask)
        link = (await ways_out(world, server, route))[STAFF]
    assert "Keine solchen Mails mehr" in (await client.get(link)).text
    async with world.database.writing(world.merchant_id) as session:
        for of in (Notification, NotificationPreference):
            own = update(of).where(of.merchant_id == world.merchant_id, of.address == STAFF)
            await session.execute(own.values(address=None))
    assert (await client.post(link, data=CLICK)).status_code == 200
    assert [it.timing.value for it in await rows(world, NotificationPreference)] == ["NOW"]
