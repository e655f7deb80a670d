"""A person uses GraphiQL in a browser. To open the page costs seconds: a test goes a long way."""

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, expect

from tests.web.conftest import Served
from tests.web.person import answer, editor, paste_token, run, type_into, type_query, visit

# Makes the page say on its console what it writes to either storage.
TELL_WRITES = """
const { setItem } = Storage.prototype;
Storage.prototype.setItem = function (key, value) {
  console.debug("stores", key, value);
  setItem.call(this, key, value);
};
"""
STORED = "JSON.stringify([localStorage, sessionStorage, document.cookie])"

OPEN = "{ orders(first: 1) { nodes { id lines { id openQuantity } } } }"
FOLLOW = 'subscription Follow { orderStatusChanged(orderId: "ORDER", after: 0) { type } }'
CANCEL = """
mutation ($input: OrderCancelLinesInput!) { orderCancelLines(input: $input) { order { state } } }
"""


async def _tabs_are(page: Page, examples: list[Mapping[str, Any]]) -> None:
    """Wait until each tab, shown in turn, has its example."""
    tabs = page.locator(".graphiql-tab-button")
    await expect(tabs).to_have_count(len(examples))
    for index, example in enumerate(examples):
        await tabs.nth(index).click()
        first_line = example["query"].splitlines()[0]
        await expect(editor(page, "Operation Editor")).to_contain_text(first_line)


async def test_without_a_token_nothing_is_asked_and_one_pasted_in_a_tab_counts_in_all(
    page: Page, served: Served
) -> None:
    listed = await page.request.get(f"{served.origin}/graphiql/operations.json")
    posts: list[Request] = []
    page.on("request", lambda sent: posts.append(sent) if sent.method == "POST" else None)
    await visit(page, served)
    await expect(page.get_by_text("Paste a token behind Bearer")).to_be_visible()
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_text("No GraphQL schema available")).to_be_visible()
    await _tabs_are(page, await listed.json())
    assert posts == []
    await paste_token(page, served.token)
    await page.locator(".graphiql-tab-button").nth(1).click()
    await expect(editor(page, "Headers")).to_contain_text(f'"Bearer {served.token}"')
    await page.get_by_role("button", name="New tab").click()
    await expect(editor(page, "Headers")).to_contain_text(f'"Bearer {served.token}"')


async def test_a_token_moves_from_the_address_to_the_header_editor_and_the_first_tab_runs(
    page: Page, served: Served
) -> None:
    await visit(page, served, f"#token={served.token}")
    assert page.url == f"{served.origin}/graphql"
    await page.get_by_role("button", name="Headers", exact=True).click()
    await expect(editor(page, "Headers")).to_contain_text(f'"Bearer {served.token}"')
    await expect(page.locator(".abruf-hint")).to_be_hidden()
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_text("Root Types")).to_be_visible()
    await run(page)
    await expect(answer(page)).to_contain_text('"data": {')


async def test_a_subscription_shows_what_happens_until_it_is_stopped(
    page: Page, served: Served
) -> None:
    async def ask(query: str, **variables: Any) -> Any:
        answer = await page.request.post(
            f"{served.origin}/graphql",
            data={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {served.token}"},
        )
        return (await answer.json())["data"]

    (order,) = (await ask(OPEN))["orders"]["nodes"]
    await visit(page, served, f"#token={served.token}")
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


class Noted:
    """What a page asks for, says on its console, and complains about."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.output: list[str] = []
        self.complaints: list[str] = []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.context.on("console", self._note)
        page.context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _note(self, message: ConsoleMessage) -> None:
        self.output.append(message.text)
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


async def test_a_typed_query_is_helped_and_answered_by_the_origin_alone_and_no_token_is_stored(
    page: Page, served: Served
) -> None:
    noted = Noted(page)
    await page.add_init_script(TELL_WRITES)
    await visit(page, served)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await paste_token(page, served.token)
    await expect(page.get_by_text("Root Types")).to_be_visible()
    await type_into(page, "Operation Editor", "{ prod")
    await expect(page.locator(".suggest-widget")).to_contain_text("products")
    await type_query(page, "Who", served.fields)
    await page.get_by_role("button", name="Prettify").click()
    await expect(editor(page, "Operation Editor").locator(".view-line").nth(1)).to_be_visible()
    async with page.expect_console_message(lambda it: "query Who" in it.text):
        await run(page)
        await expect(answer(page)).to_contain_text(served.answer)
    strangers = [
        url for url in noted.requests if not url.startswith((f"{served.origin}/", "data:"))
    ]
    assert strangers == []
    assert any("graphql.worker" in url for url in noted.requests)
    assert noted.complaints == []
    assert [text for text in noted.output if served.token in text] == []
    assert served.token not in await page.evaluate(STORED)


async def test_a_wrong_token_is_told_and_a_right_one_is_kept_where_that_is_chosen(
    page: Page, served: Served
) -> None:
    await visit(page, served, "#token=abruf_wrong")
    await expect(page.get_by_text("does not know this token")).to_be_visible()
    await page.goto("about:blank")
    await visit(page, served, f"#token={served.token}")
    await expect(page.locator(".abruf-hint")).to_be_hidden()
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_text("parcels tracked to the doorstep")).to_be_visible()
    listed = page.locator(".graphiql-doc-explorer-section-content .graphiql-doc-explorer-type-name")
    names = await listed.all_inner_texts()
    types = names[names.index("Account") if "Account" in names else 3 :]
    assert len(types) > 100
    assert types == sorted(types)
    await page.locator(".graphiql-tab-button").get_by_text("PlaceOrder").click()
    await expect(editor(page, "Variables")).to_contain_text("channelId")
    await run(page)
    await expect(answer(page)).to_contain_text('"orderPlace"')
    assert await editor(page, "Variables").locator(".squiggly-error").count() == 0
    await page.get_by_label("Keep the token until this tab is closed").check()
    await page.reload()
    await page.get_by_role("button", name="Headers", exact=True).click()
    await expect(editor(page, "Headers")).to_contain_text(f'"Bearer {served.token}"')
    await page.get_by_label("Keep the token until this tab is closed").uncheck()
    assert served.token not in await page.evaluate(STORED)


async def test_what_was_just_written_is_not_asked_by_the_name_of_what_stood_there_before(
    page: Page, served: Served
) -> None:
    await visit(page, served, f"#token={served.token}")
    await type_query(page, "One", "{ viewer { name } }")
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text("query Two { viewer { actor } }")
    await page.keyboard.press("Control+Enter")
    await expect(answer(page)).to_contain_text('"actor"')


async def test_on_a_phone_the_answer_stands_whole_below_the_query(
    page: Page, served: Served
) -> None:
    await page.set_viewport_size({"width": 420, "height": 900})
    await visit(page, served, f"#token={served.token}")
    above, below = [
        await page.locator(it).bounding_box() for it in (".graphiql-editors", ".graphiql-response")
    ]
    assert above
    assert below
    assert below["y"] >= above["y"] + above["height"]
    assert min(above["width"], below["width"]) > 330
    # What is opened has the whole place, until it is closed.
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-sessions")).to_be_hidden()
    await page.get_by_role("button", name="Hide Documentation Explorer").click()
    await expect(page.locator(".graphiql-sessions")).to_be_visible()


@pytest.mark.parametrize("width", [420, 800, 1280])
async def test_no_line_of_an_example_is_cut_off_beside_the_buttons(
    page: Page, served: Served, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await visit(page, served, f"#token={served.token}")
    # Of each line what it is wide, and how much of that is there.
    cut = """() => {
        const lines = document.querySelector(".graphiql-query-editor .lines-content");
        const there = lines.parentElement.getBoundingClientRect();
        return [...lines.querySelectorAll(".view-line > span")].map(
            (line) => line.getBoundingClientRect()
        ).filter((line) => line.right > there.right).length
    }"""
    assert await page.locator(".graphiql-query-editor .view-line").count() > 5
    await page.wait_for_function(f"({cut})() === 0")
