"""What one operation may ask, a key over time, a request at the edge: an operator's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

LARGEST_PAGE = 250


@dataclass(frozen=True)
class Limits:
    """Bounds of one operation; docs/decisions/0010-linear-limits.md gives the reasons.

    source: characters of the document. tokens: lexical tokens of it. operations, directives: in
    the document. repeats, spreads: of fields beside equal ones, and of fragments, as they are
    written. depth, root_fields, aliases: with every fragment put in its place.
    cost: points. nodes: objects of the answer. deadline: seconds from the first byte parsed to
    the answer. statement: seconds for one SQL statement, waiting for locks included.
    body: bytes of a request. page: rows of a page, and ids in a list. items: of an input's lists.
    connections: sockets and streams of one key in a process. subscriptions: operations at a time
    on one socket.

    bucket, restore: points that a key may spend at once, and that it gets back each second
    (docs/decisions/0017-cost-bucket.md).
    """

    source: int = 20 * 1024
    tokens: int = 2_000
    operations: int = 10
    directives: int = 20
    depth: int = 15
    root_fields: int = 25
    aliases: int = 30
    repeats: int = 30
    spreads: int = 30
    cost: int = 1_000
    nodes: int = 50_000
    deadline: int = 10
    statement: int = 8
    body: int = 1_000_000
    page: int = LARGEST_PAGE
    items: int = 250
    connections: int = 200
    subscriptions: int = 20
    bucket: int = 20_000
    restore: int = 1_000

    def own(self, numbers: Mapping[str, int]) -> "Limits":
        """Return the limits of a key that has numbers of its own."""
        return replace(self, **numbers) if numbers else self


DEFAULT_LIMITS = Limits()
ENTRIES = 1_000
"""Of one list or object in the variables: more than any input takes. More are not even read."""


def crowded(values: Mapping[str, Any]) -> int:
    """Return how many entries a list or object in the variables has beyond `ENTRIES`, else 0."""
    ahead: list[Any] = [values]
    while ahead:
        it = ahead.pop()
        if len(it) > ENTRIES:
            return len(it)
        inside = it.values() if isinstance(it, dict) else it
        ahead += [each for each in inside if isinstance(each, list | dict)]
    return 0


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
