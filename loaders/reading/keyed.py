"""Several rows that arguments name, of any types, for a larger statement."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Select, Text, Uuid, column, func, select

from loaders.reading.relations import Bind, Reader, Relation, RowOf


@dataclass(frozen=True)
class KeyedList:
    """The rows of a list of names, None where a name is none."""

    named: Sequence[RowOf | None]

    @property
    def relations(self) -> Mapping[str | None, Relation]:
        """Return the name of each type that is named -> the relation that reads one row of it."""
        some = {it.type_name: it.relation for it in self.named if it is not None}
        return {name: some[name] for name in sorted(some, key=str)}

    @property
    def form(self) -> Hashable:
        """Return what shapes the SQL."""
        return tuple(self.relations)

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the types and the keys, in the order of the names."""
        return {
            "types": [None if it is None else it.type_name for it in self.named],
            "keys": [None if it is None else it.key for it in self.named],
        }

    @staticmethod
    def keys(reader: Reader, bind: Bind) -> tuple[Any, Select[Any]]:
        """Return the table of types and keys, and the select of its rows without columns yet."""
        del reader
        listed = func.unnest(bind("types", ARRAY(Text())), bind("keys", ARRAY(Uuid())))
        columns = column("type_name", Text()), column("key", Uuid())
        table = listed.table_valued(*columns, with_ordinality="place", name="named")
        named = table.render_derived()
        return named.c, select().select_from(named).order_by(named.c.place)
