"""Input of which everything is wrong: what is told of it is bounded, written at once, and paid."""

import gc
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from commands.trade.orders.place import OrderPlace
from execution.mixed import Mixed
from kit.errors import MOST_OF_CALL, MOST_OF_ITEM, Code, Problem, Refused, few
from kit.ids import new_id, to_global
from kit.limits import COMPUTED, DEFAULT_LIMITS
from kit.loop import effort
from kit.loop.effort import Effort, Later
from tests.make import Ask, World
from tests.make.everything import CORE
from tests.make.master.channels import channel
from tests.make.master.parties import company
from tests.transport.client import Served

ITEMS, FIELDS, LINES = 250, 20, 40
DISPATCH = """mutation ($deliveries: [DispatchedDeliveryInput!]!) {
  deliveriesDispatch(input: {deliveries: $deliveries}) {
    results { userErrors { kind: __typename code ...Told price { amount } } }
    userErrors { code }
  }
} fragment Told on UserError { message field }"""
IMPORT = """mutation ($orders: [OrderImportInput!]!) {
  ordersImport(input: {orders: $orders}) {
    results { status userErrors { code field message } } userErrors { code }
  }
}"""
MORE = "{:,} more are not told: correct these first, and send it again."


async def test_unknown_fields_of_an_object_are_one_refusal_and_no_object_of_the_executor(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, execute = Counter[str](), Mixed.execute_fields

    def noted(self: Mixed, parent_type: Any, *about: Any) -> Any:
        objects[parent_type.name] += 1
        return execute(self, parent_type, *about)

    monkeypatch.setattr(Mixed, "execute_fields", noted)
    odd = {f"k{number}": 1 for number in range(FIELDS)}
    done = (await ask(DISPATCH, deliveries=[odd] * ITEMS))["deliveriesDispatch"]
    refusals = [it["userErrors"] for it in done["results"]]
    assert [[it["code"] for it in each] for each in refusals] == [["INVALID", "INVALID"]] * ITEMS
    assert {"kind", "code", "message", "field", "price"} == refusals[0][0].keys()
    missing, unknown = sorted(refusals[-1], key=lambda it: it["message"], reverse=True)
    assert missing["field"] == ["input", "deliveries", str(ITEMS - 1), "deliveryId"]
    assert (
        unknown["message"] == f"There are no such fields: k0, k1, k2, k3, k4 and {FIELDS - 5} more."
    )
    assert objects["UserError"] == 0
    assert objects.total() <= ITEMS + 2


async def test_an_import_tells_many_wrong_lines_of_an_order_and_how_many_more_there_are(
    world: World, ask: Ask
) -> None:
    fields = {
        "channelId": to_global("Channel", await channel(world)),
        "partyId": to_global("Party", await company(world)),
        "placedAt": world.clock().isoformat(),
        "currency": "EUR",
    }
    lines = [{"productSku": f"none {it}", "quantity": "1", "unitPrice": "1"} for it in range(LINES)]
    counts = (LINES, MOST_OF_ITEM, 1)
    orders = [fields | {"externalReference": str(it), "lines": lines[:it]} for it in counts]
    results = (await ask(IMPORT, orders=orders))["ordersImport"]["results"]
    codes = [Counter(it["code"] for it in each["userErrors"]) for each in results]
    assert codes == [
        {Code.NOT_FOUND: MOST_OF_ITEM, Code.AND_MORE: 1},
        {Code.NOT_FOUND: MOST_OF_ITEM},
        {Code.NOT_FOUND: 1},
    ]
    last = results[0]["userErrors"][-1]
    assert last["field"] == ["input", "orders", "0"]
    assert last["message"] == MORE.format(LINES - MOST_OF_ITEM)


def test_a_call_is_told_a_bounded_number_of_refusals() -> None:
    wrong = dict.fromkeys(("productId", "quantity", "unitPrice", "discountPercent", "kind"), "x")
    one, two = (len(_refusals([wrong] * lines)) for lines in (1, 2))
    *first, last = _refusals([wrong] * ITEMS)
    assert len(first) == MOST_OF_CALL
    assert (last.path, last.message) == (
        (),
        MORE.format(one + (two - one) * (ITEMS - 1) - MOST_OF_CALL),
    )


def _refusals(lines: list[dict[str, str]]) -> list[Problem]:
    with pytest.raises(Refused) as met:
        OrderPlace.read({"currency": "EUR", "channelId": str(new_id()), "lines": lines})
    return met.value.problems


def test_what_was_not_told_before_is_counted_with_what_is_not_told_now() -> None:
    problems = [Problem(Code.INVALID, str(number)) for number in range(8)]
    once = few(problems, 5)
    assert [it.message for it in once] == [*"01234", MORE.format(3)]
    assert [it.message for it in few(once, 2)] == [*"01", MORE.format(6)]
    assert few(problems, 8) is problems


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let each look at the processor's clock cost, as it seems, so many seconds."""
    now, tick = [0.0], 0.05

    def look() -> float:
        now[0] += tick
        return now[0]

    monkeypatch.setattr(effort, "thread_time", look)
    return tick


class _Once:
    """Waits for the loop to go round once."""

    def __await__(self) -> Any:
        yield


async def _steps(count: int, inside: Callable[[], Awaitable[None]] | None = None) -> None:
    for _ in range(count):
        await _Once()
    if inside is not None:
        await inside()


async def test_each_step_between_two_waits_is_counted_once(ticking: float) -> None:
    spent = Effort()
    await Later(spent, _steps, 2, lambda: Later(spent, _steps, 3))
    assert spent.seconds == pytest.approx(6 * ticking)
    assert spent.beside(len, "what is made in a thread") > 1
    assert spent.seconds == pytest.approx(7 * ticking)


def test_what_nobody_awaits_leaves_nothing_behind() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Later(Effort(), _steps, 1)
        gc.collect()


def _cost(answer: Mapping[str, Any]) -> int:
    found: int = answer["extensions"]["cost"]["actualQueryCost"]
    return found


async def test_every_mutation_pays_for_its_own_time_and_for_that_of_its_answer(
    served: Served, world: World, ticking: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    efforts, begin = list[Effort](), Effort.__init__

    def noted(self: Effort) -> None:
        begin(self)
        efforts.append(self)

    monkeypatch.setattr(Effort, "__init__", noted)
    served.limit(effort=DEFAULT_LIMITS.effort)
    ask = Ask(served.client, world.token)
    for name, field in CORE.mutation_type.fields.items():
        efforts.clear()
        input_ = field.args["input"].type
        text = f"mutation ($i: {input_}) {{ {name}(input: $i) {{ userErrors {{ code }} }} }}"
        answer = await ask.answer(text, i={"k": 1})
        spent = max(it.seconds for it in efforts)
        assert spent >= ticking, name
        assert _cost(answer) == int((spent * 1_000 - DEFAULT_LIMITS.effort) / COMPUTED), name
