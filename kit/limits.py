"""What one operation may ask, a key over time, a request at the edge: an operator's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

LARGEST_PAGE = 250
MOST = 2**31 - 1
"""The largest number of all: what PostgreSQL and GraphQL take for one."""
COMPUTED = 2
"""Milliseconds of the processor's time that a point pays for."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one operation; docs/decisions/0010-linear-limits.md gives the reasons.

    source: characters of the document. tokens: lexical tokens of it. operations, directives: in
    the document. repeats, spreads: of fields beside equal ones, and of fragments, as they are
    written. depth, root_fields, aliases, reads: with every fragment put in its
    place; reads: fields that cost points.
    cost: points. nodes, answer: objects and bytes of the answer,
    as announced and as counted while it grows. deadline: seconds from the first byte parsed to
    the answer. statement: seconds for one SQL statement, waiting for locks included.
    body: bytes of a request. page: rows of a page, and ids in a list. items: of an input's lists.
    lines: that one mutation touches: entries of all lists in its input, and what it reads to change
    it: lines of orders and deliveries, contents and events of parcels. One takes up to 5 kB.
    connections: sockets and streams of one key in a process. subscriptions: operations at a time
    on one socket.

    bucket, restore: points that a company or key may spend at once, and that it gets back each
    second; its merchant has four times as many for all of them. One core makes 270 points of the
    cheapest requests a second, 1,000 of pages (docs/decisions/0017-cost-bucket.md).
    unpaid: milliseconds that the statements of a read may take for the points of its objects; for
    those beyond them it costs at least what flows in meanwhile.
    effort: milliseconds that an operation may take of the processor for such points; for those
    beyond them it costs at least a point for each `COMPUTED` milliseconds.
    """

    source: int = 20 * 1024
    tokens: int = 2_000
    operations: int = 10
    directives: int = 20
    depth: int = 15
    root_fields: int = 25
    aliases: int = 30
    reads: int = 200
    repeats: int = 30
    spreads: int = 30
    cost: int = 1_000
    nodes: int = 50_000
    answer: int = 5_000_000
    deadline: int = 10
    statement: int = 8
    body: int = 1_000_000
    page: int = LARGEST_PAGE
    items: int = 250
    lines: int = 12_500
    connections: int = 200
    subscriptions: int = 20
    bucket: int = 20_000
    restore: int = 300
    unpaid: int = 100
    effort: int = 20

    def points_of(self, seconds: float) -> int:
        """Return what a read costs at least whose statements took so long."""
        return int(max(0, seconds - self.unpaid / 1_000) * self.restore)

    def points_of_effort(self, seconds: float) -> int:
        """Return what an operation costs at least that took so much of the processor's time."""
        return int(max(0, seconds * 1_000 - self.effort) / COMPUTED)

    def own(self, numbers: Mapping[str, int]) -> "Limits":
        """Return the limits of a key that has numbers of its own."""
        return replace(self, **numbers) if numbers else self


DEFAULT_LIMITS = Limits()
ENTRIES, INSIDE, DEEP, IN_ALL = 1_000, 20_000, 20, 200_000
"""Entries of a list or object in the variables, lists and objects in them, how many of those stand
inside of each other, and entries of all: more than any input takes. More are not even read."""


@dataclass
class Entries:
    """What variables hold. longest: entries of one list or object. inside: lists and objects.

    deepest: lists and objects inside of each other. together: entries of all of them.
    """

    longest: int = 0
    inside: int = 0
    deepest: int = 0
    together: int = 0

    @classmethod
    def of(cls, variables: Mapping[str, Any]) -> "Entries":
        """Count; what is beyond the most is not counted any further."""
        found, level = cls(deepest=-1), list[Any]([variables])
        while level and found.is_read:
            sizes = [len(each) for each in level]
            found.deepest += 1
            found.longest = max(found.longest, *sizes)
            found.together += sum(sizes)
            found.inside = min(found.inside + len(level), INSIDE + 1)
            level = [
                each
                for item in level
                for each in (item.values() if isinstance(item, dict) else item)
                if each and isinstance(each, (list, dict))
            ]
        return found

    @property
    def is_read(self) -> bool:
        """Tell whether there are no more than are read."""
        is_short = self.longest <= ENTRIES and self.together <= IN_ALL
        return is_short and self.inside <= INSIDE and self.deepest <= DEEP

    def without_first(self) -> "Entries":
        """Return the same but for the object that holds all, and its one entry."""
        return replace(self, inside=self.inside - 1, together=self.together - 1)


@dataclass(frozen=True)
class Bounds:
    """Bounds of the edge; docs/decisions/0020-http-edge.md and 0029-edge-bounds.md say why.

    turns: requests that run at a time, each with one database connection at most. at_once: of them
    of one company or key. waiting: further ones of it that wait for their turn.

    connections: open at once. of_address: of them from one IP address, trusted proxies aside.
    head_bytes, headers: of a request line with its headers. head_seconds: in which they must
    arrive. all_heads: bytes of unfinished ones, of all connections together.
    idle_seconds: that a connection may be silent between two requests.
    body_seconds: in which a body must arrive. bodies, all_bodies: bytes of bodies that are not
    finished or wait for their turn, of one company or key and in all.
    write_seconds: that a client may take nothing of what is written for it. write_rate: bytes a
    second that it must take of what is long. answers, all_answers: bytes of answers that clients
    have not taken yet, of one company or key and in all.
    kept_answers: bytes of answers that a process keeps to give them again, 0 for none.
    guesses: wrong tokens that an address may send before it is slowed down. guess_seconds: that
    the answer to each takes from then on, and after which one is forgiven.
    """

    turns: int = 10
    at_once: int = 5
    waiting: int = 100
    connections: int = 1_000
    of_address: int = 250
    head_bytes: int = 32 * 1024
    headers: int = 100
    head_seconds: int = 10
    all_heads: int = 8 * 1024 * 1024
    idle_seconds: int = 5
    body_seconds: int = 10
    bodies: int = 8 * 1024 * 1024
    all_bodies: int = 16 * 1024 * 1024
    write_seconds: int = 10
    write_rate: int = 64 * 1024
    answers: int = 16 * 1024 * 1024
    all_answers: int = 24 * 1024 * 1024
    kept_answers: int = 16 * 1024 * 1024
    guesses: int = 30
    guess_seconds: int = 1


DEFAULT_BOUNDS = Bounds()
MAY_BE_NONE = frozenset(
    {"directives", "repeats", "spreads", "subscriptions", "unpaid", "effort"}
    | {"waiting", "guesses", "kept_answers"}
)
"""Numbers that an operator may set to 0; with 0 of any other nobody would be answered."""
