"""What is run dry answers what it would do and leaves no trace: every verb that declares it."""

import base64
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from commands.writing.verbs import DryRun
from kit.db.sessions import Session
from kit.ids import new_id
from resolvers.running.context import Context
from schema.graphql.mutations import VERB
from schema.graphql.nodes import NODES
from tests.execution.whole import payload
from tests.make import Ask
from tests.make.everything import ALL, CORE, makers, payload_of
from tests.make.scene import Scene
from tests.make.sweeps.leaves import put
from tests.make.sweeps.rows import digests

CALL_OFF = "contractCallOff"
_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GLOBAL = re.compile(r"[A-Za-z0-9+/]{48,}={0,2}")
_TOKEN = re.compile("order_[0-9a-f]{32}_[0-9a-f]+")
PROGRESS = """
contract { timeline(first: 50) { nodes { type payload } }
  lines { calledOff remaining progress(interval: DAY) { steps { calledOff } } } }
"""


def _takes(name: str) -> Any:
    return CORE.mutation_type.fields[name].extensions["strawberry-definition"].metadata[VERB].takes


DRY = {maker.__name__: name for name, maker in ALL if issubclass(_takes(name), DryRun)}


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def plans(request: pytest.FixtureRequest) -> bool:
    """Both executors: one reads by statements of its own, the other by SQLAlchemy's."""
    return bool(request.param)


def _document(name: str, more: str = "") -> str:
    fields = f"{payload(payload_of(name), set(NODES))} {more}"
    takes = f"{name[0].upper()}{name[1:]}Input!"
    return f"mutation ($input: {takes}) {{ {name}(input: $input) {{ {fields} }} }}"


def _named_anew(answer: Any) -> Any:
    """Return an answer with its ids numbered in the order in which they come."""
    seen: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"#{seen.setdefault(found[0], len(seen))}"

    def anew(value: Any) -> Any:
        match value:
            case dict():
                return {_ID.sub(number, key): anew(it) for key, it in value.items()}
            case list():
                return [anew(it) for it in value]
            case str() if _GLOBAL.fullmatch(value):
                return _ID.sub(number, base64.b64decode(value).decode())
            case str():
                return _ID.sub(number, _TOKEN.sub("token", value))
        return value

    return anew(answer)


def test_what_the_portal_tries_is_declared() -> None:
    assert set(DRY.values()) == {
        "contractCallOff",
        "deliveryPlan",
        "deliveryPlanFromSchedule",
        "deliveryReschedule",
    }


@pytest.mark.prepared("inputs")
@pytest.mark.parametrize("maker", DRY)
async def test_a_dry_run_answers_as_what_is_done_right_after_it_and_leaves_no_trace(
    maker: str, made: Mapping[str, Any], here: Scene, ask: Ask
) -> None:
    name = DRY[maker]
    values = made[maker] | {"idempotencyKey": f"K-{maker}"}
    before = await digests(here.world)
    dry = await ask(_document(name), input=values | {"dryRun": True})
    again = await ask(_document(name), input=values | {"dryRun": True})
    assert await digests(here.world) == before
    done = await ask(_document(name), input=values)
    assert (await digests(here.world))["journal"] != before["journal"]
    assert done[name]["userErrors"] == []
    assert _named_anew(dry) == _named_anew(again) == _named_anew(done)


@pytest.mark.prepared("inputs")
@pytest.mark.parametrize("maker", DRY)
async def test_a_dry_run_is_refused_as_what_is_done(
    maker: str, made: Mapping[str, Any], here: Scene, ask: Ask
) -> None:
    name = DRY[maker]
    odd = made[maker] | _odd_part(made[maker])
    before = await digests(here.world)
    dry = await ask(_document(name), input=odd | {"dryRun": True})
    done = await ask(_document(name), input=odd)
    assert dry == done
    assert done[name]["userErrors"]
    assert await digests(here.world) == before


def _odd_part(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field that names nothing, or a window that has passed."""
    if "window" in values and "deliveryId" in values:
        past = {"earliest": "2019-03-09T06:00:00+00:00", "latest": "2019-03-09T07:00:00+00:00"}
        return {"window": past}
    if "deliveries" in values and "contractId" not in values:
        changed: dict[str, Any] = put(values, ("deliveries", 0, "lines", 0, "quantity"), "999999")
        return changed
    nothing = base64.b64encode(f"Contract:{new_id()}".encode()).decode()
    return {"contractId": nothing}


@pytest.mark.prepared("inputs")
async def test_what_a_dry_run_draws_is_told_of_its_contract_and_of_nothing_else(
    made: Mapping[str, Any], ask: Ask
) -> None:
    values = made[makers(CALL_OFF)[0].__name__]
    own = "query ($id: ID!) { contract(id: $id) { lines { calledOff remaining } } }"
    stood = await ask(own, id=values["contractId"])
    dry = await ask(_document(CALL_OFF, PROGRESS), input=values | {"dryRun": True})
    assert await ask(own, id=values["contractId"]) == stood
    done = await ask(_document(CALL_OFF, PROGRESS), input=values)
    assert _named_anew(dry) == _named_anew(done)
    (line,) = dry[CALL_OFF]["contract"]["lines"]
    assert [it["calledOff"] for it in line["progress"]["steps"]] == ["20"]
    assert (await ask(own, id=values["contractId"])) != stood


@pytest.mark.prepared("inputs")
async def test_of_several_in_one_operation_those_that_run_dry_are_seen_by_none_of_the_others(
    made: Mapping[str, Any], ask: Ask
) -> None:
    values = made[makers(CALL_OFF)[0].__name__]
    # An order's number in its channel is taken once.
    values = {name: it for name, it in values.items() if name != "externalReference"}
    fields = "{ callOff { number } contract { lines { calledOff } } userErrors { code } }"
    document = f"""
    mutation ($dry: ContractCallOffInput!, $done: ContractCallOffInput!) {{
      first: {CALL_OFF}(input: $dry) {fields}
      second: {CALL_OFF}(input: $done) {fields}
      third: {CALL_OFF}(input: $dry) {fields}
    }}
    """
    inputs = {"dry": values | {"dryRun": True}, "done": values}
    found = await ask(document, **inputs)
    drawn = [found[it]["contract"]["lines"][0]["calledOff"] for it in found]
    assert drawn == ["20", "20", "40"]
    numbers = [found[it]["callOff"]["number"] for it in found]
    assert numbers[0] == numbers[1] != numbers[2]


@pytest.mark.prepared("inputs")
async def test_a_dry_run_whose_connection_is_lost_is_told_so_and_no_state_of_before(
    made: Mapping[str, Any], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = made[makers(CALL_OFF)[0].__name__]
    within = Context.written_dry

    def cut(self: Context, session: Session, opened: AsyncExitStack) -> None:
        within(self, session, opened)
        session.pooled.driver_connection.terminate()

    monkeypatch.setattr(Context, "written_dry", cut)
    fields = "{ contract { lines { calledOff } timeline(first: 1) { nodes { type } } } }"
    document = f"mutation ($input: ContractCallOffInput!) {{ {CALL_OFF}(input: $input) {fields} }}"
    found = await ask.answer(document, input=values | {"dryRun": True})
    assert {it["extensions"]["code"] for it in found["errors"]} == {"UNAVAILABLE"}
    assert "lines" not in str(found.get("data"))
    monkeypatch.undo()
    assert (await ask(document, input=values))[CALL_OFF]["contract"]["lines"]
