"""Acts: what may be done with a row, said once, for the row that is locked and for SQL.

A test is a function of a row or of its table: the operators and hybrids that it uses give a bool
for the one and an expression for the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased

from models.base.tables import OfMerchant, Owned


@dataclass(frozen=True)
class Through:
    """A table between a row and those below it: its columns that name the one and the other.

    test: what must hold of it too, if anything.
    """

    entity: type[OfMerchant]
    parent: str
    child: str
    test: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Below:
    """That some row below passes a test. words: what that means, for people.

    key: the column that names the row itself, or what lies between names; through: that table.
    """

    words: str
    entity: type[Owned]
    key: str
    test: Callable[[Any], Any]
    through: Through | None = None

    def of(self, key: Any, merchant: Any) -> tuple[Any, Sequence[ColumnElement[bool]]]:
        """Return the table's alias, and the conditions of its rows that pass. key: of the row."""
        row = aliased(self.entity)
        passing = (row.merchant_id == merchant, self.test(row))
        own = getattr(row, self.key)
        if self.through is None:
            return row, (own == key, *passing)
        link = aliased(self.through.entity)
        linked = (
            getattr(link, self.through.parent) == key,
            link.merchant_id == merchant,
            own == getattr(link, self.through.child),
            *(() if self.through.test is None else (self.through.test(link),)),
        )
        return row, (*linked, *passing)


@dataclass(frozen=True)
class Itself:
    """That the row passes a test which depends on who asks, and when. words: for people.

    test: (who writes or reads, row or table) -> whether.
    """

    words: str
    test: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Act:
    """What may be done: who may, in which states of the row, and what else must hold.

    states: none are given where it is not about the state of one row. becomes: the state that it
    leads to, if it always is one. action: its name among `availableActions`, if it is one of them.
    """

    scope: StrEnum
    states: frozenset[StrEnum] = frozenset()
    becomes: StrEnum | None = None
    needs: tuple[Below | Itself, ...] = field(default=())
    stopped_by: tuple[Below, ...] = field(default=())
    action: StrEnum | None = None


def leading_to(state: StrEnum, machine: Mapping[Any, frozenset[StrEnum]]) -> frozenset[StrEnum]:
    """Return the states from which a state can be reached. machine: state -> what may follow."""
    return frozenset(before for before, after in machine.items() if state in after)
