"""A bulk command runs again without what was refused, but not without end."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from commands.writing.running.remaining import MOST_RUNS, Remaining
from kit.errors import Code, Refused


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
