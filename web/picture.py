"""Takes the README's pictures of GraphiQL and the portal: `python -m web.picture URL TOKEN FOLDER`.

URL is the address of /graphql on a running server with the demo. GraphiQL shows the first example
operation and the server's answer to it; the portal its pages, as people of the demo see them.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Response, ViewportSize, expect

from web.chromium import launched

SIZE: ViewportSize = {"width": 1400, "height": 900}


def _is_answer(response: Response) -> bool:
    return response.request.method == "POST"


async def take(url: str, token: str, out: Path) -> None:
    """Write the picture to `out`. AssertionError when no answer with data comes in 30 seconds."""
    async with launched() as browser:
        page = await browser.new_page(viewport=SIZE, color_scheme="light")
        # The page first asks for the schema; until then the button has nothing to run.
        async with page.expect_response(_is_answer, timeout=30_000):
            await page.goto(f"{url}#token={token}")
        # The editor colours its text later than it shows it; .mtk1 is the plain colour.
        coloured = page.locator(".graphiql-query-editor [class*=mtk]:not(.mtk1)")
        await expect(coloured.first).to_be_visible(timeout=30_000)
        await page.get_by_role("button", name="Execute query").click()
        answer = page.get_by_role("region", name="Result Window")
        await expect(answer).to_contain_text('"data"', timeout=30_000)
        await page.mouse.move(0, 0)
        await page.screenshot(path=out)


LONG: ViewportSize = {"width": 1400, "height": 1160}


@dataclass(frozen=True)
class Shown:
    """A page of the portal, and to whom it is shown. person: their button."""

    person: str
    path: str
    language: str
    scheme: Literal["light", "dark"]
    size: ViewportSize


PORTAL = {
    "contract": Shown("buyer", "/portal/contracts/RV-KOESTER", "en-GB", "light", LONG),
    "order": Shown("buyer", "/portal/orders/O-000001", "de-DE", "dark", SIZE),
    "operations": Shown("staff", "/operations", "en-GB", "light", SIZE),
    "phone": Shown("buyer", "/portal/orders", "pl-PL", "light", {"width": 390, "height": 844}),
}
"""Name of a picture -> what it shows."""


async def show(origin: str, shown: Shown, out: Path) -> None:
    """Write the picture of a page of the portal."""
    async with launched() as browser:
        page = await browser.new_page(
            viewport=shown.size,
            color_scheme=shown.scheme,
            locale=shown.language,
            timezone_id="Europe/Berlin",
        )
        await page.goto(f"{origin}/portal/login")
        await page.locator(f"button[value={shown.person}]").click()
        await page.goto(f"{origin}{shown.path}")
        await expect(page.locator("main h1")).to_be_visible(timeout=30_000)
        await expect(page.get_by_role("status")).to_have_count(0, timeout=30_000)
        await page.screenshot(path=out)


async def main(url: str, token: str, folder: Path) -> None:
    """Write all pictures into a folder."""
    await take(url, token, folder / "graphiql.png")
    for name, shown in PORTAL.items():
        await show(url.removesuffix("/graphql"), shown, folder / f"portal-{name}.png")


if __name__ == "__main__":
    address, bearer, out = sys.argv[1:]
    asyncio.run(main(address, bearer, Path(out)))
