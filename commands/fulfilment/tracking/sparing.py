"""Many things at once, of which each may be refused: those that are leave nothing behind."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from commands.writing.faults import Savepoint
from commands.writing.transaction import Writing
from kit.errors import Refused

DoneT = TypeVar("DoneT")


async def spare(
    writing: Writing,
    places: Collection[int],
    do: Callable[[Collection[int]], Awaitable[tuple[DoneT | None, Mapping[int, Refused]]]],
) -> tuple[DoneT, dict[int, Refused]]:
    """Do things, named by their positions, and again without those that are refused.

    do: positions -> what was done, None where it was only tried, and position -> why it is refused.
    What it wrote and recorded is undone where something is refused or was only tried; it is to tell
    of as many refusals as it can at once.
    Returns what was done at last, and why the others were not.
    """
    refused: dict[int, Refused] = {}
    point = await Savepoint.at(writing)
    while True:
        done, more = await do([it for it in places if it not in refused])
        if done is not None and not more:
            return done, refused
        writing.extent.set_aside()
        await point.back()
        writing.session.expunge_all()
        refused |= more
