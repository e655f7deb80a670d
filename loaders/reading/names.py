"""Rows by what others call them: an id, or a business key."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement


def is_called(text: str, by_id: Any, by_key: Any) -> ColumnElement[bool]:
    """Compare with the id where the text has the form of one, else with the business key."""
    try:
        value = UUID(text)
    except ValueError:
        return by_key == text  # type: ignore[no-any-return]
    # Python reads 32 bare digits too, which are as likely somebody's number.
    return by_id == value if str(value) == text.lower() else by_key == text  # type: ignore[no-any-return]
