"""Fields that are declared for all parents of a level at once.

A declaration is data: what it leads to and how SQL writes it. Strawberry's own executor serves
it through the operation's dataloaders, the planner makes it part of one statement.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

import strawberry

DECLARED = "declared"
"""The key under which a field's metadata holds one of the declarations below."""


class Operation(Protocol):
    """What an operation's context must offer: dataloaders."""

    def load(self, relation: Any, key: Any) -> Awaitable[Any]:
        """Ask a relation's dataloader for one key."""


@dataclass(frozen=True)
class Related:
    """A field that is a relation from one attribute of its parent.

    attribute: of the related record, where the field is only that.
    default: the answer where the parent's key is null or has no related record.
    each: the parent's attribute is a list of keys, and the field the list of what they lead to.
    """

    relation: Any
    key: str
    attribute: str | None = None
    default: Any = None
    each: bool = False


@dataclass(frozen=True)
class Chosen:
    """A field whose arguments choose what is read (`execution.relations.Choice`).

    choose: coerced arguments -> the choice; may raise what the field's resolver raises.
    source: the row source that is chosen, to learn its SQL types from; of a field of abstract
    type: a type's name -> the relation that leads to it, `choice.type_name` then tells which.
    key: the parent's attribute that the choice hangs on, None at the root; and its SQL type.
    paged: the choice is a page, and the field's type a connection.
    made: (choice, key, what was read) -> the field's value, where it is more than what was read.
    granted: (choice, what its operation runs with) -> what of it the asking one may read.
    """

    choose: Callable[[Mapping[str, Any]], Any]
    source: Any
    key: str | None = None
    key_type: Any = None
    paged: bool = False
    made: Callable[[Any, Any, Any], Any] | None = None
    granted: Callable[[Any, Any], Any] | None = None


@dataclass(frozen=True)
class WholeField:
    """A field of a connection about its whole list, whatever page is asked.

    of: the page's choice -> what reads it (`execution.relations.Whole`).
    source: the row source that it leads to, to learn the SQL types from.
    attribute: of the record, where the field is only that.
    """

    of: Callable[[Any], Any]
    source: Any
    attribute: str | None = None


@dataclass(frozen=True)
class Parts:
    """A field that is an object made of its parent's columns.

    parts: the object's attribute -> (parent's row) -> SQL expression.
    present: (parent's row) -> whether there is an object at all, None where there always is.
    """

    parts: Mapping[str, Callable[[Any], Any]]
    present: Callable[[Any], Any]

    def source(self, row: Any) -> SimpleNamespace:
        """Return what the object's own fields are read from."""
        return SimpleNamespace(**{name: part(row) for name, part in self.parts.items()})


@dataclass(frozen=True)
class Column:
    """A field that is an attribute of its parent's row under another name."""

    name: str


@dataclass(frozen=True)
class Written:
    """A leaf made of its row and the name of its type: its JSON text in SQL, its value."""

    text: Callable[[Any, str], Any]
    value: Callable[[Any, str], Any]


@dataclass(frozen=True)
class Listed:
    """A list that code makes of its parent's row, and SQL too (`execution.relations.Nested`)."""

    inside: Any


@dataclass(frozen=True)
class Worded:
    """A text that code makes, once the statement has answered, of values that SQL writes as JSON.

    choose: coerced arguments -> the choice, of which only the values are read.
    values: (reader, row, bind) -> the texts of the values; none is NULL.
    words: (what the operation runs with, the values) -> the text.
    """

    choose: Callable[[Mapping[str, Any]], Any]
    values: Callable[[Any, Any, Any], Sequence[Any]]
    words: Callable[[Any, Sequence[Any]], str]
    granted: None = None


@dataclass(frozen=True)
class Kinds:
    """Rows of one source that are of several types: `kinds` of the class of their interface.

    column: the attribute that tells which. types: its value -> the type's name.
    source: a row -> what the fields of the types are read from.
    """

    column: str
    types: Mapping[str, str]
    source: Callable[[Any], Any]


def related(
    relation: Any,
    description: str,
    *,
    key: str = "id",
    attribute: str | None = None,
    default: Any = None,
    directives: Sequence[object] = (),
) -> Any:
    """Declare a field that is a relation; the class annotation gives its type.

    default: the answer where the parent's key is null or has no related record.
    """
    declared = Related(relation, key, attribute, default)

    def resolve(root: Any, info: strawberry.Info[Any, Any]) -> Any:
        value = getattr(root, key)
        if value is None:
            return default
        loaded = info.context.load(relation, value)
        return loaded if attribute is None else _attribute(loaded, attribute, default)

    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=directives,
        metadata={DECLARED: declared},
    )


def deprecated(field: Any, instead: str) -> Any:
    """Let a field that was declared say what clients shall use instead."""
    field.deprecation_reason = instead
    return field


def column(name: str, description: str) -> Any:
    """Declare a field that is an attribute of its parent; the class annotation gives its type."""

    def resolve(root: Any) -> Any:
        return getattr(root, name)

    return strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: Column(name)}
    )


def column_of(field: Any) -> str | None:
    """Return the attribute of the parent that a Strawberry field is, None if it is more."""
    declared = field.metadata.get(DECLARED)
    if isinstance(declared, Column):
        return declared.name
    return field.python_name if field.is_basic_field else None


def each_related(relation: Any, description: str, *, key: str) -> Any:
    """Declare a field that follows a relation from each of a list of keys; null without a list."""

    def resolve(root: Any, info: strawberry.Info[Any, Any]) -> Any:
        keys = getattr(root, key)
        return None if keys is None else gather(*(info.context.load(relation, it) for it in keys))

    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={DECLARED: Related(relation, key, each=True)},
    )


async def _attribute(loaded: Awaitable[Any], name: str, default: Any) -> Any:
    row = await loaded
    return default if row is None else getattr(row, name)
