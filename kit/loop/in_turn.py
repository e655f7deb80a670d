"""What one operation does beside the event loop: in turn with others, and paid by its effort."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from time import thread_time
from typing import Any, TypeVar

from kit.loop.apart import Apart, Payer
from kit.loop.effort import Effort

Made = TypeVar("Made")
TURN_S = 0.02
"""Seconds of the processor after which others who wait have a turn."""


@dataclass(frozen=True)
class InTurn:
    """Where an operation does what takes long. payer: whose turns it takes. effort: it counts."""

    apart: Apart = field(default_factory=Apart)
    payer: Payer = ()
    effort: Effort = field(default_factory=Effort)

    async def made(self, make: Callable[..., Made], *about: Any) -> Made:
        """Return what is made in one turn. Raises what making it raises."""
        return await self.apart.made(self.payer, partial(self.effort.beside, make, *about))

    async def items(self, of: Iterator[Made | None]) -> list[Made]:
        """Return what an iterator gives. Where it gives None it may pause, after `TURN_S`."""
        found = list[Made]()
        while await self.made(_go_on, of, found):
            pass
        return found

    async def each(self, of: Iterator[Made | None]) -> AsyncIterator[Made]:
        """Give what an iterator gives, in the same turns, each once the one before is done with."""
        found = list[Made]()
        while await self.made(_go_on, of, found, 1) or found:
            while found:
                yield found.pop()


def _go_on(of: Iterator[Made | None], found: list[Made], most: int | None = None) -> bool:
    """Take items until the turn is over, or so many; tells whether that was before the end."""
    began = thread_time()
    for item in of:
        if item is not None:
            found.append(item)
        elif thread_time() - began >= TURN_S:
            return True
        if len(found) == most:
            return True
    return False
