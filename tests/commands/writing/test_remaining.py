"""A bulk command runs again without what was refused, but not without end."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import ValidationError

from commands.messages.partners.inputs import PartnerProfileUpsert
from commands.writing.running.remaining import MOST_RUNS, Remaining
from commands.writing.running.standins import alike, variations
from kit.errors import Code, Refused, problems_of


def refused(place: int) -> Refused:
    return Refused(Code.WRONG_STATE, "It is over.", ("parts", place))


def test_a_call_whose_items_break_too_many_rules_is_refused_with_all_of_them() -> None:
    command = cast("Any", SimpleNamespace(parts=list(range(MOST_RUNS + 9))))
    remaining = Remaining(cast("Any", SimpleNamespace(items="parts")), command)
    for _ in range(MOST_RUNS - 1):
        remaining.take_out(refused(0))
    with pytest.raises(Refused) as last:
        remaining.take_out(refused(0))
    paths = [it.path for it in last.value.problems]
    assert paths == [("parts", place) for place in range(MOST_RUNS)]


def test_a_refusal_of_the_whole_is_no_items() -> None:
    command = cast("Any", SimpleNamespace(parts=[1, 2]))
    remaining = Remaining(cast("Any", SimpleNamespace(items="parts")), command)
    with pytest.raises(Refused):
        remaining.take_out(Refused(Code.INVALID, "Not so.", ("window",)))


def codes(element: str, code: str, meaning: str = "SHIP_TO") -> dict[str, Any]:
    return {"scheduleCodes": [{"element": element, "code": code, "meaning": meaning}]}


CODE = ("schedule_codes", 0, "code")


@pytest.mark.parametrize(
    ("odd", "paths", "beside"),
    [
        (codes("PLACE", "LOC11"), [CODE], []),
        (codes("PLACE", "11"), [CODE[:2]], []),
        # That it is wrong as a whole is told, whatever stands in for its code.
        (codes("CONTROL", "one two"), [CODE], [CODE[:2]]),
        ({"serviceCharacters": "++++++", "qualifier": "TOO-LONG"}, None, []),
    ],
)
def test_of_what_stands_in_for_odd_values_nothing_is_told(odd, paths, beside) -> None:
    profile = {"code": "P", "identification": "I", **odd}
    with pytest.raises(ValidationError) as wrong:
        PartnerProfileUpsert.model_validate(profile)
    found = [it.path for it in problems_of(wrong.value, 9)]
    assert found == (paths or [("qualifier",), ("service_characters",)])
    met: list[Any] | None = None
    for tried in variations(PartnerProfileUpsert, profile, found, datetime.now(UTC)):
        met = alike(found, tried.problems, met)
    assert [it.path for it in met or ()] == beside
