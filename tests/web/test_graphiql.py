"""A person uses GraphiQL in a browser."""

from typing import Any

from playwright.async_api import ConsoleMessage, Page, Request, expect

from tests.web.conftest import Site
from tests.web.person import answer, editor, paste_token, run, type_into, type_query, visit

# Makes the page say on its console what it writes to either storage.
TELL_WRITES = """
const { setItem } = Storage.prototype;
Storage.prototype.setItem = function (key, value) {
  console.debug("stores", key, value);
  setItem.call(this, key, value);
};
"""

OPEN = "{ orders(first: 1) { nodes { id lines { id openQuantity } } } }"
FOLLOW = 'subscription Follow { orderStatusChanged(orderId: "ORDER", after: 0) { type } }'
CANCEL = """
mutation ($input: OrderCancelLinesInput!) { orderCancelLines(input: $input) { order { state } } }
"""


async def test_a_typed_query_is_answered_once_a_token_is_pasted(page: Page, site: Site) -> None:
    await visit(page, site)
    await paste_token(page, site.token)
    await type_query(page, "Who", site.fields)
    await run(page)
    await expect(answer(page)).to_contain_text(site.answer)


async def test_a_subscription_shows_what_happens_until_it_is_stopped(
    page: Page, site: Site
) -> None:
    async def ask(query: str, **variables: Any) -> Any:
        answer = await page.request.post(
            f"{site.origin}/graphql",
            data={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {site.token}"},
        )
        return (await answer.json())["data"]

    (order,) = (await ask(OPEN))["orders"]["nodes"]
    await visit(page, site, f"#token={site.token}")
    await type_into(page, "Operation Editor", "")
    await page.keyboard.insert_text(FOLLOW.replace("ORDER", order["id"]))
    await expect(page.locator(".graphiql-tab-active")).to_contain_text("Follow")
    await run(page)
    await expect(answer(page)).to_contain_text('"order.placed"')
    lines = [{"lineId": it["id"], "quantity": it["openQuantity"]} for it in order["lines"]]
    await page.get_by_role("button", name="Stop query").click()
    await run(page)
    await expect(answer(page)).to_contain_text('"order.placed"')
    await ask(CANCEL, input={"orderId": order["id"], "lines": lines, "reason": "no more"})
    await expect(answer(page)).to_contain_text('"order.cancelled"')
    await expect(page.get_by_role("button", name="Execute query")).to_be_visible()


async def test_the_first_tabs_are_the_example_operations(page: Page, site: Site) -> None:
    listed = await page.request.get(f"{site.origin}/graphiql/operations.json")
    examples = await listed.json()
    await visit(page, site)
    tabs = page.locator(".graphiql-tab-button")
    await expect(tabs).to_have_count(len(examples))
    for index, example in enumerate(examples):
        await tabs.nth(index).click()
        first_line = example["query"].splitlines()[0]
        await expect(editor(page, "Operation Editor")).to_contain_text(first_line)


async def test_the_first_tab_runs_with_its_variables(page: Page, site: Site) -> None:
    await visit(page, site, f"#token={site.token}")
    await run(page)
    await expect(answer(page)).to_contain_text('"data": {')


async def test_a_token_moves_from_the_address_to_the_header_editor(page: Page, site: Site) -> None:
    await visit(page, site, f"#token={site.token}")
    assert page.url == f"{site.origin}/graphql"
    await page.get_by_role("button", name="Headers", exact=True).click()
    await expect(editor(page, "Headers")).to_contain_text(f'"Bearer {site.token}"')
    await expect(page.locator(".abruf-hint")).to_be_hidden()
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_text("Root Types")).to_be_visible()


async def test_a_token_pasted_in_one_tab_counts_in_every_tab(page: Page, site: Site) -> None:
    await visit(page, site)
    await paste_token(page, site.token)
    await page.locator(".graphiql-tab-button").nth(1).click()
    await expect(editor(page, "Headers")).to_contain_text(f'"Bearer {site.token}"')
    await page.get_by_role("button", name="New tab").click()
    await expect(editor(page, "Headers")).to_contain_text(f'"Bearer {site.token}"')


async def test_without_a_token_there_is_a_hint_and_nothing_is_asked(page: Page, site: Site) -> None:
    posts: list[Request] = []
    page.on("request", lambda sent: posts.append(sent) if sent.method == "POST" else None)
    await visit(page, site)
    await expect(page.get_by_text("Paste a token behind Bearer")).to_be_visible()
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_text("No GraphQL schema available")).to_be_visible()
    assert posts == []


async def test_a_pasted_token_brings_documentation_and_completion(page: Page, site: Site) -> None:
    await visit(page, site)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await paste_token(page, site.token)
    await expect(page.get_by_text("Root Types")).to_be_visible()
    await type_into(page, "Operation Editor", "{ prod")
    await expect(page.locator(".suggest-widget")).to_contain_text("products")


async def test_the_token_is_never_written_to_storage(page: Page, site: Site) -> None:
    stored: list[str] = []
    await page.add_init_script(TELL_WRITES)
    page.on("console", lambda message: stored.append(message.text))
    await visit(page, site)
    await paste_token(page, site.token)
    await type_query(page, "Kind", "{ __typename }")
    async with page.expect_console_message(lambda output: "{ __typename }" in output.text):
        await run(page)
        await expect(answer(page)).to_contain_text('"__typename": "Query"')
    assert [text for text in stored if site.token in text] == []
    cookies_and_stores = "JSON.stringify([localStorage, sessionStorage, document.cookie])"
    assert site.token not in await page.evaluate(cookies_and_stores)


async def test_nothing_leaves_the_origin_or_breaks_the_policy(page: Page, site: Site) -> None:
    requests: list[str] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.context.on("request", lambda request: requests.append(request.url))
    page.context.on("console", note)
    page.context.on("weberror", lambda error: complaints.append(str(error.error)))
    await visit(page, site)
    await paste_token(page, site.token)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_text("Root Types")).to_be_visible()
    await type_into(page, "Operation Editor", "{ prod")
    await expect(page.locator(".suggest-widget")).to_contain_text("products")
    await type_query(page, "Who", site.fields)
    await page.get_by_role("button", name="Prettify").click()
    await expect(editor(page, "Operation Editor").locator(".view-line").nth(1)).to_be_visible()
    await run(page)
    await expect(answer(page)).to_contain_text(site.answer)
    strangers = [url for url in requests if not url.startswith((f"{site.origin}/", "data:"))]
    assert strangers == []
    assert any("graphql.worker" in url for url in requests)
    assert complaints == []
