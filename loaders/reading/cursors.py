"""Keyset pages: arguments, cursors and the page that a loader gives back."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Text, func

from kit.errors import Code, Refused
from kit.limits import LARGEST_PAGE

_LARGEST_INT = 2**63 - 1


@dataclass(frozen=True)
class PageArgs:
    """A checked page request: `size` rows after or before a cursor's values.

    after, before: the tag of a list in an order, a row's sort value and its id.
    backward: the last rows instead of the first (Relay's last/before).
    """

    size: int
    backward: bool = False
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one page in display order, with what lies around them."""

    rows: Sequence[Any]
    has_next: bool
    has_previous: bool


def tag_of(*order: object) -> str:
    """Return the tag of a list's order, by which its cursors are known: 4 bytes of a hash."""
    return hashlib.blake2s(repr(order).encode(), digest_size=4).hexdigest()


MARK = 8
"""Hexadecimal digits of the hash by which cursors know their list's parent."""


def mark_of(parent: UUID) -> str:
    """Return what tells the cursors of a parent's list from those of other parents."""
    return hashlib.sha256(parent.bytes).hexdigest()[:MARK]


def mark_in(parent: ColumnElement[UUID]) -> ColumnElement[str]:
    """Return the same in SQL."""
    digest = func.sha256(func.uuid_send(parent))
    return func.left(func.encode(digest, "hex"), MARK, type_=Text())


def cursor(tag: str, values: Sequence[Any]) -> str:
    """Return the opaque cursor of a row's sort values."""
    return base64.urlsafe_b64encode(orjson.dumps([tag, *values], default=str)).decode()


def no_cursor(name: str) -> Refused:
    """Return the refusal of what is no cursor of a list. name: of the argument."""
    return Refused(Code.INVALID, "This is not a cursor of this list.", (name,))


def _decoded(text: str | None, name: str) -> tuple[Any, ...] | None:
    if text is None:
        return None
    try:
        values = orjson.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        values = None
    match values:
        case [str() as tag, str() | int() as sort, str() as key] if _can_be_stored(sort):
            return (tag, sort, key)
    raise no_cursor(name)


def _can_be_stored(value: str | int) -> bool:
    """Tell whether PostgreSQL has room for the value: no NUL in text, 64 bits in a number."""
    return "\0" not in value if isinstance(value, str) else abs(value) <= _LARGEST_INT


def page_args(
    first: int | None, after: str | None, last: int | None, before: str | None
) -> PageArgs:
    """Check Relay's four arguments. Refused: INVALID or OUT_OF_RANGE, path = the argument."""
    if (first is None) == (last is None):
        raise Refused(Code.INVALID, "Give either `first` or `last`.", ("first",))
    size, name = (first, "first") if first is not None else (last, "last")
    if size is None or not 0 <= size <= LARGEST_PAGE:
        raise Refused(Code.OUT_OF_RANGE, f"A page has 0 to {LARGEST_PAGE} rows.", (name,))
    return PageArgs(size, first is None, _decoded(after, "after"), _decoded(before, "before"))
