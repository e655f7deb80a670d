"""What `availableActions` offers to a client, and what verbs accept from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import update

from commands.writing.transaction import Writing
from commands.writing.verbs import AnyVerb
from kit.errors import Refused
from kit.ids import from_global, new_id
from models.access.viewers import Actor, Viewer, allowed
from models.base.acts import Act
from models.base.tables import Owned
from schema.schema import schema
from schema.verbs import verbs
from tests.make import Ask, World
from tests.make.running import staff

VERBS = verbs(schema.mutation)
WITHOUT_VERB = frozenset({"REORDER"})
"""Actions that a read tells more of, and no verb of their own does: `orderDraftFrom`."""
Inputs = Mapping[str, Sequence[dict[str, Any]]]
"""Action -> inputs of its verb, of which the best for the row as it stands is among them."""


class Undone(Exception):
    """Takes a transaction back."""


def undo() -> NoReturn:
    raise Undone


@dataclass(frozen=True)
class Client:
    """One who reads what may be done, and tries it."""

    world: World
    ask: Ask
    viewer: Viewer

    @classmethod
    def staff(cls, world: World, ask: Ask) -> "Client":
        return cls(world, ask, staff(world))

    @classmethod
    async def bound(cls, world: World, ask: Ask, actor: Actor, to: UUID, **more: Any) -> "Client":
        scopes = allowed(actor, more.get("role"))
        by = ask.by(await world.key(actor, to, scopes=sorted(scopes), **more))
        return cls(world, by, Viewer(world.merchant_id, actor, new_id(), "x", scopes, to, **more))

    async def offered(self, kind: str, row: dict[str, Any]) -> list[str]:
        """Return what `availableActions` says of a row. kind: its type."""
        of = f"... on {kind.capitalize()} {{ availableActions }}"
        found = await self.ask(f"query ($id: ID!) {{ node(id: $id) {{ {of} }} }}", id=row["id"])
        return [it for it in found["node"]["availableActions"] if it not in WITHOUT_VERB]

    async def refusals(self, verb: AnyVerb, fields: dict[str, Any]) -> set[str]:
        """Run a verb and take it back; return the codes of its refusal."""
        try:
            async with self.world.database.writing(self.world.merchant_id) as session:
                writing = Writing(session, self.viewer, self.world.clock())
                await verb(writing, verb.takes.read(fields))
                await session.flush()
                undo()
        except Refused as refused:
            return {it.code for it in refused.problems}
        except Undone:
            return set()

    async def accepted(self, acts: Iterable[Act], inputs: Inputs) -> list[str]:
        """Return the actions whose verbs accept one of their inputs."""
        return [it.action.value for it in acts if await self._accepts(it, inputs[it.action])]

    async def _accepts(self, act: Act, inputs: Sequence[dict[str, Any]]) -> bool:
        verb = next(it for it in VERBS if it.act is act)
        if not self.viewer.may(act.scope):
            return False
        for fields in inputs:
            if not await self.refusals(verb, fields):
                return True
        return False


async def write(world: World, table: type[Owned], column: str, key: str, **values: Any) -> None:
    """Write columns of the rows whose column is what a global id names."""
    own = (table.merchant_id == world.merchant_id, getattr(table, column) == from_global(key)[1])
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(update(table).where(*own).values(**values))
