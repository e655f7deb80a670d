"""Search: one text over all tables that say by what they are looked for, in one statement.

Each column is a range or a key of an index of its own, of which as many rows are read as are
wanted. Of what is found, those of exactly this number are taken, then the best of each type, the
second best of each, and so on, so that no type keeps another out. What is called so comes first,
then what begins so, then what contains it.
"""

from collections import namedtuple
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    case,
    column,
    func,
    select,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from kit.errors import Code
from kit.inputs import Input, TextLine
from kit.standards.unicode import without_accents
from loaders.reading.filters import begins, contains
from loaders.reading.relations import Bind, Part, Reader, Relation, literals
from models.base.tables import OfMerchant, as_folded, fixed, searched
from models.base.visibility import seen_by

_LEAST, _MOST = 2, 50
NUMBERED, CALLED, BEGINS, CONTAINS = range(4)
"""How well a text fits: it is the number, or the name; either begins so; the name contains it."""
SearchType = StrEnum(  # type: ignore[misc] # Tables say themselves what is found in them.
    "SearchType", {name.upper(): name for name in sorted({name for name, _ in searched().values()})}
)


def _long_enough(text: str) -> str:
    if len(without_accents(text).strip()) < _LEAST:
        message = {"text": f"Give at least {_LEAST} characters."}
        raise PydanticCustomError(Code.INVALID.value, "{text}", message)
    return text


class SearchWanted(Input):
    """What is looked for."""

    text: Annotated[TextLine, AfterValidator(_long_enough)] = Field(
        description=f"What it is called, or how that begins: {_LEAST} characters or more, capitals"
        " and accents aside."
    )
    types: tuple[SearchType, ...] | None = Field(None, description="Only objects of these types.")
    first: int = Field(ge=1, le=_MOST, description=f"How many objects, 1 to {_MOST}.")


@dataclass(frozen=True, eq=False)
class Hits(Relation):
    """The one key of a list without parent -> type and id of what is found, best first.

    relations: type name -> the relation that reads its rows.
    """

    wanted: SearchWanted
    relations: Mapping[str, Relation]
    source = SimpleNamespace(type_name=column("type_name", Text()), key=column("key", Uuid()))
    record = namedtuple("record", ("type_name", "key"))  # noqa: PYI024 -- as all records.
    many, lasting, typical = True, False, _MOST

    @property
    def form(self) -> Hashable:
        """Return what shapes the SQL."""
        return tuple(self.relations)

    @property
    def values(self) -> Mapping[str, Any]:
        """Return what fills it."""
        return {"text": self.wanted.text, "size": self.wanted.first}

    def keys(self, reader: Reader, bind: Bind) -> Part:
        """Return the table of types and keys, and the select of its rows without columns yet."""
        text, size = bind("text", Text()), bind("size", Integer())
        parts = [
            rows.add_columns(fixed(name, Text()).label("type_name"), fixed(place).label("place"))
            .order_by(*order)
            .limit(size)
            .subquery()
            for place, (entity, (name, key)) in enumerate(searched().items())
            if name in self.relations
            for rows, order in _parts(reader, entity, key, text)
        ]
        every = union_all(*(select(part) for part in parts)).subquery()
        best = _fairly(every.c, size).subquery("found")
        order = (best.c.rank, best.c.place, best.c.value, best.c.key)
        return best.c, select().select_from(best).order_by(*order)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the same with its values."""
        del key
        return self.keys(reader, literals(self.values))


def _fairly(every: ReadOnlyColumnCollection[str, Any], size: Any) -> Select[Any]:
    """Select each row once: those of exactly this number, then a share for each type in turn."""
    best = [func.min(every[it]).label(it) for it in ("rank", "place", "value")]
    each = select(every.type_name, every.key, *best).group_by(every.type_name, every.key).subquery()
    rows = each.c
    within = func.row_number().over(
        partition_by=rows.type_name, order_by=(rows.rank, rows.place, rows.value, rows.key)
    )
    chosen = (rows.rank > fixed(NUMBERED), within, rows.rank, rows.place)
    return select(each).order_by(*chosen).limit(size)


def _parts(
    reader: Reader, entity: type[OfMerchant], key: str, text: Any
) -> Iterator[tuple[Select[Any], tuple[Any, ...]]]:
    """Yield what each index of a table finds: key, rank and value of rows; and its own order."""
    by = entity.__searched__
    if by is None:
        return

    def rows(condition: Any, rank: Any, value: Any, row: Any) -> Select[Any]:
        may = fixed(by.scope) == any_(reader.scopes)
        found = (getattr(row, key).label("key"), rank.label("rank"), value.label("value"))
        return select(*found).where(may, condition, *seen_by(reader.viewer, row))

    ways: tuple[tuple[Sequence[str], Callable[[Any, Any], Any], int, int], ...] = (
        (by.numbers, begins, NUMBERED, BEGINS),
        (by.names, begins, CALLED, BEGINS),
        (by.contains, contains, CALLED, CONTAINS),
    )
    for names, compare, exactly, otherwise in ways:
        for name in names:
            row = reader.table(entity)
            value = getattr(row, f"{name}_folded")
            rank = case((value == as_folded(text), fixed(exactly)), else_=fixed(otherwise))
            yield rows(compare(value, text), rank, value, row), (value, row.id)
    row = reader.table(entity)
    for condition in by.is_it(row, text):
        yield rows(condition, fixed(NUMBERED), fixed("", Text()), row), (row.id,)
