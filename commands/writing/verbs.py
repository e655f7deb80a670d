"""Verbs: what a client may do, each declared once, at the function that does it.

From the declaration come the mutation with its scope, input and description, the name under which
idempotency keys know it, the refusal of wrong states, `availableActions`, and docs/VERBS.md.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args

from pydantic import Field

from commands.writing.transaction import Outcome, Writing
from kit.errors import Refused
from kit.inputs import Alone, Command, Input
from models.base.acts import Act

CommandT = TypeVar("CommandT", bound=Command)


class DryRun(Command):
    """Base of what may be run dry."""

    dry_run: bool = Field(
        default=False,
        description="Answer what this call would, and do nothing of it: what it makes and changes"
        " stands in this answer alone, with ids and numbers that are given again. Costs as much;"
        " `idempotencyKey` counts for nothing.",
    )


@dataclass(frozen=True, eq=False)
class Verb(Generic[CommandT]):
    """A command with what is known of it. act: who may, and when; description: for clients."""

    act: Act
    description: str
    run: Callable[[Writing, CommandT], Awaitable[Outcome]]

    async def __call__(self, writing: Writing, command: CommandT) -> Outcome:
        """Run it in a transaction. Refused: what it refuses, after all that it has met before."""
        try:
            outcome = await self.run(writing, command)
            writing.refusals.end()
        except Refused as refused:
            raise writing.refusals.and_then(refused) from None
        return outcome

    @cached_property
    def takes(self) -> type[CommandT]:
        """Return the model of its input."""
        found: type[CommandT] = self.run.__annotations__["command"]
        return found

    @cached_property
    def items(self) -> str | None:
        """Return the field whose items are refused one by one, None where there is none."""
        fields = self.takes.model_fields.items()
        alone = (name for name, field in fields if Alone() in field.metadata)
        return next(alone, None)

    @cached_property
    def item(self) -> type[Input]:
        """Return the model of what is refused one by one."""
        (annotated,) = get_args(self.takes.model_fields[str(self.items)].annotation)
        found: type[Input] = get_args(annotated)[0]
        return found

    @property
    def name(self) -> str:
        """Return its name: that of the mutation, which clients know and which so never changes."""
        return f"{self.takes.__name__[:1].lower()}{self.takes.__name__[1:]}"

    @property
    def docstring(self) -> str:
        """Return what the function says of itself."""
        return self.run.__doc__ or ""


def verb(
    act: Act, description: str
) -> Callable[[Callable[[Writing, CommandT], Awaitable[Outcome]]], Verb[CommandT]]:
    """Declare that a function is a verb."""

    def declared(run: Callable[[Writing, CommandT], Awaitable[Outcome]]) -> Verb[CommandT]:
        return Verb(act, description, run)

    return declared


AnyVerb = Verb[Any]
