"""Memory: what has grown old is not looked through again and again, what long work leaves goes.

What Python frees stays with glibc's allocator, scattered between what is kept: four imports of
11,400 lines at once leave 330 MB, of which it gives back all when it is told to.
"""

import asyncio
import ctypes
import gc
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

MUCH, MUCH_SIZE = 2_500, 1_000_000
"""Lines of a command, or objects or bytes of an answer, that leave so much behind."""
_AFTER_S = 1
"""Seconds after the last of them: what it was asked with has gone, too."""
_trim: Callable[[int], Any] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
_tell: Callable[[int, int], Any] | None = getattr(ctypes.CDLL(None), "mallopt", None)
"""None where the allocator is another one than glibc's."""
_OF_ITS_OWN, LARGE = -3, 128 * 1024
"""Option of the allocator: bytes from which on what is large has pages of its own."""

_STATM, _PAGE = Path("/proc/self/statm"), resource.getpagesize()

OLD = 25_000
"""Objects that are neither young nor settled after which all of them are looked at, and settled."""
UNSURE, MOST_UNSURE = 250_000, 1_000_000
"""Settled objects that may be rubbish: so many are looked at when nobody waits, as many as the most
at once."""
GROWN, MOST_GROWN = 16 * 2**20, 64 * 2**20
"""Bytes by which a process grows before what is settled is looked at when nobody waits, as many as
the most at once: few objects that are rubbish can hold much."""
LOOK_EACH_S = 1.0
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


def give_back_at_once() -> None:
    """Let what is large, such as an answer of megabytes, be the system's again once it is freed.

    Left to itself the allocator takes it from among all else as soon as one as large was freed.
    """
    if _tell is not None:
        _tell(_OF_ITS_OWN, LARGE)


def settle_all() -> None:
    """End the cycles that nobody refers to, and settle all that is left.

    The collector looks at everything once there is a quarter more than it saw the last time. Now it
    has seen nothing, so that it does not wait until there is much to look at.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.collect()


class Settled:
    """Keeps what has grown old out of the looks of the collector of cycles.

    A look at everything stops everybody, for more than a tenth of a second where a process
    remembers a million objects: its code, documents, plans. So what a look leaves is settled
    (`gc.freeze`), and the next one sees only what has come since. What is settled still ends with
    the last that refers to it; cycles of it end at a look of their own.
    unsure: settled since that look, as far as known.
    """

    def __init__(
        self, held: Callable[[], int] | None = None, trim: Callable[[int], Any] | None = _trim
    ) -> None:
        """Take what is settled now for what stays.

        held: tells the bytes of memory that the process holds, without those of which it is known
        who will free them. trim: gives back all but some bytes.
        """
        self._sure, self.unsure = gc.get_freeze_count(), 0
        self._held, self._trim = held or held_bytes, trim
        self._least = self._quietly = self._held()

    @asynccontextmanager
    async def growing(self, came: Callable[[], int | None]) -> AsyncIterator[None]:
        """Settle meanwhile what grows old.

        came: tells how many have come to be answered by now, None while somebody is there. Where
        nobody has come since the last look, and nobody is there, another one disturbs nobody.
        """
        gc.callbacks.append(self._looked)
        looking = asyncio.create_task(self._look_on(came))
        try:
            yield
        finally:
            gc.callbacks.remove(self._looked)
            looking.cancel()

    async def _look_on(self, came: Callable[[], int | None]) -> None:
        before: int | None = None
        while True:
            await asyncio.sleep(LOOK_EACH_S)
            now = came()
            self.look(is_quiet=now is not None and now == before)
            before = now

    def _looked(self, phase: str, about: dict[str, int]) -> None:
        if (phase, about["generation"]) == ("stop", 2) and (old := _old()) >= OLD:
            self._settle(old)

    def _settle(self, old: int) -> None:
        gc.freeze()
        self.unsure += old

    def look(self, *, is_quiet: bool) -> None:
        """Settle what has grown old before it is much, and look for rubbish of what is settled."""
        old, most = _old(), UNSURE if is_quiet else MOST_UNSURE
        if old >= OLD and _HOLDING:
            # Nothing of it is rubbish: see `aging`.
            self._settle(old)
        elif old >= OLD:
            gc.collect()
            # As in `settle_all`.
            gc.collect()
        if self.unsure >= most:
            # What has ended by itself meanwhile is there no more.
            self.unsure = gc.get_freeze_count() - self._sure
        if self._has_grown(is_quiet=is_quiet) or self.unsure >= most:
            self._settle_all(is_quiet=is_quiet)

    def _has_grown(self, *, is_quiet: bool) -> bool:
        """Tell whether much more is held than after the last such look, and no command holds it."""
        held = self._held()
        self._least, self._quietly = min(self._least, held), min(self._quietly, held)
        grown = held - self._quietly >= GROWN if is_quiet else held - self._least >= MOST_GROWN
        return grown and not _HOLDING

    def _settle_all(self, *, is_quiet: bool) -> None:
        """Look at all. What is held in the midst of much is not what a quiet process holds."""
        settle_all()
        self._sure, self.unsure = gc.get_freeze_count(), 0
        self._least = self._held()
        if is_quiet:
            self._quietly = self._least
        _give_back(self._trim)


def _old() -> int:
    """Count what is neither young nor settled, with no step of Python between look and count.

    There another thread could go on while a list holds the tuple that it builds, and would fail:
    only a tuple that nobody else holds may change its size.
    """
    return sum(map(len, map(gc.get_objects, (1, 2))))


def held_bytes() -> int:
    """Return how many bytes of memory this process holds; 0 where no file of the system tells."""
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE
    except OSError:
        return 0


def _give_back(trim: Callable[[int], Any] | None) -> None:
    # In a thread, since it takes as long as there is much: the loop goes on meanwhile.
    if trim is not None:
        asyncio.get_running_loop().run_in_executor(None, trim, 0)


class Leftovers:
    """Gives memory back when long work has ended and no more of it follows."""

    def __init__(self, trim: Callable[[int], Any] | None = _trim) -> None:
        """Take what gives back all but some bytes."""
        self._trim = trim
        self._timer: asyncio.TimerHandle | None = None

    def of(self, lines: int, size: int = 0) -> None:
        """Give back what work on so many lines or objects, or bytes, has left behind, soon."""
        if (lines < MUCH and size < MUCH_SIZE) or self._trim is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_AFTER_S, _give_back, self._trim)
