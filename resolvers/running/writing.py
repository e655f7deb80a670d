"""What a mutation calls: a verb, run in one transaction for the operation's viewer."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

from commands.writing.running.run import Author, run, run_dry, try_beside
from commands.writing.transaction import Outcome
from commands.writing.verbs import AnyVerb, DryRun, Verb
from kit.errors import Path, Problem
from kit.inputs import Command
from resolvers.running.context import Context

CommandT = TypeVar("CommandT", bound=Command)


async def write(context: Context, command: CommandT, verb: Verb[CommandT]) -> Outcome:
    """Run a verb and forget what was read before; a dry run is read until the operation ends."""
    await context.before_write()
    try:
        if isinstance(command, DryRun) and command.dry_run:
            return await _write_dry(context, command, verb)
        outcome = await run(context.database, _author(context), verb, command)
    finally:
        context.leftovers.of(context.extent.touched)
    context.written()
    return outcome


async def _write_dry(context: Context, command: CommandT, verb: Verb[CommandT]) -> Outcome:
    opened = AsyncExitStack()
    outcome, session = await run_dry(context.database, _author(context), verb, command, opened)
    context.written_dry(session, opened)
    return outcome


async def refused_beside(
    context: Context, verb: AnyVerb, values: object, odd: Sequence[Path]
) -> list[Problem]:
    """Return what else is wrong with an input, of which nothing is kept: as `try_beside`."""
    await context.before_write()
    return await try_beside(context.database, _author(context), verb, values, odd)


def _author(context: Context) -> Author:
    return Author(
        context.viewer,
        context.now,
        context.keep_answers,
        context.address,
        context.extent,
        context.work.slices,
        context.beside,
        context.limits,
    )
