"""Relay connections over paged relations: keyset cursors, nodes beside edges, counts when asked."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type
from sqlalchemy import Uuid
from strawberry import Info

from admission.costs import Cost
from execution.fields import DECLARED, Chosen, WholeField
from kit.inputs import Input
from loaders.reading import cursors as pages
from loaders.reading.filters import Spread
from loaders.reading.pages import ROOT, Paged, PageOf
from loaders.reading.relations import Relation
from loaders.reading.wholes import MOST_COUNTED, CountOf
from schema.graphql.inputs import arguments_of, input_type
from schema.graphql.scopes import Authenticated

Item = TypeVar("Item")

_FIRST = "The first n rows (0 to 250); give either this or `last`."
_AFTER = "Only rows after this cursor."
_LAST = "The last n rows (0 to 250); give either this or `first`."
_BEFORE = "Only rows before this cursor."
_FILTER = "Only rows that match all that is given."
_SORT = "Order of the rows."


@dataclass(frozen=True)
class Connected:
    """A page that was read: the parent value of a connection's fields."""

    relation: PageOf
    parent_key: Any
    page: pages.Page

    @property
    def nodes(self) -> Any:
        """The page's rows."""
        return self.page.rows

    @property
    def edges(self) -> list["Edged"]:
        """The page's rows with their cursors."""
        return [Edged(self.relation, self.parent_key, row) for row in self.page.rows]


@dataclass(frozen=True)
class Edged:
    """A row of a page: the parent value of an edge's fields."""

    relation: PageOf
    parent_key: Any
    node: Any


@strawberry.type(description="What lies around a page.", directives=[Authenticated()])
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Rows follow after this page.")
    has_previous_page: bool = strawberry.field(description="Rows lie before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last row. Null where the page has none: who reads on keeps"
        " the one before."
    )


def _cursor(of: Connected | Edged, row: Any) -> str:
    return pages.cursor(of.relation.tag_below(of.parent_key), of.relation.sort_values(row))


def _page_info(root: Any) -> PageInfo:
    rows, page = root.page.rows, root.page
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=_cursor(root, rows[0]) if rows else None,
        end_cursor=_cursor(root, rows[-1]) if rows else None,
    )


@strawberry.type(description="A row with its cursor.")
class Edge(Generic[Item]):
    """Relay's edge."""

    node: Item = strawberry.field(description="The row.")

    @strawberry.field(description="Where the row stands; for `after` and `before`.")
    def cursor(self: Any) -> str:
        """Write the row's sort values."""
        return _cursor(self, self.node)


def whole(
    of: Callable[[PageOf], Relation],
    source: Any,
    description: str,
    *,
    cost: Cost,
    attribute: str | None = None,
) -> Any:
    """Declare a field of a connection about its whole list; the class annotation gives its type.

    of: the page -> the relation that reads it. source, attribute: see `execution.Whole`. cost:
    since it reads all rows of the list, not only those of a page.
    """

    async def resolve(root: Any, info: Info) -> Any:
        found = await info.context.load(of(root.relation), root.parent_key)
        return found if attribute is None else getattr(found, attribute)

    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=[cost],
        metadata={DECLARED: WholeField(of, source, attribute)},
    )


def _counted(attribute: str, description: str) -> Any:
    return whole(
        lambda page: CountOf(page.paged, page.filter_by),
        CountOf.source,
        description,
        cost=Cost(weight=4, each=100),
        attribute=attribute,
    )


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    """Relay's connection."""

    nodes: list[Item] = strawberry.field(description="The rows of the page.")
    edges: list[Edge[Item]] = strawberry.field(description="The rows with their cursors.")

    page_info: PageInfo = strawberry.field(
        resolver=_page_info, description="What lies around the page."
    )
    total_count: int = _counted(
        "rows",
        f"Rows of the whole list; counted only when asked, and up to {MOST_COUNTED:,}:"
        " `isTotalCountExact` tells whether there are more.",
    )
    is_total_count_exact: bool = _counted(
        "is_exact", "Whether the whole list has `totalCount` rows; false where it has more."
    )


def _argument(name: str, annotation: Any, description: str) -> Parameter:
    described = Annotated[annotation, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=strawberry.UNSET, annotation=described)


def _signature(filters: type[Input] | None, sorts: Any) -> Signature:
    parameters = [
        Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
        Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
        _argument("first", int | None, _FIRST),
        _argument("after", str | None, _AFTER),
        _argument("last", int | None, _LAST),
        _argument("before", str | None, _BEFORE),
    ]
    if filters is not None and issubclass(filters, Spread):
        parameters += arguments_of(filters)
    elif filters is not None:
        parameters.append(_argument("filter", input_type(filters) | None, _FILTER))
    if sorts is not None:
        parameters.append(_argument("sort", sorts | None, _SORT))
    return Signature(parameters)


def connection(
    paged: Paged,
    description: str,
    *,
    key: str | None = "id",
    filters: type[Input] | None = None,
    sorts: Any = None,
    cost: Cost | None = None,
) -> Any:
    """Declare a connection field; the class annotation gives its type.

    key: the parent's attribute that the list hangs on, None for a root list. cost: where it is not
    that of the rule.
    """

    def choose(arguments: Mapping[str, Any]) -> PageOf:
        values = {name: it for name, it in arguments.items() if it is not strawberry.UNSET}
        args = pages.page_args(*map(values.get, ("first", "after", "last", "before")))
        filter_by: Input | None = None
        if filters and issubclass(filters, Spread):
            filter_by = filters.read(
                {it: values[it] for it in filters.model_fields if it in values}
            )
        elif filters and values.get("filter"):
            filter_by = filters.read(values["filter"], ("filter",))
        return paged.page(args, filter_by, values.get("sort"))

    def resolve(root: Any, info: Info, **arguments: Any) -> Awaitable[Connected]:
        return _connected(info, choose(arguments), ROOT if key is None else getattr(root, key))

    resolve.__signature__ = _signature(filters, sorts)  # type: ignore[attr-defined]
    resolve.__annotations__ = {
        name: each.annotation
        for name, each in resolve.__signature__.parameters.items()  # type: ignore[attr-defined]
    }
    declared = Chosen(choose, paged.entity, key, Uuid(), paged=True, made=Connected)
    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=[] if cost is None else [cost],
        metadata={DECLARED: declared},
    )


async def _connected(info: Info, relation: PageOf, parent_key: Any) -> Connected:
    relation.check(parent_key)
    return Connected(relation, parent_key, await info.context.load(relation, parent_key))


def declare_pages(types: Iterable[GraphQLNamedType]) -> None:
    """Give every page and edge the scope of its rows, which a generic type cannot know."""
    for kind in types:
        origin = getattr(kind.extensions.get("strawberry-definition"), "origin", None)
        if isinstance(kind, GraphQLObjectType) and origin and issubclass(origin, Connection | Edge):
            rows = kind.fields.get("nodes") or kind.fields["node"]
            shown = get_named_type(rows.type).extensions["strawberry-definition"].directives
            kind.extensions["strawberry-definition"].directives = shown
