"""What a person does on the GraphiQL page."""

from playwright.async_api import Locator, Page, expect

from tests.web.conftest import Served


async def visit(page: Page, served: Served, fragment: str = "") -> None:
    """Open GraphiQL and wait until a query could be typed."""
    await page.goto(f"{served.origin}/graphql{fragment}")
    await expect(editor(page, "Operation Editor")).to_be_visible()


def editor(page: Page, name: str) -> Locator:
    """Return the editor called "Operation Editor", "Variables" or "Headers", if it is shown."""
    return page.get_by_role("region", name=name).locator(".graphiql-editor:not(.hidden)")


def answer(page: Page) -> Locator:
    """Return the place of the server's answer."""
    return page.get_by_role("region", name="Result Window")


async def type_into(page: Page, name: str, text: str) -> None:
    """Replace the text of an editor, key by key."""
    await editor(page, name).locator(".view-lines").click()
    # Without Delete the editor would put the first bracket around the selected text.
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.type(text)


async def type_query(page: Page, name: str, fields: str) -> None:
    """Replace the operation by a query of that name, and wait until GraphiQL knows the name."""
    await type_into(page, "Operation Editor", f"query {name} {fields}")
    await expect(page.locator(".graphiql-tab-active")).to_contain_text(name)


async def paste_token(page: Page, token: str) -> None:
    """Put a token behind the prefilled "Bearer " as the page's hint says."""
    headers = editor(page, "Headers")
    await headers.get_by_text("Bearer").click()
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.insert_text(token)
    await expect(headers).to_contain_text(f'"Authorization": "Bearer {token}"')


async def run(page: Page) -> None:
    """Press the button that sends the operation."""
    await page.get_by_role("button", name="Execute query").click()
