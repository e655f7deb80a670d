"""Rows as they leave the database by an operator's hand: without secrets."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Table, Text, func, literal

from models.base.tables import secret_columns


def without_secrets(table: Table, columns: Collection[str] | None = None) -> ColumnElement[Any]:
    """Return a row of a table as a JSON object: column -> value, but for what is a secret.

    columns: which of them alone; None for all.
    """
    others = () if columns is None else (it.name for it in table.c if it.name not in columns)
    hidden = [*secret_columns(table), *others]
    row = func.to_jsonb(table.table_valued())
    return row.op("-")(literal(hidden, ARRAY(Text)))
