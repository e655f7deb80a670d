"""SIGTERM ends the process, also where Python drops what a signal's handler raises.

A handler runs between any two steps of the main thread. What it raises in a finalizer or in a
callback of a weak reference goes no further, and the process would run for ever: who is about to
wait for a signal asks whether it came.
"""

import atexit
import gc
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs


class _Termination:
    """Whether this process has been told to end, and whether that interrupts what it does."""

    is_signalled = False
    interrupts = False

    def heard(self, *_: object) -> None:
        """Note it; SystemExit where it interrupts."""
        self.is_signalled = True
        if self.interrupts:
            sys.exit(0)


_TERMINATION = _Termination()


def mark_termination() -> None:
    """Only note a SIGTERM from now on: for a while as short as loading takes."""
    signal.signal(signal.SIGTERM, _TERMINATION.heard)


def end_on_termination() -> None:
    """End by SystemExit at a SIGTERM, from now on or noted before.

    What is left then goes with the process: Python would look through all of it for cycles, again
    and again, for seconds.
    """
    atexit.register(gc.freeze)
    _TERMINATION.interrupts = True
    sys.unraisablehook = _but_endings(sys.unraisablehook)
    signal.signal(signal.SIGTERM, _TERMINATION.heard)
    end_if_signalled()


def _but_endings(
    tell: "Callable[[UnraisableHookArgs], object]",
) -> "Callable[[UnraisableHookArgs], object]":
    """Return what tells of all that was dropped but the end."""

    def dropped(unraisable: "UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, SystemExit):
            tell(unraisable)

    return dropped


def end_if_signalled() -> None:
    """SystemExit where a SIGTERM has come. For who is about to wait for one."""
    if _TERMINATION.is_signalled:
        sys.exit(0)
