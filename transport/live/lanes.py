"""Turns of requests: who has too many waiting is told to come later."""

from contextlib import AbstractAsyncContextManager

from models.access.viewers import Viewer
from resolvers.running.lanes import Lanes
from schema.graphql.errors import ErrorCode
from transport.http.refusals import Refusal


class Turns(Lanes):
    """Lanes in which only so many requests wait; operations of sockets and streams share them."""

    def __init__(self, at_once: int, waiting: int) -> None:
        """Take how many of one lane run at once, and how many more may wait."""
        super().__init__(at_once)
        self._most = at_once + waiting

    def request(self, viewer: Viewer) -> AbstractAsyncContextManager[None]:
        """Return a request's turn, to be waited for. Refusal: too many wait already."""
        if self.inside(viewer) >= self._most:
            message = "Too many requests at once; wait for answers before you ask more."
            raise Refusal(429, message, ErrorCode.THROTTLED, {"Retry-After": "1"})
        return self.turn(viewer)
