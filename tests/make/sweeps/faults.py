"""Faults of every stage that a valid input may be given: shape, reference, version, state, rule."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from graphql import get_named_type

from commands.writing.verbs import AnyVerb
from tests.make.sweeps.leaves import Leaf, Path, at, leaves, put, unknown, wrong_values

_PAST = {"earliest": "2020-01-01T08:00:00Z", "latest": "2020-01-01T09:00:00Z"}
_OTHER_VERSION, _TOO_MUCH, _TOO_FINE = 999_999, "999999999999", "1.5"
_MANY = 5
"""Faults of each kind that one input is given, where many are asked."""
_LONGEST = 1_000


@dataclass(frozen=True, eq=False)
class Fault:
    """What is wrong with an input. kind: of it; path: of the field; value: that it has then.

    One without a path is the row's: it is in no right state.
    """

    kind: str
    path: Path = ()
    value: Any = None

    def into(self, values: Any) -> Any:
        """Return an input with it."""
        if not self.path:
            return values
        if self.kind == "twice":
            above = self.path[:-1]
            return put(values, above, [*at(values, above), self.value])
        return put(values, self.path, self.value)

    def goes_with(self, other: "Fault") -> bool:
        """Tell whether an input may have both: neither lies within the other."""
        pairs = zip(self.path, other.path, strict=False)
        return any(mine != theirs for mine, theirs in pairs)

    @property
    def about(self) -> str:
        """The last field that its path names; its kind where that is not told by a field."""
        if self.kind in {"state", "twice"}:
            return self.kind
        return next(it for it in reversed(self.path) if isinstance(it, str))

    def is_within(self, path: Path) -> bool:
        """Tell whether it is a fault of what lies at a path, or below."""
        return self.path[: len(path)] == path


@contextmanager
def no_state(verb: AnyVerb) -> Iterator[None]:
    """Let no state be one in which a verb may be called."""
    before = verb.act.states
    object.__setattr__(verb.act, "states", frozenset())
    try:
        yield
    finally:
        object.__setattr__(verb.act, "states", before)


def faults_of(kind: Any, values: Any, items: str | None, *, whole: bool) -> list[Fault]:
    """Return faults of every kind that the fields of an input allow; whole: many of each.

    items: the field whose items are refused one by one.
    """
    every = list(leaves(kind, values))
    above: Path = () if items is None else (items, 0)
    owner: Any = get_named_type(kind)
    owner = owner if items is None else get_named_type(owner.fields[items].type)
    found = {
        "shape": _misshapen(every, above),
        "reference": _references(every),
        "twice": _twice(every, above),
        "version": _versions(owner, above),
        "window": _windows(every),
        "quantity": _quantities(every),
    }
    return [it for its in found.values() for it in islice(its, _MANY if whole else 1)]


def _versions(owner: Any, above: Path) -> Iterator[Fault]:
    """Yield a version that the row does not have."""
    if "expectedVersion" in owner.fields:
        yield Fault("version", (*above, "expectedVersion"), _OTHER_VERSION)


def _misshapen(every: Sequence[Leaf], above: Path) -> Iterator[Fault]:
    """Yield a wrong shape of a line where there are any, and of the call where it is one."""
    lines = [it for it in every if len(it.path) > len(above) + 1]
    odd = [it for it in lines if it.kind not in {"ID", "LIST", "OBJECT"} and _short(it)]
    for leaf in sorted(odd, key=lambda it: (it.is_required, len(it.path)))[-1:]:
        yield Fault("shape", leaf.path, _short(leaf)[0])
    if not above:
        yield Fault("shape", ("idempotencyKey",), "x" * _LONGEST)


def _short(leaf: Leaf) -> list[Any]:
    return [it for it, _ in wrong_values(leaf) if len(str(it)) < _LONGEST]


def _references(every: Sequence[Leaf]) -> Iterator[Fault]:
    """Yield ids of nothing."""
    for leaf in sorted(every, key=lambda it: len(it.path)):
        if leaf.kind == "ID" and isinstance(leaf.value, str):
            yield Fault("reference", leaf.path, unknown(leaf))


def _twice(every: Sequence[Leaf], above: Path) -> Iterator[Fault]:
    """Yield an object that stands twice in its list."""
    for leaf in every:
        is_list = leaf.kind == "LIST" and leaf.path != above[:1]
        if is_list and leaf.value and isinstance(leaf.value[0], dict):
            yield Fault("twice", (*leaf.path, len(leaf.value)), leaf.value[0])


def _windows(every: Sequence[Leaf]) -> Iterator[Fault]:
    """Yield windows that have passed."""
    for leaf in every:
        if leaf.kind == "OBJECT" and "earliest" in leaf.value:
            yield Fault("window", leaf.path, {**leaf.value, **_PAST})


def _quantities(every: Sequence[Leaf]) -> Iterator[Fault]:
    """Yield numbers of the right shape that a rule refuses, those of lines first."""
    for leaf in sorted(every, key=lambda it: (it.name != "quantity", -len(it.path))):
        if leaf.kind == "Decimal":
            yield Fault("quantity", leaf.path, _TOO_MUCH)
            yield Fault("quantity", leaf.path, _TOO_FINE)
