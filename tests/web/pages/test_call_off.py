"""A buyer calls off several deliveries at once; the contract's rules answer meanwhile."""

from typing import Any

from playwright.async_api import Locator, Page, Route, expect

from tests.web.conftest import Served
from tests.web.visitor import ask, sign_in, violations, visit

CALL_OFFS = """{ contract(number: "RV-KOESTER") { callOffs(first: 50) { nodes {
  purchaseOrderNumber lines { ordered } deliveries { shipToAddress { code } }
} } } }"""
PASTE = """(field, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  const said = { clipboardData, bubbles: true, cancelable: true };
  field.dispatchEvent(new ClipboardEvent("paste", said));
}"""
FORM = "/portal/contracts/RV-KOESTER/call-off"
MET = "All rules of the contract are met"


def _row(page: Page, number: int) -> Locator:
    return page.locator(f"[data-row='{number}']")


async def _call_offs(page: Page, served: Served) -> list[dict[str, Any]]:
    found = await ask(page, served, CALL_OFFS)
    return list(found["contract"]["callOffs"]["nodes"])


async def test_a_rule_answers_at_its_field_and_the_burn_down_moves_while_one_types(
    page: Page, changed: Served
) -> None:
    await sign_in(page, changed)
    before = await _call_offs(page, changed)
    await visit(page, changed, "/portal/contracts/RV-KOESTER")
    await page.get_by_role("link", name="Call off …").press("Enter")
    await expect(page.get_by_role("heading", name="Call off from RV-KOESTER")).to_be_focused()
    quantity = page.get_by_label("Quantity, row 1")
    await quantity.press_sequentially("55")
    await expect(_row(page, 1)).to_contain_text("Comes in multiples of 10 pcs")
    await expect(quantity).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_text("1 thing stands against it")).to_be_visible()
    assert await violations(page) == []
    await quantity.fill("60")
    await expect(page.get_by_text(MET)).to_be_visible()
    chart = page.locator("[data-drafted]")
    await expect(chart).to_have_attribute("data-drafted", "60")
    await expect(chart).to_contain_text("Gear shaft 40 mm: 990 pcs left after this call-off")
    # All this was asked, none of it done.
    assert await _call_offs(page, changed) == before


async def test_each_row_has_its_own_faults(page: Page, changed: Served) -> None:
    await sign_in(page, changed)
    await visit(page, changed, FORM)
    await page.get_by_label("Quantity, row 1").fill("60")
    await page.get_by_role("button", name="Add a row").press("Enter")
    await page.get_by_label("Quantity, row 2").fill("2,000")
    await expect(_row(page, 2)).to_contain_text("At most 1,076 pcs in all")
    await page.get_by_label("Product, row 2").select_option("KL-6204 · Ball bearing 6204")
    await page.get_by_label("Quantity, row 2").fill("50")
    await expect(_row(page, 2)).to_contain_text("At least 100 pcs in one call-off")
    await page.get_by_label("From, row 2").fill("05:00")
    await expect(_row(page, 2)).to_contain_text("The site takes nothing in then")
    await page.get_by_label("Day, row 2").fill("2020-01-06")
    await expect(_row(page, 2)).to_contain_text("This time is over")
    await page.get_by_role("button", name="Remove row 2").press("Enter")
    await expect(page.get_by_text(MET)).to_be_visible()


async def test_rows_of_a_spreadsheet_are_taken_and_what_is_not_understood_is_asked_for(
    page: Page, changed: Served
) -> None:
    await sign_in(page, changed)
    await visit(page, changed, FORM)
    quantity = page.get_by_label("Quantity, row 1")
    await quantity.evaluate(
        PASTE, "Article\tQuantity\tSite\nGW-040\t70\tplant\nKL-6204\t150\tplant"
    )
    await expect(page.locator("[data-row]")).to_have_count(2)
    await expect(page.get_by_text(MET)).to_be_visible()
    await page.get_by_text("Paste from a spreadsheet").press("Enter")
    rows = "GW-040\t30\tplant-2\t14/12/2099\t9:30\t11.00\nGW-999\tsome\tplant"
    await page.get_by_label("Copied rows").fill(rows)
    await page.get_by_role("button", name="Take over").press("Enter")
    await expect(page.get_by_label("Day, row 3")).to_have_value("2099-12-14")
    await expect(page.get_by_label("To, row 3")).to_have_value("11:00")
    await expect(_row(page, 3)).to_contain_text("Contract RV-KOESTER is not valid then")
    await page.get_by_role("button", name="Call off 2 deliveries").press("Enter")
    await expect(page.get_by_label("Product, row 4")).to_be_focused()
    await expect(_row(page, 4)).to_contain_text("Fill this in")


async def _lose_first(page: Page) -> list[str]:
    """Let a first call-off through, but not its answer; returns the keys of all to come."""
    keys: list[str] = []

    async def pass_on(route: Route) -> None:
        called_off = (route.request.post_data_json or {})["variables"].get("input", {})
        if "idempotencyKey" not in called_off:
            await route.continue_()
            return
        keys.append(called_off["idempotencyKey"])
        answer = await route.fetch()
        await (route.abort() if len(keys) == 1 else route.fulfill(response=answer))

    await page.route("**/portal/graphql", pass_on)
    return keys


async def test_what_was_sent_without_an_answer_is_not_done_twice(
    page: Page, changed: Served
) -> None:
    await sign_in(page, changed)
    await visit(page, changed, FORM)
    quantity = page.get_by_label("Quantity, row 1")
    await quantity.evaluate(PASTE, "GW-040\t70\tplant\nGW-040\t30\tplant-2\nKL-6204\t150\tplant-2")
    await page.get_by_label("Purchase order").fill("4500-77")
    await expect(page.get_by_text(MET)).to_be_visible()
    keys = await _lose_first(page)
    send = page.get_by_role("button", name="Call off 2 deliveries")
    await send.press("Enter")
    await expect(page.get_by_text("The server does not answer")).to_be_visible()
    await send.press("Enter")
    await expect(page.get_by_role("heading", name="Order O-")).to_be_visible()
    assert len(keys) == 2
    assert keys[0] == keys[1]
    (made,) = [
        it for it in await _call_offs(page, changed) if it["purchaseOrderNumber"] == "4500-77"
    ]
    assert sorted(it["ordered"] for it in made["lines"]) == ["100", "150"]
    assert [it["shipToAddress"]["code"] for it in made["deliveries"]] == ["plant", "plant-2"]


async def test_who_may_only_look_is_told_so(page: Page, changed: Served) -> None:
    await sign_in(page, changed, "Jens Ohlendorf")
    await visit(page, changed, "/portal/contracts/RV-KOESTER")
    await expect(page.get_by_role("link", name="Call off …")).to_have_count(0)
    await visit(page, changed, FORM)
    await expect(page.get_by_text("Nothing can be called off now")).to_be_visible()
    assert await violations(page) == []
