"""Customers and staff use the portal in a browser. A page costs seconds: a test goes far."""

import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, Response, expect

from tests.web.conftest import Served
from tests.web.visitor import (
    BUYER,
    PHONE,
    STAFF,
    ask,
    order_that_waits,
    overflow,
    quiet_page,
    reader,
    ready,
    sign_in,
    violations,
    visit,
)
from web.build import build

PAGES = (
    "",
    "/orders",
    "/orders/O-000004",
    "/lines",
    "/calendar",
    "/calendar?view=month",
    "/contracts",
    "/contracts/RV-KOESTER",
    "/contracts/RV-KOESTER/call-off",
    "/deliveries/D-000005",
    "/parcels/{parcel}",
)
PARCEL = '{ parcel(trackingNumber: "NP100200317") { id } }'
HOLD = """
mutation ($input: OrderHoldInput!) { orderHold(input: $input) { userErrors { code message } } }
"""
WRITE_HTML = """text => {
  try { document.createElement("div").innerHTML = text; } catch (error) { return error.name; }
  return null;
}"""
MOST_SCRIPT = 200_000
"""Bytes of scripts, compressed, that a first page may need."""


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Open an empty page of a reader of English; complaints of its console fail."""
    async with quiet_page(browser) as page:
        yield page


async def _paths(page: Page, served: Served) -> list[str]:
    """Return the paths of all pages; a parcel is found by its id only."""
    found = await ask(page, served, PARCEL)
    return [it.format(parcel=quote(found["parcel"]["id"])) for it in PAGES]


@pytest.mark.parametrize(("language", "scheme"), [("en-GB", "light"), ("de-DE", "dark")])
@pytest.mark.parametrize(("person", "side"), [(BUYER, "/portal"), (STAFF, "/operations")])
async def test_axe_finds_nothing_on_any_page(
    browser: Browser, served: Served, language: str, scheme: str, person: str, side: str
) -> None:
    context = await reader(browser, language=language, scheme=scheme)
    page = await context.new_page()
    await sign_in(page, served, person)
    found = {}
    for path in await _paths(page, served):
        await visit(page, served, side + path)
        found[path] = await violations(page)
    await context.close()
    assert len(found) == len(PAGES)
    assert {path: it for path, it in found.items() if it} == {}


@pytest.mark.parametrize("language", ["en", "de", "pl", "nl", "fil"])
async def test_every_page_fits_on_a_phone_in_every_language(
    browser: Browser, served: Served, language: str
) -> None:
    context = await reader(browser, language=language, size=PHONE)
    page = await context.new_page()
    await sign_in(page, served)
    wide = {}
    for path in await _paths(page, served):
        await visit(page, served, f"/portal{path}")
        wide[path] = await overflow(page)
        assert await page.locator("html").get_attribute("lang") == language
    await context.close()
    assert wide == dict.fromkeys(wide, 0)


async def test_a_buyer_finds_what_is_late_and_every_line_sums_to_what_was_ordered(
    page: Page, served: Served
) -> None:
    await sign_in(page, served)
    await page.get_by_role("link", name="Orders", exact=True).click()
    rows = page.get_by_role("row")
    await expect(rows).to_have_count(1 + 4)
    await page.get_by_role("link", name="Late", exact=True).click()
    await expect(rows).to_have_count(1 + 2)
    assert page.url.endswith("/portal/orders?view=late")
    await page.get_by_label("Purchase order").fill("4500-02")
    await expect(rows).to_have_count(1 + 1)
    # The address says it all: who gets the link sees the same.
    await page.reload()
    await expect(rows).to_have_count(1 + 1)
    await page.get_by_role("link", name="O-000004").press("Enter")
    await expect(page.get_by_role("heading", name="Order O-000004")).to_be_focused()
    lines = page.locator("[data-line]")
    await expect(lines).to_have_count(2)
    for line in await lines.all():
        parts = await line.locator("[data-quantity]").all()
        shares = [Decimal(await it.get_attribute("data-quantity") or "") for it in parts]
        assert sum(shares) == Decimal(await line.get_attribute("data-ordered") or "")
    await expect(lines.first).to_contain_text("30 pcs arrived")
    await expect(lines.first).to_contain_text("30 pcs on the way")


async def test_a_buyer_sees_what_is_open_of_all_orders_and_of_one_product(
    page: Page, served: Served
) -> None:
    await sign_in(page, served)
    await page.get_by_role("link", name="Open lines").press("Enter")
    rows = page.get_by_role("row")
    await expect(rows).to_have_count(1 + 6)
    late = rows.filter(has_text="O-000001")
    await expect(late).to_contain_text("40 of 100 pcs open")
    await expect(late).to_contain_text(re.compile(r"\d+ days late"))
    await page.get_by_role("link", name="Late", exact=True).press("Enter")
    await expect(rows).to_have_count(1 + 1)
    await page.get_by_role("link", name="Due in 4 weeks").press("Enter")
    await expect(rows).to_have_count(1 + 3)
    await page.get_by_role("link", name="Only GW-040").press("Enter")
    await expect(rows).to_have_count(1 + 1)
    await expect(page.get_by_text("Gear shaft 40 mm: 1 line")).to_be_visible()
    await expect(rows.last).to_contain_text(re.compile(r"\d+ days left"))
    # The address says it all.
    await page.reload()
    await expect(rows).to_have_count(1 + 1)
    await page.get_by_role("link", name="All products").press("Enter")
    await expect(rows).to_have_count(1 + 3)
    await page.get_by_role("link", name="O-000007").first.press("Enter")
    await expect(page.get_by_role("heading", name="Order O-000007")).to_be_visible()


async def test_a_buyer_reads_by_keyboard_how_a_contract_is_drawn_down(
    page: Page, served: Served
) -> None:
    await sign_in(page, served)
    await visit(page, served, "/portal/contracts")
    await page.get_by_role("link", name="RV-KOESTER").press("Enter")
    await expect(page.get_by_role("img", name="1,050 of 1,300 pcs left")).to_be_visible()
    await page.get_by_role("link", name="Gear oil ISO VG 220").press("Enter")
    chart = page.get_by_role("img", name="649.5 of 900 l left; 250.5 l called off")
    await expect(chart).to_be_visible()
    assert page.url.endswith("?line=4")
    await page.get_by_text("Figures", exact=True).press("Enter")
    last = page.get_by_role("group", name="Figures").get_by_role("row").last
    await expect(last).to_contain_text("250.5 l")
    await page.get_by_role("link", name="O-000007").click()
    await expect(page.get_by_role("heading", name="Order O-000007")).to_be_visible()


async def test_staff_see_what_is_late_the_longest_late_first(page: Page, served: Served) -> None:
    await sign_in(page, served, STAFF)
    assert page.url == f"{served.origin}/operations"
    late = page.get_by_role("table", name="Late").get_by_role("row")
    await expect(late).to_have_count(1 + 2)
    await expect(late.nth(1)).to_contain_text("D-000005")
    await expect(page.get_by_role("link", name="deliveries are late")).to_contain_text("2")
    busy = page.locator("ol a", has_text="1 delivery").first
    await busy.press("Enter")
    await expect(
        page.get_by_role("table", name="The next 14 days").get_by_role("row")
    ).to_have_count(1 + 1)
    await page.get_by_role("link", name="All days").click()
    await late.nth(1).get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Delivery D-000005")).to_be_visible()


async def test_a_number_leads_to_its_page_by_keyboard_alone(page: Page, served: Served) -> None:
    await sign_in(page, served)
    await page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search and go")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("4500-02")
    await expect(palette.get_by_role("option")).to_have_text([re.compile("O-000004")])
    assert await violations(page) == []
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Order O-000004")).to_be_visible()
    await expect(palette).to_be_hidden()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("contr")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Contracts")).to_be_visible()
    # What is another's is found by nobody.
    await page.keyboard.press("Control+k")
    await page.keyboard.type("O-000006")
    await expect(palette.get_by_text("Nothing is called so")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(palette).to_be_hidden()


async def test_staff_decide_on_what_waits_and_say_why_not(page: Page, changed: Served) -> None:
    first, second = [await order_that_waits(page, changed) for _ in range(2)]
    await sign_in(page, changed, STAFF)
    waiting = page.get_by_role("table", name="Waiting for approval")
    await waiting.get_by_role("link", name=first).click()
    await page.get_by_role("button", name="Approve").press("Enter")
    await expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    await visit(page, changed, f"/operations/orders/{second}")
    await page.get_by_role("button", name="Reject …").press("Enter")
    reason = page.get_by_label("Why it is rejected")
    await expect(reason).to_be_focused()
    assert await violations(page) == []
    await reason.fill("We do not deliver there.")
    # Somebody else decides meanwhile: what one sees is no more, and is said.
    order = await _id(page, changed, second)
    await ask(page, changed, HOLD, input={"orderId": order, "reason": "OTHER", "owner": "Ines"})
    await reason.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Somebody has changed this")
    await page.get_by_role("button", name="Reject", exact=True).click()
    await expect(page.get_by_text("Rejected", exact=True)).to_be_visible()
    await expect(page.get_by_text("We do not deliver there.").first).to_be_visible()
    await visit(page, changed, "/operations")
    await expect(page.get_by_text("Nothing waits for approval")).to_be_visible()


async def _id(page: Page, served: Served, number: str) -> str:
    query = "query ($number: String!) { order(number: $number) { id } }"
    return str((await ask(page, served, query, number=number))["order"]["id"])


async def test_a_language_is_chosen_once(page: Page, served: Served) -> None:
    await sign_in(page, served)
    await page.get_by_role("button", name="Language: English").click()
    await page.get_by_role("menuitem", name="Polski").click()
    await expect(page.get_by_role("link", name="Zamówienia", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("link", name="Zamówienia", exact=True)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "pl")


async def test_what_is_not_there_is_not_told_from_what_is_anothers(
    page: Page, served: Served
) -> None:
    await sign_in(page, served)
    # The one is nobody's, the other that of a shop's guest.
    for number in ("O-999999", "O-000006"):
        await visit(page, served, f"/portal/orders/{number}")
        await expect(page.get_by_role("heading", name="Not found")).to_be_visible()


async def test_a_page_of_an_earlier_build_offers_to_reload(page: Page, served: Served) -> None:
    await sign_in(page, served)
    unknown = {"errors": [{"message": "", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}
    body = json.dumps(unknown)
    await page.route("**/portal/graphql", lambda it: it.fulfill(status=400, body=body))
    await page.get_by_role("link", name="Contracts", exact=True).click()
    await expect(page.get_by_text("A new version is ready")).to_be_visible()
    await page.unroute("**/portal/graphql")
    await page.get_by_role("button", name="Reload").click()
    await ready(page)
    await expect(page.get_by_role("link", name="RV-KOESTER")).to_be_visible()


async def test_what_the_server_cannot_answer_is_asked_again_by_a_button(
    page: Page, served: Served
) -> None:
    await sign_in(page, served)
    await page.route("**/portal/graphql", lambda it: it.abort())
    await page.get_by_role("link", name="Contracts", exact=True).click()
    await expect(page.get_by_text("No connection")).to_be_visible()
    await page.unroute("**/portal/graphql")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("link", name="RV-KOESTER")).to_be_visible()


async def test_who_has_signed_out_is_asked_to_sign_in(page: Page, served: Served) -> None:
    await sign_in(page, served)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name=BUYER)).to_be_visible()
    await page.goto(f"{served.origin}/portal/orders")
    await expect(page.get_by_role("button", name=BUYER)).to_be_visible()


async def test_no_text_becomes_html(browser: Browser, served: Served) -> None:
    context = await reader(browser)
    page = await context.new_page()
    await sign_in(page, served)
    assert await page.evaluate(WRITE_HTML, "<img src=x>") == "TypeError"
    assert await page.evaluate(WRITE_HTML, "a { color: red }") is None
    await context.close()


async def test_the_first_page_needs_few_scripts(page: Page, served: Served) -> None:
    names: list[str] = []

    def note(response: Response) -> None:
        if response.url.endswith(".js"):
            names.append(response.url.rpartition("/")[2])

    page.on("response", note)
    await sign_in(page, served)
    await visit(page, served, "/portal/orders")
    assets = build() / "portal" / "assets"
    sizes = {it: (assets / f"{it}.gz").stat().st_size for it in names}
    assert any(it.startswith("orders-") for it in sizes)
    assert sum(sizes.values()) <= MOST_SCRIPT, sizes
