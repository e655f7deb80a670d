"""Lists that rows keep as JSON."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from loaders.reading.relations import Nested, Part, Reader


def listed_in(name: str, read: Callable[[Any], SimpleNamespace]) -> Nested:
    """Declare the objects of a row's JSON column. read: SQL of one of them -> its parts."""

    def part(_reader: Reader, row: Any) -> Part:
        kept = func.jsonb_array_elements(getattr(row, name))
        each = kept.table_valued(column("value", JSONB), with_ordinality="place").render_derived()
        rows = select().select_from(each).order_by(each.c.place)
        return read(each.c.value), rows.correlate_except(each)

    return Nested(read(column("value", JSONB)), part)
