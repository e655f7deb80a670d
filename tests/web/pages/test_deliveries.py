"""Deliveries are handed on, packed, sent, counted and followed by keyboard."""

from playwright.async_api import Page, expect

from tests.web.conftest import Served
from tests.web.visitor import BUYER, STAFF, WAREHOUSE, sign_in, violations, visit


async def test_a_client_corrects_what_it_counted(page: Page, served: Served) -> None:
    await sign_in(page, served, BUYER)
    await visit(page, served, "/portal/orders/O-000001")
    await page.get_by_role("link", name="D-000001").press("Enter")
    await expect(page.get_by_role("heading", name="Delivery D-000001")).to_be_focused()
    row = page.get_by_role("row", name="Ball bearing 6204")
    await expect(row).to_contain_text("400 pcs394 pcs")
    await page.get_by_role("button", name="Correct the count …").press("Enter")
    await expect(page.get_by_label("Counted of Gear shaft 40 mm")).to_be_focused()
    await page.keyboard.press("Tab")
    # What was said before stands there.
    await expect(page.get_by_label("Counted of Ball bearing 6204")).to_have_value("394")
    await page.keyboard.type("395")
    await page.get_by_label("Note").fill("One could be cleaned.")
    assert await violations(page) == []
    await page.get_by_label("Your receipt number").fill("WE-2304")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Delivery D-000001")).to_be_focused()
    await expect(row).to_contain_text("395 pcs")
    await expect(row).to_contain_text("Damaged One could be cleaned.")
    await expect(page.get_by_text("Receipt 2")).to_be_visible()
    await expect(page.get_by_text("WE-2304")).to_be_visible()


async def test_what_is_wrong_is_said_at_its_field(page: Page, served: Served) -> None:
    await sign_in(page, served, BUYER)
    await visit(page, served, "/portal/deliveries/D-000005")
    await page.get_by_role("button", name="Count what came …").press("Enter")
    counted = page.get_by_label("Counted of ").first
    await page.keyboard.type("many")
    await expect(page.get_by_text("Write a number")).to_be_visible()
    await expect(page.get_by_role("button", name="Confirm the receipt")).to_be_disabled()
    # Half a piece the server refuses, until something else is typed.
    await counted.fill("29.5")
    await counted.press("Enter")
    await expect(counted).to_have_attribute("aria-invalid", "true")
    assert await violations(page) == []
    await counted.fill("29")
    await expect(counted).not_to_have_attribute("aria-invalid", "true")
    await page.get_by_role("button", name="Back", exact=True).click()
    await expect(page.get_by_role("button", name="Count what came …")).to_be_visible()


async def _hand_over(page: Page, served: Served, number: str) -> None:
    """Let staff release a delivery."""
    await sign_in(page, served, STAFF)
    await visit(page, served, f"/operations/deliveries/{number}")
    await page.get_by_role("button", name="Hand to the warehouse").press("Enter")
    await expect(page.get_by_text("At the warehouse", exact=True)).to_be_visible()


async def test_a_delivery_is_released_packed_and_sent(page: Page, served: Served) -> None:
    await _hand_over(page, served, "D-000011")
    await sign_in(page, served, WAREHOUSE)
    await visit(page, served, "/operations/deliveries/D-000011")
    # To hand it over is not the warehouse's.
    await expect(page.get_by_role("button", name="Hand to the warehouse")).to_have_count(0)
    await page.get_by_role("button", name="Pack …").press("Enter")
    await page.keyboard.type("25")
    await page.get_by_role("button", name="Another parcel").press("Enter")
    second = page.get_by_role("group", name="Parcel 2")
    await page.keyboard.type("10")
    await second.get_by_label("Tracking number").fill("NP100200999")
    await second.get_by_label("Carrier").select_option("Nordpaket")
    await second.get_by_label("Gross weight").fill("4.25")
    await page.get_by_label("Why it is missing").select_option("Out of stock")
    assert await violations(page) == []
    await page.get_by_role("button", name="Save as packed").press("Enter")
    await expect(page.get_by_role("heading", name="Delivery D-000011")).to_be_focused()
    await expect(page.get_by_text("Out of stock")).to_be_visible()
    await page.get_by_role("button", name="Dispatch").press("Enter")
    await expect(page.get_by_text("On the way", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Parcel 2").press("Enter")
    await expect(page.get_by_role("heading", name="Parcel 2")).to_be_focused()
    await expect(page.get_by_text("4,250 g")).to_be_visible()


async def test_a_parcels_stations_say_when_they_happened_the_last_first(
    page: Page, served: Served
) -> None:
    await sign_in(page, served, BUYER)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("NP100200317")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    stations = page.locator("[data-status]")
    await expect(stations).to_have_count(4)
    await expect(stations.first).to_have_attribute("data-status", "RETURNED_TO_SENDER")
    assert await violations(page) == []
