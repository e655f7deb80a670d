"""Which of a field's wrong values are asked: all where a rule is met first, then some elsewhere.

A hundred fields take an id by one annotation of one type. What is wrong with it is one question;
that every field says so at its own path is another, which few values answer.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from kit.inputs import Input
from tests.make.sweeps.leaves import Leaf

SOME = 1
"""Cases of a field whose rule another field has shown whole; other ones of each field."""
Case = TypeVar("Case")


def snake(name: str) -> str:
    """Return a field as Python names it."""
    return re.sub("([A-Z])", r"_\1", name).lower()


def models(base: type[Input] = Input) -> Iterator[tuple[str, type[Input]]]:
    """Yield (name of the GraphQL input, its model) for every command and what stands in it."""
    for each in base.__subclasses__():
        yield f"{each.__name__}Input", each
        yield from models(each)


MODELS = dict(models())


class Cases:
    """Chooses, field by field. whole: all of them everywhere, as `--every-case` asks."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self._met: Counter[Any] = Counter()

    def of(self, leaf: Leaf, cases: Sequence[Case]) -> Sequence[Case]:
        """Return what to ask of a field, of all that could be asked."""
        rule = _rule(leaf, cases)
        before, self._met[rule] = self._met[rule], self._met[rule] + 1
        if self.whole or not before:
            return cases
        return [cases[(before * SOME + it) % len(cases)] for it in range(min(SOME, len(cases)))]


def _rule(leaf: Leaf, cases: Sequence[Any]) -> tuple[str, ...]:
    """Return what refuses a field: its annotation and validators, and what is wrong with it."""
    field = MODELS[leaf.owner].model_fields[snake(leaf.name)]
    # What is wrong with an id or a list is made of the one that is right.
    wrong = "" if leaf.kind in {"ID", "LIST", "OBJECT"} else repr(cases)
    is_item = not isinstance(leaf.path[-1], str)
    declared = (repr(field.annotation), repr(field.metadata), repr(is_item))
    return (*declared, leaf.kind, repr(leaf.is_required), wrong)
