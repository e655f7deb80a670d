"""What is odd hides nothing: wrong shapes and what is not there are told at once, by every verb."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from models.access.viewers import Actor
from tests.api.sweeps.test_bad_input import NARROWED, answers, leaves_of
from tests.make import Ask, World
from tests.make.everything import WINGS, inputs_of, items_of, makers
from tests.make.sweeps.leaves import LONG, put, unknown, wrong_values

NOT_TRIED = {"delivery_plan_from_schedule", "interchange_replay", "interchange_reject"}
"""What takes long, and a text of which nothing is known that may stand in."""
pytestmark = pytest.mark.prepared("inputs")


def _odd(name: str, values: Any) -> tuple[list[str], Any]:
    """Return the path of a field that has a wrong value, and the input with that.

    It is a needed field of a line where there are any, else the key of the call.
    """
    leaves = [
        it for it in leaves_of(name, values) if it.path[:1] in {(items_of(name),), ("lines",)}
    ]
    found = [it for it in leaves if it.kind not in {"ID", "LIST", "OBJECT"} and wrong_values(it)]
    if not found:
        return ["input", "idempotencyKey"], {**values, "idempotencyKey": LONG}
    odd = max(found, key=lambda it: (it.is_required, it.kind == "Decimal", len(it.path)))
    return odd.shown, put(values, odd.path, wrong_values(odd)[0][0])


def _both(name: str, values: Any) -> Iterator[tuple[list[str], list[str], Any]]:
    """Yield (path of an odd field, path of an id of nothing, an input with both)."""
    odd, changed = _odd(name, values)
    if items_of(name) is not None and items_of(name) not in odd:
        return
    for leaf in leaves_of(name, values):
        if leaf.kind == "ID" and isinstance(leaf.value, str) and leaf.name not in NARROWED:
            yield odd, leaf.shown, put(changed, leaf.path, unknown(leaf))


@pytest.mark.parametrize("wing", WINGS)
async def test_a_wrong_shape_hides_nothing_that_is_not_there(
    wing: str, made: Mapping[str, Any], world: World, ask: Ask
) -> None:
    wrong = []
    # Of a verb that has several inputs, the first one is asked.
    for name, maker in dict(reversed(list(inputs_of(wing)))).items():
        about, values = maker.__name__, made[maker.__name__]
        if about in NOT_TRIED:
            continue
        # No key has the points for all that is wrong.
        by = ask.by(await world.key(Actor.STAFF))
        both = list(_both(name, values))
        found = await answers(by, name, [it for _, _, it in both]) if both else ()
        for (odd, absent, _), refusals in zip(both, found, strict=True):
            if any(path not in [it["field"] for it in refusals] for path in (odd, absent)):
                codes = [(it["code"], ".".join(it["field"])) for it in refusals]
                wrong.append(f"{about}: {'.'.join(odd)} and {'.'.join(absent)}: {codes}")
    assert not wrong, "\n".join(wrong)


IN_STEPS = {
    "contractCreate": {"partyId"},
    "contractCallOff": {"contractId", "contractLineId"},
    "deliverySplit": {"deliveryId"},
    "deliveryReship": {"deliveryId"},
}
"""Verbs that look at one thing after the other; ids that stay right: the others hang on them."""


def _absent(name: str, values: Any) -> tuple[list[list[str]], Any]:
    """Return an input that names nothing that is there, and the paths of all that it names."""
    paths = []
    for leaf in leaves_of(name, values):
        if leaf.kind == "ID" and isinstance(leaf.value, str) and leaf.name not in IN_STEPS[name]:
            values = put(values, leaf.path, unknown(leaf))
            paths.append(leaf.shown)
    return paths, values


async def test_whatever_is_not_there_is_told_at_once(made: Mapping[str, Any], ask: Ask) -> None:
    for name in IN_STEPS:
        paths, values = _absent(name, made[makers(name)[0].__name__])
        (refusals,) = await answers(ask, name, [values])
        assert paths
        assert [it for it in paths if it not in [each["field"] for each in refusals]] == [], name


async def test_a_line_that_stands_twice_hides_nothing(made: Mapping[str, Any], ask: Ask) -> None:
    """Neither what is wrong with its quantities, nor instants that have passed."""
    past = {"earliest": "2020-01-01T08:00:00Z", "latest": "2020-01-01T09:00:00Z"}
    window = {**past, "timeZone": "Europe/Berlin"}
    for name, of_line, of_all, codes in (
        ("orderCancelLines", {"quantity": "1000000"}, {}, 2 * ["QUANTITY_NOT_OPEN"]),
        (
            "orderConfirm",
            {"response": "REJECTED", "reason": None, "window": None, "overTolerance": None},
            {"window": window, "answerBy": past["latest"]},
            ["INVALID", "INVALID", "INVALID", "INVALID_WINDOW"],
        ),
    ):
        values = made[makers(name)[0].__name__]
        lines = 2 * [{**values["lines"][0], **of_line}]
        (refusals,) = await answers(ask, name, [{**values, "lines": lines, **of_all}])
        assert [it["code"] for it in refusals] == ["DUPLICATE", *codes], refusals
