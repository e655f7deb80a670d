"""Takes the README's picture of GraphiQL: `python -m web.picture URL TOKEN OUT.png`.

URL is the address of /graphql on a running server. The picture shows the first example operation
and the server's answer to it.
"""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Response, expect

from web.chromium import launched

SIZE = {"width": 1400, "height": 900}


def _is_answer(response: Response) -> bool:
    return response.request.method == "POST"


async def take(url: str, token: str, out: Path) -> None:
    """Write the picture to `out`. AssertionError when no answer with data comes in 30 seconds."""
    async with launched() as browser:
        page = await browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
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


if __name__ == "__main__":
    address, bearer, file = sys.argv[1:]
    asyncio.run(take(address, bearer, Path(file)))
