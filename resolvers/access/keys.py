"""API keys: making one within the limits of the server."""

from dataclasses import asdict

from commands.access.keys import manage
from commands.access.keys.manage import ApiKeyCreate
from commands.writing.transaction import Outcome
from kit.errors import Code, Refused
from resolvers.running.context import Context
from resolvers.running.writing import write


async def create(context: Context, command: ApiKeyCreate) -> Outcome:
    """Make a key. Refused: OUT_OF_RANGE for a limit above that of the server or of the viewer."""
    most = {**asdict(context.limits), **context.viewer.limits}
    for place, each in enumerate(command.limits or ()):
        if each.value > most[each.limit]:
            text = f"At most {most[each.limit]}: only operators give more."
            raise Refused(Code.OUT_OF_RANGE, text, ("limits", place, "value"))
    return await write(context, command, manage.create)
