"""Deliveries are handed on, packed, sent, counted and followed by keyboard."""

from playwright.async_api import Page, expect

from tests.web.conftest import Served
from tests.web.visitor import BUYER, STAFF, WAREHOUSE, sign_in, violations, visit


async def test_a_client_counts_what_came_and_says_why_it_is_less(
    page: Page, served: Served
) -> None:
    await sign_in(page, served, BUYER)
    await visit(page, served, "/portal/orders/O-000004")
    await page.get_by_role("link", name="D-000006").press("Enter")
    await expect(page.get_by_role("heading", name="Delivery D-000006")).to_be_focused()
    await page.get_by_role("button", name="Count what came …").press("Enter")
    counted = page.get_by_label("Counted of Gear oil ISO VG 220")
    await expect(counted).to_be_focused()
    await expect(counted).to_have_value("250.5")
    await page.keyboard.type("many")
    await expect(page.get_by_text("Write a number")).to_be_visible()
    confirm = page.get_by_role("button", name="Confirm the receipt")
    await expect(confirm).to_be_disabled()
    # A litre has no such parts, which the server says at the field.
    await counted.fill("200.123456789")
    await counted.press("Enter")
    await expect(counted).to_have_attribute("aria-invalid", "true")
    await counted.fill("200")
    await page.get_by_label("Why it differs").select_option("Damaged")
    await page.get_by_label("Note").fill("The drum leaks.")
    assert await violations(page) == []
    await page.get_by_label("Your receipt number").fill("WE-2304")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Delivery D-000006")).to_be_focused()
    row = page.get_by_role("row", name="Gear oil ISO VG 220")
    await expect(row).to_contain_text("250.5 l")
    await expect(row).to_contain_text("200 l")
    await expect(row).to_contain_text("Damaged The drum leaks.")
    await expect(page.get_by_text("WE-2304")).to_be_visible()
    await expect(page.get_by_role("button", name="Correct the count …")).to_be_visible()


async def test_a_delivery_is_released_packed_and_sent(page: Page, served: Served) -> None:
    await sign_in(page, served, STAFF)
    await visit(page, served, "/operations/deliveries/D-000011")
    await page.get_by_role("button", name="Hand to the warehouse").press("Enter")
    await expect(page.get_by_text("At the warehouse", exact=True)).to_be_visible()
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
    save = page.get_by_role("button", name="Save as packed")
    await expect(save).to_be_disabled()
    await page.get_by_label("Why it is missing").select_option("Out of stock")
    assert await violations(page) == []
    await save.press("Enter")
    await expect(page.get_by_role("heading", name="Delivery D-000011")).to_be_focused()
    await expect(page.get_by_text("Out of stock")).to_be_visible()
    await page.get_by_role("button", name="Dispatch").press("Enter")
    await expect(page.get_by_text("On the way", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Parcel 2").press("Enter")
    await expect(page.get_by_role("heading", name="Parcel 2")).to_be_focused()
    await expect(page.get_by_text("4,250 g")).to_be_visible()
    await expect(page.get_by_text("Nothing has been reported yet")).to_be_visible()


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
