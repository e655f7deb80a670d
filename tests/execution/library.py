"""A small schema of its own: shelves and books, with everything that can go wrong."""

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AsyncExitStack
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any

import strawberry
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.extensions import ParserCache, ValidationCache

from execution.fields import DECLARED, Chosen, Parts, each_related, related
from execution.mixed import Mixed
from execution.planned import Planned
from execution.plans import Planner
from execution.texts import BUILT_IN
from kit.db.reads import Unwritten
from kit.limits import DEFAULT_LIMITS
from kit.loop.work import Slices, Work
from tests.execution.shelves import (
    BOOK,
    BOOKS_OF,
    BY_ID,
    EVERY,
    SHELF,
    SHELF_BY_ID,
    SHELVES,
    SUMS,
    Named,
    Rows,
    Several,
    Size,
)


class Context:
    """What the executors need. faults: (field, id) of the resolvers that raise."""

    reader = general = None
    audience, payer, limits, entries = "anybody", ("anybody",), DEFAULT_LIMITS, 0
    following_plan = subscribed = None
    named: Mapping[str, Any] = {}

    def __init__(self, connection: AsyncConnection, *, plans: bool, faults: Any = ()) -> None:
        self.connection, self.plans, self.faults = connection, plans, faults
        self.work, self.held = Work(self.limits, Slices()), AsyncExitStack()

    def planned(self, length: int, what: Hashable = None) -> None:
        assert length, what

    async def texts(
        self, statement: str, values: Sequence[Any], *, lasts: bool = False
    ) -> Sequence[Any]:
        del lasts
        try:
            return (await self.connection.exec_driver_sql(statement, tuple(values))).all()
        except DBAPIError as error:
            raise Unwritten from error

    async def load(self, relation: Rows, key: Any) -> Any:
        return relation.found(key)

    async def load_level(self, relation: Rows, keys: Sequence[Any]) -> list[Any]:
        return [relation.found(key) for key in keys]

    def fault(self, field: str, row: Any) -> Exception | None:
        return ValueError(f"{field} of {row.id}") if (field, row.id) in self.faults else None


Info = strawberry.Info[Any, Any]


@strawberry.interface
class Thing:
    id: int


@strawberry.type
class Book(Thing):
    title: str
    pages: int

    @strawberry.field
    async def nearby(
        self: Any, info: Info, reach: int = 1
    ) -> list[Annotated["Book", strawberry.lazy("tests.execution.library")] | None] | None:
        """Give the books whose ids are at most so far away."""
        if fault := info.context.fault("nearby", self):
            raise fault
        return [BOOK.found(self.id + step) for step in range(-reach, reach + 1)]

    @strawberry.field
    async def halves(self: Any, info: Info) -> list[list[int | None]]:
        if fault := info.context.fault("halves", self):
            raise fault
        return [[self.pages // 2, None], []]

    @classmethod
    def is_type_of(cls, row: Any, _info: Any) -> bool:
        return hasattr(row, "pages")


@strawberry.type
class Keeper:
    name: str


Either = strawberry.union("Either")


def _keeper(root: Any) -> Keeper | None:
    return None if root.keeper is None else Keeper(name=root.keeper)


KEEPER = Parts({"name": lambda row: row.keeper}, lambda row: row.keeper.is_not(None))


@strawberry.type
class Shelf(Thing):
    name: str
    keeper_name: str | None = strawberry.field(resolver=lambda root: root.keeper)
    keeper: Keeper | None = strawberry.field(resolver=_keeper, metadata={DECLARED: KEEPER})
    books: list[Book] = related(BOOKS_OF, "Books.")
    some_books: list[Book] | None = related(BOOKS_OF, "Books, or none when one is bad.")
    favourite: Book | None = related(BOOK, "A book.", key="favourite_id")
    must: Book = related(BOOK, "A book that must be there.", key="favourite_id")
    count: int = related(SUMS, "Count.", attribute="count", default=0)
    sizes: list[Size] = related(SUMS, "Sizes.", attribute="sizes", default=())
    no_sizes: list[Size] | None = related(SUMS, "No sizes.", attribute="none")
    least: str | None = related(SUMS, "Least title.", attribute="least", default="none")

    @strawberry.field
    def boom(self: Any, info: Info) -> str | None:
        if fault := info.context.fault("boom", self):
            raise fault
        return str(self.name)

    @strawberry.field
    async def must_boom(self: Any, info: Info, times: int = 2) -> str:
        if fault := info.context.fault("must_boom", self):
            raise fault
        return str(self.name) * times

    @classmethod
    def is_type_of(cls, row: Any, _info: Any) -> bool:
        return hasattr(row, "keeper")


@strawberry.type
class Outcome:
    """What a mutation gives: keys, some of which lead nowhere."""

    shelves: list[Shelf | None] | None = each_related(SHELF_BY_ID, "Shelves.", key="shelf_ids")
    books: list[Book] | None = each_related(BOOK, "Books.", key="book_ids")
    must: list[Book] = each_related(BOOK, "Books that must be there.", key="book_ids")
    shelf: Shelf | None = related(SHELF_BY_ID, "A shelf.", key="shelf_id")


@strawberry.input
class Keys:
    """What a mutation is to give."""

    shelf_ids: list[int] | None = None
    book_ids: list[int] | None = None
    shelf_id: int | None = None


def _done(keys: Keys) -> list[Outcome]:
    """Give the outcome, and another one of the other way round."""
    back = SimpleNamespace(shelf_ids=keys.book_ids, book_ids=keys.shelf_ids, shelf_id=keys.shelf_id)
    return [keys, back]  # type: ignore[list-item]


@strawberry.input(one_of=True)
class Wanted:
    """What to find, by one key."""

    name: str | None = strawberry.UNSET
    id: int | None = strawberry.UNSET


@strawberry.enum
class Sort(Enum):
    UP = "up"
    DOWN = "down"


def _choose(requests: Mapping[str, Any]) -> Named | None:
    if requests["name"] == "refused":
        message = "Refused"
        raise ValueError(message)
    return Named(requests["name"]) if requests["name"] else None


async def _shelf(info: Info, name: str) -> Shelf | None:
    choice = _choose({"name": name})
    return None if choice is None else await info.context.load(SHELF, choice.name)


async def _shelves(info: Info) -> list[Shelf]:
    return [shelf for key in (1, 2, 3) for shelf in await info.context.load(EVERY, key)]


async def _things(info: Info) -> list[Thing | None]:
    return [*(await _shelves(info))[:2], await info.context.load(BOOK, 1), None]


def _found(by: Wanted, sort: Sort = Sort.UP) -> list[Annotated[Shelf | Book, Either] | None]:
    if by.name is strawberry.UNSET:
        rows = [EVERY.found(by.id), [BOOK.found(by.id)]]
        return [row for found in rows[:: 1 if sort is Sort.UP else -1] for row in found]
    return [SHELF.found(by.name)]


def _choose_several(requests: Mapping[str, Any]) -> Several:
    return Several([(name, number % 5) for number, name in enumerate(requests["types"])])


async def _several(info: Info, types: list[str]) -> list[Thing | None]:
    named = _choose_several({"types": types}).named
    return [
        await info.context.load(BY_ID[name], key) if name in BY_ID else None for name, key in named
    ]


@strawberry.type
class Query:
    several: list[Thing | None] = strawberry.field(
        resolver=_several, metadata={DECLARED: Chosen(_choose_several, BY_ID)}
    )
    shelf: Shelf | None = strawberry.field(
        resolver=_shelf, metadata={DECLARED: Chosen(_choose, SimpleNamespace(**SHELVES.c))}
    )
    shelves: list[Shelf] = strawberry.field(resolver=_shelves)
    things: list[Thing | None] = strawberry.field(resolver=_things)
    found: list[Annotated[Shelf | Book, Either] | None] = strawberry.field(resolver=_found)


@strawberry.type
class Mutation:
    first: list[Shelf] = strawberry.mutation(resolver=_shelves)
    second: Shelf | None = strawberry.mutation(resolver=_shelf)
    done: list[Outcome] = strawberry.mutation(resolver=_done)


PLANNER = Planner(BUILT_IN)
SCHEMA = strawberry.Schema(
    Query,
    Mutation,
    types=[Shelf, Book],
    execution_context_class=Mixed,
    extensions=[ParserCache, ValidationCache, lambda: Planned(PLANNER)],
)
