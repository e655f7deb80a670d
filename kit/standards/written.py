"""Numbers, days and instants as their contracts write them, not all that Python can read."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, Text, func, literal_column

UNESCAPED = "^[._-]*[A-Za-z0-9][A-Za-z0-9._-]*$"
"""A text that means itself wherever it stands in an address: nothing to escape, not dots alone."""
_LONGEST = 64
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""Digits and a point, without exponent; zeros may stand before it."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,30})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
"""As RFC 3339 writes it, without leap seconds; parts finer than microseconds are cut off."""


def number(text: str) -> Decimal:
    """Read an exact number. ValueError: it is not written so."""
    if len(text) <= _LONGEST and _NUMBER.fullmatch(text):
        try:
            return Decimal(text)
        except InvalidOperation:
            pass
    message = (
        'A Decimal is written as a string of digits, with a point before its decimals: "12.5".'
    )
    raise ValueError(message)


def instant(text: str) -> datetime:
    """Read an instant as RFC 3339 writes it; its letters may be small ones (section 5.6).

    ValueError: it is not written so.
    """
    if _INSTANT.fullmatch(text.upper()):
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError:
            pass
    message = 'A DateTime is written as in RFC 3339, for example "2026-03-02T09:00:00Z".'
    if is_local(text):
        message = (
            f'A DateTime is written with its offset: "{text}Z" for UTC, "{text}+01:00" where the'
            " clocks are an hour ahead of that."
        )
    raise ValueError(message)


def is_local(text: object) -> bool:
    """Tell whether it is an instant but for its offset."""
    return isinstance(text, str) and _INSTANT.fullmatch(f"{text.upper()}Z") is not None


def clock_time(text: str) -> datetime:
    """Read a day and a time of it without an offset. ValueError: it is not written so."""
    if _INSTANT.fullmatch(f"{text}Z"):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    message = 'A local time is written as in RFC 3339 without an offset: "2026-03-02T09:00:00".'
    raise ValueError(message)


def day(text: str) -> date:
    """Read a day as RFC 3339 writes it. ValueError: it is not written so."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    message = 'A Date is written as in RFC 3339, for example "2026-03-02".'
    raise ValueError(message)


_SPELLED = r"^(?:\W|_)*{}?(?:\W|_)*([0-9]+)(?:\W|_)*$"
_DIGITS = 6


def document_number(prefix: str, value: int) -> str:
    """Return the number of a document, for example O-000042."""
    return f"{prefix}-{value:0{_DIGITS}}"


def spelled_number(prefix: str, text: str) -> str | None:
    """Return the document number that a text spells: D-000013 for d13 or 00000013; None for none.

    Case does not count, nor do blanks, punctuation and zeros around the digits; between digits they
    do: D-000013/1 is a part of something.
    """
    spelled = re.fullmatch(_SPELLED.format(prefix), text, re.IGNORECASE)
    return None if spelled is None else document_number(prefix, int(spelled[1]))


def is_spelled(column: Any, prefix: str, text: Any) -> ColumnElement[bool]:
    """Tell in SQL whether a column has the document number that a parameter spells."""
    words = f"(?i){_SPELLED.format(prefix)}", "0", f"{prefix}-"
    pattern, zero, begins = (literal_column(f"'{it}'", Text()) for it in words)
    digits = func.ltrim(func.substring(text, pattern), zero, type_=Text())
    length = func.greatest(func.length(digits), literal_column(str(_DIGITS)))
    is_it: ColumnElement[bool] = column == begins + func.lpad(digits, length, zero, type_=Text())
    return is_it
