"""What one operation does beside the event loop: in turn with others, and paid by its effort."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from kit.loop.apart import Apart, Payer
from kit.loop.effort import Effort

Made = TypeVar("Made")


@dataclass(frozen=True)
class Beside:
    """Where an operation does what takes long. payer: whose turns it takes. effort: it counts."""

    apart: Apart = field(default_factory=Apart)
    payer: Payer = ()
    effort: Effort = field(default_factory=Effort)

    async def made(self, make: Callable[..., Made], *about: Any) -> Made:
        """Return what is made in one turn. Raises what making it raises."""
        return await self.apart.made(self.payer, partial(self.effort.beside, make, *about))

    async def items(self, of: Iterator[Made | None]) -> list[Made]:
        """Return what an iterator gives, in as many turns as it pauses: it gives None then."""
        found = list[Made]()
        while await self.made(_go_on, of, found):
            pass
        return found


def _go_on(of: Iterator[Made | None], found: list[Made]) -> bool:
    """Take items until the next pause; tells whether there was one before the end."""
    for item in of:
        if item is None:
            return True
        found.append(item)
    return False
