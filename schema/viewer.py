"""Who asks, and any object by its global id."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry

from execution import DECLARED, Chosen, Cost
from kit.errors import Code, Refused
from kit.ids import from_global
from kit.pages import LARGEST_PAGE
from kit.viewer import Actor, Scope
from kit.viewer import Viewer as ViewerValue
from loaders.relations import Keyed, One
from schema.nodes import NODES, Node
from schema.scopes import Authenticated

Info = strawberry.Info[Any, Any]


@strawberry.type(description="The key that asks.", directives=[Authenticated()])
class Viewer:
    """The viewer as clients see it."""

    name: str = strawberry.field(description="Name of the key.")
    actor: Actor = strawberry.field(description="What kind of actor it is.")

    @strawberry.field(description="What the key allows.")
    def scopes(self: Any) -> list[Scope]:
        """List the scopes in their own order."""
        return [scope for scope in Scope if self.may(scope)]


def _named(global_id: str) -> Keyed | None:
    try:
        type_name, key = from_global(global_id)
    except ValueError:
        return None
    relation = NODES.get(type_name)
    return None if relation is None else Keyed(relation, key, type_name)


def _choose(asked: Mapping[str, Any]) -> Keyed | None:
    return _named(asked["id"])


async def _nodes(info: Info, ids: Sequence[str]) -> list[Any]:
    """Read the rows of each type at once; give each id its row."""
    named = [_named(each) for each in ids]
    keys: dict[One, list[Any]] = {}
    for each in filter(None, named):
        keys.setdefault(each.relation, []).append(each.key)
    found = {
        relation: iter(await info.context.load_level(relation, of_type))
        for relation, of_type in keys.items()
    }
    return [None if each is None else next(found[each.relation]) for each in named]


@strawberry.type
class ViewerQuery:
    """Root fields that belong to no noun."""

    @strawberry.field(
        description="The key that asks.", graphql_type=Viewer, directives=[Authenticated()]
    )
    def viewer(self, info: Info) -> ViewerValue:
        """Show the viewer."""
        return info.context.viewer  # type: ignore[no-any-return]

    @strawberry.field(
        description="Any object by its global id.",
        graphql_type=Node | None,
        directives=[Authenticated(), Cost(weight=1)],
        metadata={DECLARED: Chosen(_choose, NODES)},
    )
    def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],  # noqa: A002 -- Relay's name.
    ) -> Any:
        """Read one object."""
        named = _named(id)
        return None if named is None else info.context.load(named.relation, named.key)

    @strawberry.field(
        description="Objects by their global ids, null where there is none.",
        graphql_type=list[Node | None],
        directives=[Authenticated(), Cost(weight=1)],
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Global ids, at most 250.")
        ],
    ) -> Any:
        """Read several objects, one statement for each type."""
        if len(ids) > LARGEST_PAGE:
            raise Refused(Code.TOO_MANY_ITEMS, f"Ask for {LARGEST_PAGE} at most.", ("ids",))
        return await _nodes(info, ids)
