"""Mutations, each made of its verb."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from types import SimpleNamespace
from typing import Annotated, Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)
from strawberry import Info

from admission.costs import Cost
from commands.writing.extent import Extent, entries
from commands.writing.verbs import AnyVerb
from kit.errors import MOST_OF_CALL, Code, Problem, Refused, few
from kit.inputs import Command
from kit.loop.memory import MUCH
from kit.loop.work import SLICE
from models.access.viewers import Scope
from resolvers.running.context import Context
from resolvers.running.writing import refused_beside, write
from schema.graphql.errors import ClientError, ErrorCode, UserError
from schema.graphql.extensions.buckets import charged_for_lines, points_of
from schema.graphql.inputs import input_type
from schema.graphql.scopes import Authenticated, Requires

_ONE_KEY = (
    "The header Idempotency-Key is for operations with one mutation field; here give each input an"
    " idempotencyKey of its own."
)
_SAME_KEY = "The header Idempotency-Key is not the input's idempotencyKey; send one of them."
Resolver = Callable[[Any, Any], Awaitable[Any]]

VERB = "verb"
"""The key under which a mutation's metadata holds its verb."""
WRITE = 10
"""Points of a mutation: a transaction with locks, a journal entry and a commit."""


class ReadOutcome(SimpleNamespace):
    """What a payload's fields are read from: the outcome of a command, null where it has none."""

    @classmethod
    def of(cls, outcome: Any) -> Any:
        """Turn an outcome, and the items of its lists, into answers."""
        if isinstance(outcome, dict):
            return cls(**{name: cls.of(value) for name, value in outcome.items()})
        return [cls.of(item) for item in outcome] if isinstance(outcome, list) else outcome

    def __getattr__(self, name: str) -> None:
        """Answer null for what a refused mutation does not have."""
        if name.startswith("_"):
            raise AttributeError(name)


@strawberry.interface(description="What every mutation gives back.", directives=[Authenticated()])
class Payload:
    """Base of every payload."""

    @strawberry.field(
        description="Why it was refused, up to 1,000 reasons and `AND_MORE`; empty when done."
    )
    def user_errors(self: Any) -> list[UserError]:
        """Translate the refusals."""
        return user_errors(self.problems or ())

    @classmethod
    def is_type_of(cls, _answer: Any, _info: Any) -> bool:
        """Payload types are never found through the interface."""
        return True


def user_errors(problems: Sequence[Problem]) -> list[UserError]:
    """Translate refusals."""
    return [UserError.of(problem) for problem in problems]


def _with_key(info: Info, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Let the header `Idempotency-Key` stand for the input's key.

    ClientError: the operation has several mutation fields, which one key cannot tell apart, or the
    input has another key.
    """
    header = info.context.idempotency_key
    if header is None:
        return values
    fields = _fields(info.operation.selection_set, info._raw_info.fragments)  # noqa: SLF001 -- Strawberry's copy has other types.
    if len(list(islice(fields, 2))) > 1:
        raise ClientError(ErrorCode.BAD_USER_INPUT, _ONE_KEY)
    if (values.get("idempotencyKey") or header) != header:
        raise ClientError(ErrorCode.BAD_USER_INPUT, _SAME_KEY)
    return {"idempotencyKey": header, **values}


def _fields(
    among: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Give the fields that a selection may have, those of its fragments too."""
    for each in among.selections:
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, FragmentSpreadNode):
            yield from _fields(fragments[each.name.value].selection_set, fragments)
        elif isinstance(each, InlineFragmentNode):
            yield from _fields(each.selection_set, fragments)


def _beyond(extent: Extent) -> int:
    """Return what a call costs beyond what it was charged: each trial as much as a mutation."""
    lines = points_of(extent.touched + extent.later) - points_of(extent.in_input)
    return lines + sum(WRITE + points_of(it) for it in extent.tried)


async def _read(context: Context, verb: AnyVerb, values: Mapping[str, Any]) -> Command:
    """Return the checked input; a long one is checked beside the event loop.

    Refused: as `read`, and of what is not long and not refused item by item, what else is wrong.
    """
    takes: type[Command] = verb.takes
    lines = context.extent.in_input
    try:
        if lines <= SLICE:
            return takes.read(values)
        return await context.beside.made(takes.read, values)
    except Refused as refused:
        if verb.items or lines + takes.weight(values) >= MUCH:
            raise
        odd = [it.path for it in refused.problems]
        await charged_for_lines(context.bill, lines)
        refused.more = [*refused.more, *await refused_beside(context, verb, values, odd)]
        raise


@asynccontextmanager
async def _room(context: Context, lines: int) -> AsyncIterator[None]:
    """Let a long input have its turn: the memory of one is held at a time, and the first ends.

    It has the whole time to answer from then on. Crowded: its turn did not come in time.
    """
    if lines < MUCH:
        await context.held.aclose()
        yield
        return
    async with context.apart.alone(context.payer):
        context.begin_time()
        yield


def _bound(command: Command, most: int) -> None:
    """Refused: TOO_MANY_ITEMS when a list is longer than the key may send."""
    for name, value in command:
        if isinstance(value, list | tuple) and len(value) > most:
            raise Refused(Code.TOO_MANY_ITEMS, f"This key sends at most {most} items.", (name,))


def mutation(verb: AnyVerb, resolver: Resolver | None = None) -> Any:
    """Declare the mutation of a verb: one argument `input`; the class annotation gives the payload.

    resolver: (context, the checked input) -> the verb's outcome, whose attributes the payload's
    fields read; only where more is to be done than to run the verb.
    """
    takes: type[Command] = verb.takes
    run = resolver or partial(write, verb=verb)

    async def resolve(root: Any, info: Info, input: Any) -> Any:  # noqa: A002 -- the API's name.
        del root
        context: Context = info.context
        try:
            extent = context.extent = Extent(context.limits.lines, entries(input))
            async with _room(context, extent.in_input + takes.weight(input)):
                try:
                    command = await _read(context, verb, _with_key(info, input))
                    _bound(command, context.limits.items)
                    await charged_for_lines(context.bill, extent.in_input)
                    outcome = await run(context, command)
                finally:
                    context.bill.owe(_beyond(extent))
        except Refused as refused:
            return ReadOutcome(problems=few(refused.problems, MOST_OF_CALL))
        return ReadOutcome.of(outcome)

    resolve.__annotations__ = {
        "root": Any,
        "info": Info,
        "input": Annotated[
            input_type(takes), strawberry.argument(description="What to do, and with what.")
        ],
    }
    return strawberry.mutation(
        resolver=resolve,
        description=verb.description,
        directives=[Requires(scope=Scope(verb.act.scope)), Cost(weight=WRITE)],
        metadata={VERB: verb},
    )
