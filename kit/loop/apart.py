"""Beside the event loop: what is short in one thread, what is long in children of the process."""

import gc
import logging
import os
import pickle
import signal
import socket
import sys
import warnings
from asyncio import Lock, ensure_future, get_running_loop, shield, timeout
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from weakref import WeakValueDictionary

from kit.loop.memory import aging

_log = logging.getLogger("abruf")
Made = TypeVar("Made")
Payer = tuple[Hashable, ...]
"""Whose turn it is, from the outside in: a merchant, and in it a company or key."""
_LONGEST_S = 30
"""Seconds after which a child is ended, in which nobody waits for it any more."""
PATIENCE_S = 5
"""Seconds that long work waits for its turn, half of an operation's."""
_STANDARD = range(3)
_PIECE = 256 * 1024
"""Bytes that are read at a time of what a child tells."""


class Crowded(Exception):
    """It could not be done for the time being: others stood before it.

    seconds: after which it may be tried again.
    """

    def __init__(
        self,
        text: str = "Others' long work is done before this; try again, or ask for less.",
        seconds: int = 1,
    ) -> None:
        """Take what a client is told."""
        super().__init__(text)
        self.seconds = seconds


class Died(Exception):
    """The child that did it has ended without a word."""


def _unheard(_: object) -> None:
    """Nobody needs to know what was made but who waits for it."""


class Turns:
    """One thing at a time; on each level of payers the rest waits for it.

    So nobody waits for more than one of each other merchant, and in a merchant for more than one
    of each other company or key.
    """

    def __init__(self) -> None:
        """Start with nobody's turn."""
        self._taken: WeakValueDictionary[Payer, Lock] = WeakValueDictionary()

    async def taken(self, payer: Payer) -> ExitStack:
        """Return the turn; it is given back by closing it."""
        with ExitStack() as turns:
            for level in range(len(payer), -1, -1):
                slot = self._taken.setdefault(payer[:level], Lock())
                await slot.acquire()
                turns.callback(slot.release)
            return turns.pop_all()


class Apart:
    """Works beside the event loop, cancelled or not: a turn lasts until its work is done.

    Short work has one thread, and the loop waits for Python no longer than the thread's interval.
    Long work leaves much behind that only the collector of cycles ends, which stops everything:
    it is done in a child of the process, which ends with all of it, and only tells its result.
    """

    _thread = ThreadPoolExecutor(1, "planning", partial(sys.setswitchinterval, 0.0005))

    def __init__(self, patience: float = PATIENCE_S) -> None:
        """Start with nobody's turn. patience: seconds that long work waits for its turn."""
        self._patience = patience
        self._short, self._long, self._large = Turns(), Turns(), Turns()

    async def made(
        self, payer: Payer, make: Callable[[], Made], over: Callable[[Made], object] = _unheard
    ) -> Made:
        """Return what is made in the thread. Raises what making it raises.

        over: is told what was made, whether anybody waits for it still or not.
        """
        slot = await self._short.taken(payer)
        run = partial(copy_context().run, _unsettled, make)
        return await _held(slot, get_running_loop().run_in_executor(self._thread, run), over)

    async def long(
        self, payer: Payer, make: Callable[[], Made], over: Callable[[Made], object] = _unheard
    ) -> Made:
        """Return what is made in a child; it is pickled. Raises what making it raises.

        over: as in `made`.
        Crowded: it was not its turn for too long. Died: the child has ended without a word.
        """
        slot = await self._in_time(self._long, payer)
        return await _held(slot, ensure_future(self._in_child(payer, make)), over)

    @asynccontextmanager
    async def alone(self, payer: Payer) -> AsyncIterator[None]:
        """Do inside what takes much memory: one such thing at a time, whoever does it.

        Crowded: it was not its turn for too long.
        """
        with await self._in_time(self._large, payer), aging():
            yield

    async def _in_time(self, turns: Turns, payer: Payer) -> ExitStack:
        try:
            async with timeout(self._patience):
                return await turns.taken(payer)
        except TimeoutError:
            raise Crowded from None

    async def _in_child(self, payer: Payer, make: Callable[[], Made]) -> Made:
        # While nothing else runs: a child would find taken for ever what another thread has taken.
        with await self._short.taken(payer):
            outcome = _begun(make)
        is_made, found = await outcome
        if not is_made:
            raise found
        return found  # type: ignore[no-any-return]


async def _held(slot: ExitStack, making: Awaitable[Made], over: Callable[[Made], object]) -> Made:
    """Return what is made, and give the turn back when it is, whether anybody waits or not."""
    made: Any = making

    def end(_: object) -> None:
        slot.close()
        # Where nobody waits any more, nobody needs to be told.
        if not (made.cancelled() or made.exception()):
            over(made.result())

    made.add_done_callback(end)
    return await shield(made)


def _unsettled(make: Callable[[], Made]) -> Made:
    """Make something whose rubbish is found while it is young.

    What is built up to it, and thrown away with it, would grow old meanwhile: then only a
    collection of all that the process keeps finds it, which stops everything for half a second.
    """
    gc.disable()
    try:
        return make()
    finally:
        gc.enable()
        gc.collect(0)


def _begun(make: Callable[[], Any]) -> Coroutine[Any, Any, tuple[bool, Any]]:
    """Begin a child, and return what it will tell."""
    ours, theirs = socket.socketpair()
    with warnings.catch_warnings():
        # Python 3.12 warns of every thread: those that are there wait, as `_in_child` sees to.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _tell(theirs, make)
    theirs.close()
    ours.setblocking(False)  # noqa: FBT003 -- its only argument.
    return _result(child, ours)


async def _result(child: int, ours: socket.socket) -> tuple[bool, Any]:
    """Return whether a child has made it, and what; or what it has met."""
    pieces = list[bytes]()
    try:
        while piece := await get_running_loop().sock_recv(ours, _PIECE):
            pieces.append(piece)
    finally:
        ours.close()
        _end(child)
    if not pieces:
        _log.error("A child has ended without a word")
        raise Died
    return pickle.loads(b"".join(pieces))  # type: ignore[no-any-return]  # noqa: S301 -- our own child's.


def _end(child: int) -> None:
    """End a child, and let it go: it has told all, or nobody listens any more."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _tell(theirs: socket.socket, make: Callable[[], Any]) -> NoReturn:
    """Make it in the child and end: with nothing of the parent's, which goes on with its own."""
    try:
        signal.set_wakeup_fd(-1)
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(ending, signal.SIG_DFL)
        signal.alarm(_LONGEST_S)
        gc.disable()
        kept = {*_STANDARD, theirs.fileno()}
        for each in {int(it.name) for it in Path("/dev/fd").iterdir()} - kept:
            with suppress(OSError):
                os.close(each)
        try:
            outcome = True, make()
        except Exception as why:  # noqa: BLE001 -- the parent raises it.
            outcome = False, why
        theirs.sendall(pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL))
    finally:
        os._exit(0)
