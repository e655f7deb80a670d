"""What a person does in the portal, and what axe finds on its pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.web.conftest import Served

BUYER, STAFF, WAREHOUSE = "Petra Lange", "Miriam Vogt", "Aylin Demir"
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_FIND = "rules => axe.run({ runOnly: rules }).then(it => it.violations)"
SCREEN, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}

CHANNEL = """
mutation ($input: ChannelsUpsertInput!) {
  channelsUpsert(input: $input) { results { channel { id } } }
}
"""
PLACE = """
mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) { order { number } } }
"""


async def sign_in(page: Page, served: Served, person: str = BUYER) -> None:
    """Come in by the demo's button of a person, and wait for the first page."""
    await page.goto(f"{served.origin}/portal/login")
    await page.get_by_role("button", name=person).click()
    await ready(page)


async def ready(page: Page) -> None:
    """Wait until a page shows what it is about."""
    await expect(page.locator("main h1")).to_be_visible()
    await expect(page.get_by_role("status")).to_have_count(0)


async def visit(page: Page, served: Served, path: str) -> None:
    """Go to a page."""
    await page.goto(f"{served.origin}{path}")
    await ready(page)


async def reader(
    browser: Browser,
    *,
    language: str = "en-GB",
    scheme: Any = "light",
    size: Any = SCREEN,
    zone: str = "Europe/Berlin",
) -> BrowserContext:
    """Return a browser of somebody who speaks a language, and likes it light or dark."""
    return await browser.new_context(
        locale=language, color_scheme=scheme, viewport=size, timezone_id=zone
    )


@asynccontextmanager
async def quiet_page(browser: Browser) -> AsyncIterator[Page]:
    """Open an empty page of a reader of English by daylight; complaints of its console fail."""
    context = await reader(browser)
    complaints: list[str] = []
    context.on("weberror", lambda it: complaints.append(str(it.error)))
    context.on(
        "console",
        lambda it: complaints.append(it.text) if it.type in {"error", "warning"} else None,
    )
    yield await context.new_page()
    await context.close()
    # What a test lets the server refuse, the browser tells of itself.
    assert [it for it in complaints if "Failed to load resource" not in it] == []


async def ask(page: Page, served: Served, query: str, **variables: Any) -> Any:
    """Ask the API itself, as staff."""
    answer = await page.request.post(
        f"{served.origin}/graphql",
        data={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {served.token}"},
    )
    return (await answer.json())["data"]


async def violations(page: Page) -> list[str]:
    """Return what axe finds, each with the first element that it is about."""
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate(_FIND, RULES)
    return [f"{it['id']}: {it['nodes'][0]['html']}" for it in found]


async def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


async def order_that_waits(page: Page, served: Served) -> str:
    """Let a guest order over a channel whose orders wait for the merchant; returns the number."""
    channel = {"code": "waiting", "name": "Orders that wait", "kind": "WEB_SHOP"}
    channel |= {"deliveryMethods": ["PARCEL"], "approvalRequired": True, "guestsAllowed": True}
    made = await ask(page, served, CHANNEL, input={"channels": [channel]})
    found = await ask(page, served, '{ product(sku: "WS-12") { id } }')
    order = {
        "channelId": made["channelsUpsert"]["results"][0]["channel"]["id"],
        "currency": "EUR",
        "guest": {"name": "Lena Krüger"},
        "shipTo": {"line1": "Kai 1", "postalCode": "20095", "city": "Hamburg", "country": "DE"},
        "lines": [{"productId": found["product"]["id"], "quantity": "1"}],
    }
    placed = await ask(page, served, PLACE, input=order)
    return str(placed["orderPlace"]["order"]["number"])
