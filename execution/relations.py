"""What the planner asks of declared relations. Nothing here is implemented: they are duck typed."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select
from sqlalchemy.types import TypeEngine

Bind = Callable[[str, TypeEngine[Any]], ColumnElement[Any]]
"""A value's own name, its type -> the parameter that carries it in the statement."""


class Relation(Protocol):
    """From a key to rows.

    source: an object whose attributes are SQL expressions, to learn their types from.
    many: whether a key leads to a list, in the order of the select.
    """

    source: Any
    many: bool
    key_type: TypeEngine[Any]

    def part(self, reader: Any, key: ColumnElement[Any]) -> tuple[Any, Select[Any]]:
        """Return a new row source and the select of one key's rows, without columns yet.

        Every table in it carries who asks. The select may hold one row at most if not `many`.
        """


class Nested(Protocol):
    """What lies inside a parent's row: a list of keys that are followed, a list kept as JSON."""

    source: Any

    def part(self, reader: Any, row: Any) -> tuple[Any, Select[Any]]:
        """Return what a relation's part does, from the parent's row."""


class Choice(Protocol):
    """A relation that arguments chose: `form` shapes SQL, `values` fill it, by their own names."""

    form: Hashable
    values: Mapping[str, Any]


class One(Choice, Protocol):
    """A choice of one row."""

    def row(self, reader: Any, bind: Bind, key: Any) -> tuple[Any, Select[Any]]:
        """Return a new row source and the select of the row.

        key: the parent's, None at the root.
        """


class Page(Choice, Protocol):
    """A choice of one page of a list."""

    backward: bool
    has_before: bool
    has_after: bool

    def rows(self, reader: Any, bind: Bind, key: Any, *, more: bool) -> tuple[Any, Select[Any]]:
        """Return what a page is read of: a row source, and the select of its rows.

        The select has no columns yet.
        """

    def sort_keys(self, row: Any) -> Sequence[Any]:
        """Return what a row's cursor holds."""

    def order_keys(self, row: Any) -> Sequence[Any]:
        """Return by what the rows are sorted, which cursors may not tell."""

    def place(self, keys: Sequence[Any]) -> ColumnElement[int]:
        """Return a row's place in its page. keys: the values by which its rows are sorted."""

    def tagged(self, key: Any) -> ColumnElement[str]:
        """Return what tells the cursors of a parent's list from those of others."""


class Whole(Protocol):
    """What is read of a page's whole list."""

    def whole(self, reader: Any, bind: Bind, key: Any) -> tuple[Any, Select[Any]]:
        """Return a row source, and the select of its one row without columns yet."""


class Several(Choice, Protocol):
    """A choice of rows of several types by their keys. relations: type's name -> what reads one."""

    relations: Mapping[str, Relation]

    def keys(self, reader: Any, bind: Bind) -> tuple[Any, Select[Any]]:
        """Return a source of `type_name` and `key`, and the select of them in order."""
