"""What a mutation calls: a command, run in one transaction for the operation's viewer."""

from collections.abc import Awaitable, Callable
from typing import Any

from commands.writing.idempotency import Run
from commands.writing.running import Author, run
from commands.writing.transaction import Outcome
from resolvers.running.context import Context


def writes(verb: Run) -> Callable[[Context, Any], Awaitable[Outcome]]:
    """Return the resolver of a command."""

    async def resolve(context: Context, command: Any) -> Outcome:
        await context.reads.close()
        author = Author(context.viewer, context.now, context.keep_answers, context.address)
        outcome = await run(context.database, author, verb, command)
        context.written()
        return outcome

    return resolve
