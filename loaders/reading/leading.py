"""What leads to a page: the index of a column that its filter asks for.

PostgreSQL plans a statement once for whatever values, and takes the rows of one value for as many
as those of another. So it goes through a list until a page is full, which it never is where few
rows have what somebody asks for.

Here the rows of a value are read as a range of its index, in the order of that index, which no
other has. Where they stand there in the order of the list, a page of them is read. Elsewhere they
are counted up to a bound: few are read and put in order; of many the list is full, and is gone
through. Of several fields any that few rows fulfil leads to them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    case,
    column,
    func,
    inspect,
    literal_column,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import array

from kit.inputs import Input
from loaders.reading.relations import Reader
from models.base.masks import read_again
from models.base.tables import OfMerchant, entity_named
from models.base.visibility import seen_by

MOST_GATHERED = 1_000
"""Rows that are read to be put in order."""
_MOST: ColumnElement[int] = literal_column(str(MOST_GATHERED))
_BOUNDS = ("_from", "_to")


class Slicing(Protocol):
    """Selects a page of what fulfils conditions, without columns yet: `PageOf.slice_of`."""

    def __call__(
        self,
        table: Any,
        conditions: Iterable[ColumnElement[bool]],
        *,
        led: tuple[Any, Any] | None = None,
    ) -> Select[Any]:
        """Select it. led: see `PageOf.slice_of`."""


class Listing(Protocol):
    """A list, of which rows are led to: `Paged`."""

    @property
    def entity(self) -> type[OfMerchant]:
        """Whose rows are listed."""

    @property
    def matching(self) -> Callable[[Reader, Any, Any], Iterable[ColumnElement[bool]]]:
        """Give the conditions of a filter: of a reader, a table, and what is wanted."""

    def table(self, reader: Reader) -> Any:
        """Return the rows as the reader sees them."""

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of a parent's whole list."""


@dataclass(frozen=True)
class Lead:
    """Fields of a filter that lead to rows, and the column of the index over what they ask for.

    names: whether it names values of the column: one, or several (is_list). It bounds the column
    otherwise, or asks for rows that have an index of their own. goes_on: whether the index has the
    rows of each value in the order of the list.
    """

    fields: Sequence[str]
    column: str
    names: bool = False
    is_list: bool = False
    goes_on: bool = False

    def values(self, kind: Any, wanted: Any, reader: Reader) -> FromClause:
        """Return a table of the values that are wanted. kind: the type of the column."""
        del reader
        value = getattr(wanted, self.fields[0])
        if not self.is_list:
            value = array([type_coerce(value, kind)])
        listed = type_coerce(list(value) if isinstance(value, tuple) else value, ARRAY(kind))
        return func.unnest(listed).table_valued(column("value", kind), name="led").render_derived()


@dataclass(frozen=True)
class _Above(Lead):
    """Leads who does not see all to what it sees: by what is above that, of which it sees little.

    column: names what is above. above: the name of its class.
    """

    above: str = ""

    def values(self, kind: Any, wanted: Any, reader: Reader) -> FromClause:
        """Return a table of the ids of all that is seen there."""
        del kind, wanted
        above = reader.table(entity_named(self.above))
        seen = select(above.id.label("value")).where(*seen_by(reader.viewer, above))
        return seen.correlate_except(above).subquery("led")


@dataclass(frozen=True)
class Leads:
    """What may lead to the rows of a list.

    columns: field of the filter -> the one column that it compares. among: field -> the rows that
    it asks for where it is true, as their indexes say it. above: the column that names what rows
    are seen through, and the name of its class, where who does not see all sees little of it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    among: Mapping[str, str] = field(default_factory=dict)
    above: tuple[str, str] | None = None

    def of_seen(self) -> Sequence[Lead]:
        """Return what leads who does not see all to what it sees."""
        if self.above is None:
            return ()
        column, name = self.above
        return (_Above((), column, names=True, goes_on=True, above=name),)

    def of(
        self, entity: type[OfMerchant], wanted: Input | None, sort: str, parent: str | None
    ) -> Sequence[Lead]:
        """Return what leads to the rows of a filter.

        None where the list itself does, or something narrower. sort: the column that it goes by.
        parent: the column that names whose list it is, None for a root list.
        """
        fields = {} if wanted is None else {name: it for name, it in wanted if it is not None}
        few = [name for name in fields if name in self.among and fields[name]]
        if not fields or not fields.keys() <= {*self.columns, *few}:
            return ()
        leads = []
        for name in few:
            ways = [way[0] for way in _ways(entity, self.among[name])]
            if sort in ways:
                return ()
            leads.append(Lead((name,), ways[0]))
        own, bounds = [] if parent is None else [parent], dict[str, list[str]]()
        for name, value in fields.items():
            column = self.columns.get(name, sort)
            if column != sort and name.endswith(_BOUNDS):
                bounds.setdefault(column, []).append(name)
            elif column != sort:
                goes_on = _is_led([*own, column, sort], _ways(entity, "", f"{column} IS NOT NULL"))
                leads.append(Lead((name,), column, True, isinstance(value, tuple), goes_on))  # noqa: FBT003 -- names.
        return [*leads, *(Lead(names, column) for column, names in bounds.items())]


NO_LEADS = Leads()


def _ways(entity: type[OfMerchant], *among: str) -> list[list[str]]:
    """Return the columns of each index over some rows, but for the merchant. among: "" for all."""
    found = []
    for each in entity.__table__.indexes:  # type: ignore[attr-defined]
        where = each.dialect_options["postgresql"]["where"]
        if ("" if where is None else str(where)) in among:
            found.append([it.name for it in each.columns][1:])
    return found


def _is_led(first: list[str], ways: list[list[str]]) -> bool:
    """Tell whether an index has some columns before all others."""
    return any(way[: len(first)] == first for way in ways)


@dataclass(frozen=True)
class Led:
    """The rows of a filter by what leads to them.

    wanted: the filter; its values may be bound. key: of whose list it is, whatever for a root list.
    """

    paged: Listing
    leads: Sequence[Lead]
    reader: Reader
    wanted: Any
    key: Any

    def of_page(self, slice_of: Slicing) -> ColumnElement[Any]:
        """Return the ids of rows among which those of a page are, as an array.

        slice_of: selects the page of rows that fulfil conditions.
        """
        best = next((it for it in self.leads if it.goes_on), None)
        page = self._through(slice_of) if best is None else self._of_values(best, slice_of)
        gathered = [self._gathered(it) for it in self.leads if it is not best]
        return case(*gathered, else_=_listed(page)) if gathered else _listed(page)

    def some(self, most: ColumnElement[int]) -> Select[Any]:
        """Select ids of rows that match, no more than some."""
        return self._some(self.leads[0], most, self.wanted)

    def _gathered(self, lead: Lead) -> tuple[ColumnElement[bool], ColumnElement[Any]]:
        """Return whether few rows have what a lead asks for, and the ids of these."""
        some = self._some(lead, _MOST).subquery()
        few = select(func.count() < _MOST).select_from(some).scalar_subquery()
        return few, _listed(select(some.c.id))

    def _row(self) -> tuple[Any, list[ColumnElement[bool]]]:
        """Return a table, and the conditions under which its rows are seen in this list."""
        row = self.paged.table(self.reader)
        return row, self.paged.whole(self.reader, row, self.key)

    def _matching(self, row: Any, wanted: Any) -> Iterable[ColumnElement[bool]]:
        return self.paged.matching(self.reader, row, wanted)

    def _through(self, slice_of: Slicing) -> Select[Any]:
        """Select the ids of a page by going through the list: but for OFFSET, by any other way."""
        row, own = self._row()
        every = slice_of(row, own).add_columns(*inspect(row).selectable.c)
        each = read_again(self.paged.entity, every.limit(None).offset(literal_column("0")))
        return slice_of(each, self._matching(each, self.wanted)).add_columns(each.id)

    def _some(self, lead: Lead, most: ColumnElement[int], wanted: Any = None) -> Select[Any]:
        """Select ids of some rows that a filter asks for, without one of what a lead asks for."""
        if lead.names:
            return self._of_values(lead, None, most, wanted).limit(most)
        others = {name: None for name, _ in self.wanted if name not in lead.fields}
        row, own = self._row()
        own += self._matching(row, wanted or self.wanted.model_copy(update=others))
        rows = select(row.id).where(*own).order_by(getattr(row, lead.column))
        return rows.limit(most).correlate_except(row)

    def _of_values(
        self,
        lead: Lead,
        slice_of: Slicing | None,
        most: ColumnElement[int] = _MOST,
        wanted: Any = None,
    ) -> Select[Any]:
        """Select the ids of a page of each value, or of some rows of each."""
        row, own = self._row()
        compared = getattr(row, lead.column)
        values = lead.values(compared.type, self.wanted, self.reader)
        value = values.c.value
        own += [compared >= value, compared <= value]
        if self.wanted is not None and (slice_of or wanted):
            others = dict.fromkeys(lead.fields)
            own += self._matching(row, self.wanted.model_copy(update=others))
        if slice_of:
            found = slice_of(row, own, led=(compared, value))
        else:
            found = select().where(*own).order_by(compared).limit(most).correlate_except(row)
        each = found.add_columns(row.id).lateral()
        return select(each.c.id).select_from(values).join(each, true())


def _listed(ids: Select[Any]) -> ColumnElement[Any]:
    return func.array(ids.scalar_subquery())
