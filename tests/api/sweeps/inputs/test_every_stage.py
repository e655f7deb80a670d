"""Refusals of all stages are told at once: of two faults of one input, neither hides the other."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from models.access.viewers import Actor
from schema.schema import schema
from schema.verbs import verbs
from tests.api.sweeps.test_bad_input import answers, input_of
from tests.make import Ask, World
from tests.make.everything import WINGS, inputs_of, items_of
from tests.make.scene import Scene
from tests.make.sweeps.faults import Fault, faults_of, no_state

VERBS = {it.name: it for it in verbs(schema.mutation)}
pytestmark = pytest.mark.prepared("inputs")
Refusals = frozenset[tuple[str, str]]
"""Refusals: code, path."""
AT_ONCE = 10
KEYS = {
    *("orderId", "deliveryId", "deliveryIds", "contractId", "releaseId", "interchangeId"),
    *("outgoingInterchangeId", "lineId", "deliveryLineId", "orderLineId", "contractLineId"),
    *("productId", "parcelId", "partyId", "scheduleLineId", "holdId", "priceListCode"),
}
"""Ids of what the other fields of their object are about: without it nothing is known of them."""

IN_NO_STATE = {"deliveryPlanFromSchedule", "deliveryReleaseHold", "orderReleaseHold"}
"""Verbs whose states are those of a row that is looked for by what they name."""
IN_STAGES = {
    "interchangeReject": "what it takes is long, and not tried",
    "interchangeReplay": "what it takes is long, and not tried",
}
"""Verbs that tell one thing after the other, and why."""

HANGING = {
    # Its orders, and so what is known of them, are those of its lines.
    ("deliveryPlan", "orderLineId", "window"),
    # How much can be planned hangs on how far its order has come.
    ("deliveryPlan", "state", "twice"),
    ("deliveryPlan", "state", "quantity"),
    # Of what stands twice nobody knows how much is meant.
    ("contractCallOff", "twice", "quantity"),
}
"""Verb, what is wrong, and what is told otherwise because of it."""


async def _refusals(world: World, ask: Ask, name: str, inputs: Sequence[Any]) -> list[Refusals]:
    """Return what is refused of each input."""
    found = []
    for start in range(0, len(inputs), AT_ONCE):
        # No key has the points for all that is wrong.
        by = ask.by(await world.key(Actor.STAFF))
        found += await answers(by, name, list(inputs[start : start + AT_ONCE]))
    return [frozenset((it["code"], ".".join(it["field"])) for it in each) for each in found]


def _hangs(other: Fault, on: Fault) -> bool:
    """Tell whether nobody can say one thing where another one is wrong."""
    if on.kind == "reference" and on.about in KEYS:
        above = on.path[: on.path.index(on.about)]
        if not other.path or other.is_within(above):
            return True
    if on.path[-1:] == ("currency",):
        return other.is_within(on.path[:-1])
    # Whether two are the same depends on what is in them.
    return other.kind == "twice" and on.is_within((*other.path[:-1], 0))


def _hidden(
    name: str, one: Fault, other: Fault, of: Mapping[Fault, Refusals], both: Refusals
) -> Iterator[str]:
    for hidden, by in ((one, other), (other, one)):
        there = ".".join(("input", *map(str, by.path)))
        left = {it for it in of[hidden] - both if it[1] != there}
        if left and not _hangs(hidden, by) and (name, by.about, hidden.about) not in HANGING:
            yield f"{by.kind} of {by.path} hides {hidden.kind} of {hidden.path}: {sorted(both)}"


async def _wrong(world: World, ask: Ask, name: str, values: Any, *, whole: bool) -> list[str]:
    """Return which faults hide which ones, of an input and of its row. whole: of many faults."""
    verb, hidden = VERBS[name], list[str]()
    faults = faults_of(input_of(name), values, items_of(name), whole=whole)
    # What is no fault to the verb is done by the first time, as the input itself is.
    inputs = [*(it.into(values) for it in faults), values]
    await _refusals(world, ask, name, inputs)
    *alone, always = await _refusals(world, ask, name, inputs)
    found = dict(zip(faults, alone, strict=True))
    by_fault = {fault: its - always for fault, its in found.items() if its - always}
    pairs = [pair for pair in combinations(by_fault, 2) if pair[0].goes_with(pair[1])]
    # What stands twice stands there as it was.
    together = await _refusals(world, ask, name, [a.into(b.into(values)) for a, b in pairs])
    for pair, both in zip(pairs, together, strict=True):
        hidden += _hidden(name, *pair, by_fault, both)
    if verb.act.states and name not in IN_NO_STATE:
        row = Fault("state")
        with no_state(verb):
            inputs = [values, *(it.into(values) for it in by_fault)]
            stateless, *together = await _refusals(world, ask, name, inputs)
        stateless -= always
        for fault, both in zip(by_fault, together, strict=True):
            hidden += _hidden(name, fault, row, {**by_fault, row: stateless}, both)
    return [f"{name}: {it}" for it in hidden]


@pytest.mark.parametrize("wing", WINGS)
async def test_no_fault_hides_another(
    request: pytest.FixtureRequest,
    wing: str,
    here: Scene,
    made: Mapping[str, Any],
    world: World,
    ask: Ask,
) -> None:
    hidden, whole = list[str](), bool(request.config.getoption("--every-case"))
    # Of a verb that has several inputs, the first one is asked.
    for name, maker in dict(reversed(list(inputs_of(wing)))).items():
        if name not in IN_STAGES:
            values = made[maker.__name__] if wing == "messages" else await maker(here)
            hidden += await _wrong(world, ask, name, values, whole=whole)
    assert not hidden, "\n".join(hidden)
