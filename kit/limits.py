"""How much one operation may ask: numbers that an operator can change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one operation; docs/decisions/0010-linear-limits.md gives the reasons.

    source: characters of the document. tokens: lexical tokens of it. operations, directives: in
    the document. depth, root_fields, aliases: with every fragment put in its place.
    cost: points. nodes: objects of the answer. deadline: seconds from the first byte parsed to
    the answer. statement: seconds for one SQL statement, waiting for locks included.
    connections: sockets and streams of one key in a process. subscriptions: operations at a time
    on one socket.
    """

    source: int = 20 * 1024
    tokens: int = 2_000
    operations: int = 10
    directives: int = 20
    depth: int = 15
    root_fields: int = 25
    aliases: int = 30
    cost: int = 1_000
    nodes: int = 50_000
    deadline: int = 10
    statement: int = 8
    connections: int = 200
    subscriptions: int = 50


DEFAULT_LIMITS = Limits()
