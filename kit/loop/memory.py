"""Memory that long work has left behind, given back to the system.

What Python frees stays with glibc's allocator, scattered between what is kept: four imports of
11,400 lines at once leave 330 MB, of which it gives back all when it is told to.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MUCH = 2_500
"""Lines of a command, or objects of an answer, that leave so much behind."""
_AFTER_S = 1
"""Seconds after the last of them: what it was asked with has gone, too."""
_trim: Callable[[int], Any] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""None where the allocator is another one than glibc's."""


_USUAL = gc.get_threshold()
_NEVER = 1_000_000
_HOLDING = set[object]()


@contextmanager
def aging() -> Iterator[None]:
    """Let the collector look only at what is young while so much is held.

    The oldest generation is what a long command holds: again and again it would be looked at for a
    tenth of a second, in which nobody is answered, and nothing of it would be found to be rubbish.
    """
    own = object()
    _HOLDING.add(own)
    gc.set_threshold(*_USUAL[:2], _NEVER)
    try:
        yield
    finally:
        _HOLDING.remove(own)
        if not _HOLDING:
            gc.set_threshold(*_USUAL)


class Leftovers:
    """Gives memory back when long work has ended and no more of it follows."""

    def __init__(self, trim: Callable[[int], Any] | None = _trim) -> None:
        """Take what gives back all but some bytes."""
        self._trim = trim
        self._timer: asyncio.TimerHandle | None = None

    def of(self, lines: int) -> None:
        """Give back what work on so many lines or objects has left behind, soon."""
        if lines < MUCH or self._trim is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_AFTER_S, self._give_back)

    def _give_back(self) -> None:
        # In a thread, since it takes as long as there is much: the loop goes on meanwhile.
        if self._trim is not None:
            asyncio.get_running_loop().run_in_executor(None, self._trim, 0)
