"""How long a client may leave unread what was written for it."""

from asyncio import Transport

from kit.limits import Bounds


class Patience:
    """A client has some seconds for a beginning, and more for what is long."""

    def __init__(self, bounds: Bounds) -> None:
        """Take the bounds; nothing waits yet."""
        self._bounds = bounds
        self._until: float | None = None

    def is_over(self, transport: Transport, now: float) -> bool:
        """Tell whether the client has taken too little for too long."""
        waiting = transport.get_write_buffer_size()
        if not waiting:
            self._until = None
        elif self._until is None:
            self._until = now + self._bounds.write_seconds + waiting / self._bounds.write_rate
        return self._until is not None and now > self._until

    def renew(self) -> None:
        """Begin anew: the client has taken something."""
        self._until = None
