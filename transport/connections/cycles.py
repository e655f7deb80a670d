"""The collector of cycles, told not to look again and again at what stays.

A whole collection looks at every object that may be part of a cycle and stops the process
meanwhile, for half a second where many plans are kept. What has survived one is set aside here, so
that the next one looks at what came later only. What was set aside and died in a cycle is found by
looking at all of it, once there is twice as much as there was then.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_OLDEST = 2
_EVERY = 16
"""Collections of the oldest objects between two counts of what is set aside, a walk by itself."""


class _Aside:
    """What is set aside. looked: how much that was when all of it was looked at last."""

    def __init__(self) -> None:
        gc.collect()
        gc.freeze()
        self.looked = gc.get_freeze_count()
        self._collections = 0
        self._is_whole = False

    def after(self, phase: str, info: Mapping[str, Any]) -> None:
        """Set aside what has survived; now and then let the next collection look at everything."""
        if phase != "stop" or info["generation"] != _OLDEST:
            return
        gc.freeze()
        self._collections += 1
        if self._is_whole:
            self.looked, self._is_whole = gc.get_freeze_count(), False
        elif self._collections % _EVERY == 0 and gc.get_freeze_count() > 2 * self.looked:
            self._is_whole = True
            gc.unfreeze()


@contextmanager
def set_aside() -> Iterator[None]:
    """Set aside what there is, and what survives from now on, until the end."""
    after = _Aside().after
    gc.callbacks.append(after)
    try:
        yield
    finally:
        gc.callbacks.remove(after)
        gc.unfreeze()
