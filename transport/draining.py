"""The time between the signal to stop and the end of the process."""

import asyncio


class Draining:
    """Whether the server is about to stop: it is not ready any more, and then streams end.

    is_announced: whether it is not ready any more, though it still answers.
    """

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self.is_announced = False

    @property
    def has_begun(self) -> bool:
        """Tell whether the server is about to stop."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Tell everybody; called inside the loop."""
        self.is_announced = True
        self._begun.set()

    async def begun(self) -> None:
        """Wait until the server is about to stop."""
        await self._begun.wait()
