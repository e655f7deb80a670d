"""Where a noun is named outside of its rooms, a test misses it when it is not.

The others are missed elsewhere: an event in `tests/models/base/test_events.py`, codes, scopes and
whatever clients see in `tests/house/docs`, words of operators in `tests/commands/access`, a table
that no migration makes in `tests/migrations/test_filled_tables.py`. Whatever can be found is not
named: tables, roots of the schema, types, verbs, events.
"""

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import PurePosixPath
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest

import workers
from models.access.followers import FOLLOWERS as NAMES
from tests.house import test_sizes as sizes
from tests.make.everything import WING_OF, makers
from work import CHORES, FOLLOWERS, WHEN_DUE
from workers.running.chores import Chore
from workers.running.dues import WhenDue
from workers.running.followers import Follower


def declared(kind: type) -> Iterator[Any]:
    """Yield what rooms of workers declare of a kind."""
    for found in walk_packages(workers.__path__, f"{workers.__name__}."):
        yield from (it for it in vars(import_module(found.name)).values() if isinstance(it, kind))


@pytest.mark.parametrize(
    ("kind", "done"), [(WhenDue, WHEN_DUE), (Follower, FOLLOWERS), (Chore, CHORES)]
)
def test_what_is_declared_is_done(kind: type, done: Sequence[Any]) -> None:
    assert {_name(it) for it in declared(kind)} == {_name(it) for it in done}
    assert len({_name(it) for it in done}) == len(done)


def test_staff_sees_each_follower_before_it_was_told_of_anything() -> None:
    assert {*NAMES} == {it.name for it in FOLLOWERS}


def _name(it: Any) -> str:
    return str(it.kind if isinstance(it, WhenDue) else it.name)


def test_a_noun_that_no_contract_names_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    places = sizes.places()
    unnamed = sizes.strangers(places)
    for wing, nouns in sizes.NOUNS.items():
        for noun in nouns:
            with monkeypatch.context() as without:
                without.setitem(sizes.NOUNS, wing, nouns - {noun})
                found = sizes.strangers(places) - unnamed
            assert {PurePosixPath(it).stem for it in found} == {noun}


def test_a_mutation_without_an_input_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, wing in WING_OF.items():
        with monkeypatch.context() as without:
            room = f"tests.make.{wing}.inputs"
            without.setitem(sys.modules, room, ModuleType(room))
            makers.cache_clear()
            with pytest.raises(LookupError, match=name):
                makers(name)
    makers.cache_clear()
