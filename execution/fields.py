"""Fields that are declared for all parents of a level at once."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import strawberry
from aiodataloader import DataLoader

DECLARED = "declared"
"""The key under which a field's metadata holds its Related or Batched declaration."""


class Operation(Protocol):
    """What an operation's context must offer: dataloaders, and a place to keep batches."""

    batches: dict[Any, DataLoader[Any, Any]]

    def load(self, relation: Any, key: Any) -> Awaitable[Any]:
        """Ask a relation's dataloader for one key."""


@dataclass(frozen=True)
class Related:
    """A field that is a relation from one attribute of its parent.

    attribute: of the related record, where the field is only that. each: the parent's attribute
    is a list of keys, and the field the list of what they lead to.
    """

    relation: Any
    key: str
    attribute: str | None = None
    each: bool = False


@dataclass(frozen=True)
class Batched:
    """A field whose resolver takes all parents of a level and gives one result for each.

    resolve: (parents, info, **arguments) -> results, matched by position.
    """

    resolve: Callable[..., Awaitable[Sequence[Any]]]
    arguments: Mapping[str, Any] = field(default_factory=dict)


def related(
    relation: Any,
    description: str,
    *,
    key: str = "id",
    attribute: str | None = None,
    default: Any = None,
) -> Any:
    """Declare a field that is a relation; the class annotation gives its type.

    default: the answer where the parent's key is null or has no related record.
    """
    declared = Related(relation, key, attribute)

    def resolve(root: Any, info: strawberry.Info[Any, Any]) -> Any:
        value = getattr(root, key)
        if value is None:
            return default
        loaded = info.context.load(relation, value)
        return loaded if attribute is None else _attribute(loaded, attribute, default)

    return strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: declared}
    )


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


def batched(resolve: Callable[..., Awaitable[Sequence[Any]]], description: str) -> Any:
    """Declare a field whose resolver takes all parents of a level: (parents, info) -> results."""
    declared = Batched(resolve)

    def one(root: Any, info: strawberry.Info[Any, Any]) -> Any:
        batches = info.context.batches
        loader = batches.get(declared.resolve)
        if loader is None:

            async def load(parents: list[Any]) -> list[Any]:
                return list(await resolve(parents, info))

            loader = batches[declared.resolve] = DataLoader(load, get_cache_key=id)
        return loader.load(root)

    return strawberry.field(resolver=one, description=description, metadata={DECLARED: declared})
