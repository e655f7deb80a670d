"""Deliveries by site, week and month; staff move them by keyboard and by drag."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, Locator, Page, expect

from tests.web.conftest import Served
from tests.web.visitor import STAFF, ask, reader, sign_in, violations, visit

NUMBER = "D-000011"
FOUND = """query ($number: String!) {
  delivery(number: $number) { windowOverride window { earliest latest } }
}"""
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = timedelta(weeks=1)
FRIDAY = 5


async def _window(page: Page, served: Served) -> tuple[datetime, datetime, str | None]:
    """Return the delivery's window as the clock in Berlin has it, and why it is allowed."""
    found = (await ask(page, served, FOUND, number=NUMBER))["delivery"]
    from_, to = (
        datetime.fromisoformat(found["window"][end]).astimezone(BERLIN).replace(tzinfo=None)
        for end in ("earliest", "latest")
    )
    return from_, to, found["windowOverride"]


def _chip(page: Page) -> Locator:
    return page.get_by_role("button", name=NUMBER)


async def _open(page: Page, served: Served, day: date) -> None:
    await visit(page, served, f"/operations/calendar?day={day}")
    await expect(_chip(page)).to_be_visible()


async def test_a_delivery_is_moved_by_keys_as_the_clock_of_its_site_has_it(
    page: Page, changed: Served
) -> None:
    await sign_in(page, changed, STAFF)
    from_, to, _ = await _window(page, changed)
    await _open(page, changed, from_.date())
    await _chip(page).press("Shift+ArrowDown")
    opened = page.get_by_role("dialog", name=NUMBER)
    await expect(opened.get_by_label("Day")).to_have_value(str(from_.date() + WEEK))
    await expect(opened.get_by_text("The rules allow this time")).to_be_visible()
    assert await violations(page) == []
    assert (await _window(page, changed))[0] == from_
    await opened.get_by_role("button", name="Move it").press("Enter")
    await expect(opened).to_be_hidden()
    await expect(_chip(page)).to_have_count(0)
    await page.get_by_role("link", name="Later").press("Enter")
    await expect(_chip(page)).to_be_visible()
    assert await _window(page, changed) == (from_ + WEEK, to + WEEK, None)


async def test_what_a_rule_forbids_is_said_before_and_takes_a_reason(
    page: Page, changed: Served
) -> None:
    await sign_in(page, changed, STAFF)
    from_, to, _ = await _window(page, changed)
    await _open(page, changed, from_.date())
    await _chip(page).press("Enter")
    opened = page.get_by_role("dialog", name=NUMBER)
    await opened.get_by_label("From").fill("05:00")
    await expect(opened.get_by_text("The site takes nothing in then")).to_be_visible()
    await opened.get_by_label("Why it may be then").fill("The night shift takes it in.")
    await expect(opened.get_by_text("The rules allow this time")).to_be_visible()
    await opened.get_by_label("Why it may be then").press("Enter")
    await expect(opened).to_be_hidden()
    await expect(_chip(page)).to_contain_text("05:00")
    why = "The night shift takes it in."
    assert await _window(page, changed) == (from_.replace(hour=5), to, why)


async def test_dragging_asks_first(page: Page, changed: Served) -> None:
    await sign_in(page, changed, STAFF)
    before = await _window(page, changed)
    day = before[0].date()
    await _open(page, changed, day)
    other = day + timedelta(days=1 if day.isoweekday() < FRIDAY else -1)
    await _chip(page).drag_to(page.locator(f"[data-day='{other}']").first)
    opened = page.get_by_role("dialog", name=NUMBER)
    await expect(opened.get_by_label("Day")).to_have_value(str(other))
    await page.keyboard.press("Escape")
    await expect(opened).to_be_hidden()
    assert await _window(page, changed) == before


async def test_a_buyer_sees_its_sites_but_moves_nothing(page: Page, changed: Served) -> None:
    await sign_in(page, changed)
    from_, *_ = await _window(page, changed)
    await visit(page, changed, f"/portal/calendar?day={from_.date()}&view=month")
    await _chip(page).press("Enter")
    opened = page.get_by_role("dialog", name=NUMBER)
    await expect(opened.get_by_role("link", name="Open the delivery")).to_be_visible()
    await expect(opened.get_by_role("button", name="Move it")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.get_by_label("Site").select_option("Köster, Werk 2")
    await expect(_chip(page)).to_have_count(0)
    await page.get_by_role("link", name="Week", exact=True).press("Enter")
    await expect(page.get_by_role("rowheader")).to_have_text([re.compile("Köster, Werk 2")])


async def test_a_day_on_which_clocks_are_changed_has_its_own_hours(
    page: Page, changed: Served
) -> None:
    await sign_in(page, changed)
    for day, hours in (("2027-03-28", 23), ("2027-10-31", 25)):
        await visit(page, changed, f"/portal/calendar?day={day}")
        cells = page.locator(f"[data-day='{day}']")
        await expect(cells).to_have_text([f"a day of {hours} hours"] * 3)


async def test_a_reader_elsewhere_sees_both_clocks(browser: Browser, changed: Served) -> None:
    context = await reader(browser, zone="America/New_York")
    page = await context.new_page()
    await sign_in(page, changed)
    from_, *_ = await _window(page, changed)
    await visit(page, changed, f"/portal/calendar?day={from_.date()}")
    await expect(page.get_by_role("rowheader").first).to_contain_text("in Berlin")
    await _chip(page).press("Enter")
    opened = page.get_by_role("dialog", name=NUMBER)
    await expect(opened).to_contain_text("12:00 in Berlin")
    await expect(opened).to_contain_text("06:00 your time")
    await context.close()
