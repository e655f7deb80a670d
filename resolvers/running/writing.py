"""What a mutation calls: a verb, run in one transaction for the operation's viewer."""

from typing import TypeVar

from commands.writing.running import Author, run
from commands.writing.transaction import Outcome
from commands.writing.verbs import Verb
from kit.inputs import Command
from resolvers.running.context import Context

CommandT = TypeVar("CommandT", bound=Command)


async def write(context: Context, command: CommandT, verb: Verb[CommandT]) -> Outcome:
    """Run a verb and forget what was read before."""
    await context.reads.close()
    author = Author(
        context.viewer,
        context.now,
        context.keep_answers,
        context.address,
        context.extent,
        context.work.slices,
        context.beside,
        context.limits,
    )
    try:
        outcome = await run(context.database, author, verb, command)
    finally:
        context.leftovers.of(context.extent.touched)
    context.written()
    return outcome
