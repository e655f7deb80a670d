"""What stands around all pages: they tell what they ask, and what happens while they are open."""

import json

from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.web.conftest import Served
from tests.web.person import editor
from tests.web.visitor import (
    BUYER,
    STAFF,
    ask,
    order_that_waits,
    reader,
    sign_in,
    violations,
    visit,
)

HOLD = """
mutation ($input: OrderHoldInput!) { orderHold(input: $input) { userErrors { code message } } }
"""
ID = "query ($number: String!) { order(number: $number) { id } }"


async def test_a_page_shows_in_graphiql_what_it_asks(browser: Browser, served: Served) -> None:
    context = await reader(browser)
    page = await context.new_page()
    await sign_in(page, served, BUYER)
    await visit(page, served, "/portal/orders/O-000004")
    assert await violations(page) == []
    async with context.expect_page() as opened:
        await page.get_by_role("link", name="Show the operation").press("Enter")
    there = await opened.value
    await expect(editor(there, "Operation Editor")).to_contain_text("query Order($number")
    # The session is none to GraphiQL: to run it takes a token.
    await expect(there.get_by_text("Paste a token behind Bearer")).to_be_visible()
    await there.get_by_role("button", name="Variables").click()
    await expect(editor(there, "Variables")).to_contain_text('"number": "O-000004"')
    await context.close()


class Wire:
    """The sockets of a page, which a test may cut. begun: the variables of each subscription."""

    def __init__(self) -> None:
        """Begin with none."""
        self.begun: list[dict[str, object]] = []
        self._sockets: list[WebSocketRoute] = []

    def join(self, socket: WebSocketRoute) -> None:
        """Let a page have its socket."""
        server = socket.connect_to_server()
        self._sockets.append(socket)

        def pass_on(text: str | bytes) -> None:
            message = json.loads(text)
            if message["type"] == "subscribe":
                self.begun.append(message["payload"]["variables"])
            server.send(text)

        socket.on_message(pass_on)

    async def cut(self) -> None:
        """Break the newest."""
        await self._sockets[-1].close()


async def _approve(browser: Browser, served: Served, number: str) -> None:
    """Let somebody else approve an order in a browser of their own."""
    other = await reader(browser)
    page = await other.new_page()
    await sign_in(page, served, STAFF)
    await visit(page, served, f"/operations/orders/{number}")
    await page.get_by_role("button", name="Approve").press("Enter")
    await expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    await other.close()


async def test_what_one_does_others_see_also_after_their_socket_broke(
    browser: Browser, page: Page, changed: Served
) -> None:
    number = await order_that_waits(page, changed)
    wire = Wire()
    await page.route_web_socket("**/portal/graphql", wire.join)
    await sign_in(page, changed, STAFF)
    await visit(page, changed, f"/operations/orders/{number}")
    await expect(page.get_by_text("To approve", exact=True)).to_be_visible()
    await _approve(browser, changed, number)
    await expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    # What happens while nobody listens is told once somebody does.
    await wire.cut()
    order = (await ask(page, changed, ID, number=number))["order"]
    hold = {"orderId": order["id"], "reason": "OTHER", "owner": "Ines"}
    await ask(page, changed, HOLD, input=hold)
    await expect(page.get_by_text("On hold: Other")).to_be_visible()
    assert wire.begun[-1]["after"] is not None
