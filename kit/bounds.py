"""What connections and requests may take before an operation is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """Bounds of the HTTP edge; docs/decisions/0020-http-edge.md gives the reasons.

    body_seconds: in which a body must arrive. at_once: requests of one company or
    key that run at a time. waiting: further ones of it that wait for their turn.
    """

    body_seconds: int = 10
    at_once: int = 10
    waiting: int = 100


DEFAULT_BOUNDS = Bounds()
