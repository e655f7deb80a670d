"""How much of the processor's time an operation takes, on the event loop and beside it."""

from collections.abc import Awaitable, Callable, Generator
from functools import partial
from time import thread_time
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")


class Effort:
    """Counts what the steps of one operation take between two of its waits. seconds: so far."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.seconds = 0.0
        self._is_counting = False

    def steps(self, of: Generator[Any, Any, Made]) -> Generator[Any, Any, Made]:
        """Go through steps and count each; those inside of another are counted with it."""
        step: Callable[[], Any] = partial(next, of)
        while True:
            is_counted, self._is_counting = self._is_counting, True
            began = 0.0 if is_counted else thread_time()
            try:
                waits_for = step()
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            finally:
                self._is_counting = is_counted
                if not is_counted:
                    self.seconds += thread_time() - began
            try:
                step = partial(of.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001 -- it is thrown on.
                step = partial(of.throw, error)

    def beside(self, make: Callable[..., Made], *about: Any) -> Made:
        """Make something in a thread of its own, and count all that it takes."""
        began = thread_time()
        try:
            return make(*about)
        finally:
            self.seconds += thread_time() - began


class Later(Generic[Made]):
    """What runs once it is awaited, its effort counted; where nobody awaits it, nothing is left."""

    def __init__(self, effort: Effort, run: Callable[..., Awaitable[Made]], *about: Any) -> None:
        """Take what runs, and with what."""
        self._effort, self._run, self._about = effort, run, about

    def __await__(self) -> Generator[Any, Any, Made]:
        """Run it."""
        return self._effort.steps(self._run(*self._about).__await__())
