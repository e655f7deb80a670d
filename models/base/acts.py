"""Acts: what may be done with a row, said once, for the row that is locked and for SQL.

The test of `Itself` is a function of a row or of its table: the operators and hybrids that it uses
give a bool for the one and an expression for the other. `Some` is asked of the database only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from models.base.tables import OfMerchant

StateT = TypeVar("StateT", bound=StrEnum)


@dataclass(frozen=True)
class AllRows:
    """All rows of a merchant, whoever sees them, at an instant: values or their parameters."""

    merchant: Any
    now: Any

    def tables(self, entities: Sequence[type[OfMerchant]]) -> tuple[list[Any], list[Any]]:
        """Return aliases of tables, and the condition on each that its rows are the merchant's."""
        tables: list[Any] = [aliased(it) for it in entities]
        return tables, [it.merchant_id == self.merchant for it in tables]

    def some(
        self, *entities: type[OfMerchant], where: Callable[..., ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        """Tell whether there are rows, one of each table, that pass a test together."""
        tables, own = self.tables(entities)
        return exists().where(*own, where(*tables)).correlate_except(*tables)

    def value(
        self, entity: type[OfMerchant], column: str, where: Callable[[Any], ColumnElement[bool]]
    ) -> ColumnElement[Any]:
        """Return a column of the one row that passes a test, NULL where none does."""
        (table,), own = self.tables((entity,))
        found = select(getattr(table, column)).where(*own, where(table))
        return found.correlate_except(table).scalar_subquery()


@dataclass(frozen=True)
class Some:
    """That there are rows, one of each table, that pass a test together. words: for people.

    test: (all rows, table of the row that it is about, table of each entity) -> condition. rule:
    the code of the invariant that it keeps where it stops an act.
    """

    words: str
    entities: tuple[type[OfMerchant], ...]
    test: Callable[..., ColumnElement[bool]]
    rule: str = ""

    def of(self, rows: AllRows, row: Any) -> ColumnElement[bool]:
        """Tell whether there are any for a row. row: its table."""
        return rows.some(*self.entities, where=partial(self.test, rows, row))

    def found(self, rows: AllRows, row: Any) -> tuple[Any, list[ColumnElement[bool]]]:
        """Return the first of the tables, and the conditions of its rows that are there."""
        tables, own = rows.tables(self.entities)
        return tables[0], [*own, self.test(rows, row, *tables)]


@dataclass(frozen=True)
class Itself:
    """That the row passes a test which depends on who asks, and when. words: for people.

    test: (who writes or reads, row or table) -> whether. rule: as of `Some`, where an act needs it.
    """

    words: str
    test: Callable[[Any, Any], Any]
    rule: str = ""


@dataclass(frozen=True)
class Act:
    """What may be done: who may, in which states of the row, and what else must hold.

    states: none are given where it is not about the state of one row. action: its name among
    `availableActions`, if it is one of them.
    """

    scope: StrEnum
    states: frozenset[StrEnum] = frozenset()
    needs: tuple[Some | Itself, ...] = field(default=())
    stopped_by: tuple[Some, ...] = field(default=())
    action: StrEnum | None = None


@dataclass(frozen=True)
class Transition(Act, Generic[StateT]):
    """An act that always leads to the same state. becomes: the one that its verb gives the row."""

    becomes: StateT = field(kw_only=True)


def leading_to(state: StrEnum, machine: Mapping[Any, frozenset[StrEnum]]) -> frozenset[StrEnum]:
    """Return the states from which a state can be reached. machine: state -> what may follow."""
    return frozenset(before for before, after in machine.items() if state in after)
