"""Who is connected: only so many, and those first to leave of whom nothing is known yet."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Protocol

from starlette.types import Scope

from kit.limits import Bounds

KNOWN = "abruf.known"
"""Extension of ASGI: returns what is called when the client has sent a good token."""
ANNOUNCED = "abruf.announced"
"""Extension of ASGI: `bytes` is how long the piece of a body is said to be that comes now."""
UTF8 = "abruf.utf8"
"""Extension of ASGI: a socket takes a text in UTF-8 under this name, and sends it in pieces."""
DOOR = 100
"""Connections beside those that have room: they are told that they have none."""
SHARED_BY_ONE = 64
"""Bits that the IPv6 addresses of one client have in common: it chooses the others itself."""


class HeldConnection(Protocol):
    """What the room asks of a connection."""

    client: tuple[str, int] | None

    def look(self, now: float) -> None:
        """End what is over. now: of the loop's clock."""

    def give_way(self) -> None:
        """Leave for a newer one."""

    def cut(self) -> None:
        """End what waits for its client to read."""


class Room:
    """The connections of one server.

    A stranger has not sent a good token yet: silent connections, those that are still at their
    first request, sockets before `connection_init`. Where there is no room for a new connection,
    the oldest stranger leaves; without one, whoever has been without a request for longest.
    """

    def __init__(self, bounds: Bounds, trusted: Sequence[str] = ()) -> None:
        """Take the bounds, and the proxies that stand for many addresses."""
        self._bounds = bounds
        self._trusted = [ip_network(it) for it in trusted]
        self._inside: dict[HeldConnection, str | None] = {}
        self._of = Counter[str]()
        self._strangers: dict[HeldConnection, None] = {}
        self._resting: dict[HeldConnection, None] = {}
        self._leaving: dict[HeldConnection, None] = {}
        self._heads, self._bytes = dict[HeldConnection, int](), 0
        self._place = lru_cache(1_024)(self._placed)

    def __len__(self) -> int:
        return len(self._inside)

    @property
    def strangers(self) -> int:
        """Return how many of them have not sent a good token yet."""
        return len(self._strangers)

    @property
    def bytes_of_heads(self) -> int:
        """Return how much is kept of heads that are not finished."""
        return self._bytes

    @property
    def leaving(self) -> int:
        """Return how many have left for others and are still told so."""
        return len(self._leaving)

    def enter(self, connection: HeldConnection) -> bool:
        """Take in a stranger; False: nobody leaves for it."""
        place = self._place(connection.client[0]) if connection.client else None
        if place is not None and self._of[place] >= self._bounds.of_address:
            self._make_room(place)
        if len(self._inside) >= self._bounds.connections:
            self._make_room(None)
        crowded = place is not None and self._of[place] >= self._bounds.of_address
        self._inside[connection] = place
        self._strangers[connection] = None
        if place is not None:
            self._of[place] += 1
        return not crowded and len(self._inside) <= self._bounds.connections

    def leave(self, connection: HeldConnection) -> None:
        """Forget a connection, if it is still inside."""
        self._leaving.pop(connection, None)
        self._bytes -= self._heads.pop(connection, 0)
        place = self._inside.pop(connection, None)
        self._strangers.pop(connection, None)
        self._resting.pop(connection, None)
        if place is not None:
            self._of[place] -= 1
            if not self._of[place]:
                del self._of[place]

    def know(self, connection: HeldConnection) -> None:
        """Note that a connection is no stranger any more."""
        self._strangers.pop(connection, None)

    def idle(self, connection: HeldConnection) -> None:
        """Note that a connection waits for its next request."""
        if connection in self._inside and connection not in self._strangers:
            self._resting[connection] = None

    def work(self, connection: HeldConnection) -> None:
        """Note that a connection has a request again."""
        self._resting.pop(connection, None)

    def hold(self, connection: HeldConnection, size: int) -> None:
        """Note how much of an unfinished head is kept for a connection.

        Where that of all is too much, whoever keeps the most leaves: an ordinary head is short, and
        comes at once.
        """
        self._bytes += size - self._heads.pop(connection, 0)
        if size:
            self._heads[connection] = size
        while self._bytes > self._bounds.all_heads:
            self._send_away(max(self._heads, key=self._heads.__getitem__))

    def look(self, now: float) -> None:
        """Let every connection end what is over."""
        for each in [*self._inside, *self._leaving]:
            each.look(now)

    def cut(self) -> None:
        """Let every connection end what waits for its client to read: the server stops."""
        for each in [*self._inside, *self._leaving]:
            each.cut()

    @property
    def is_crowded(self) -> bool:
        """Tell whether too many are told why they must leave: further ones are not."""
        return len(self._inside) + len(self._leaving) > self._bounds.connections + DOOR

    def _make_room(self, place: str | None) -> None:
        """Let one connection leave, from a place or from any."""
        for group in (self._strangers, self._resting):
            for each in group:
                if place is None or self._inside[each] == place:
                    self._send_away(each)
                    return

    def _send_away(self, connection: HeldConnection) -> None:
        self.leave(connection)
        self._leaving[connection] = None
        connection.give_way()

    def _placed(self, host: str) -> str | None:
        """Return for whom a connection counts; None for a proxy, and for no address."""
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return None
        if any(address in network for network in self._trusted):
            return None
        return neighbourhood(address)


def neighbourhood(address: Any) -> str:
    """Return what one client's addresses have in common."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, SHARED_BY_ONE), strict=False))
    return str(address)


def know(scope: Scope, hold: Callable[[int], bool] | None = None) -> None:
    """Tell a connection that its client has sent a good token.

    hold: counts the bytes that a socket keeps for it, and tells whether there is room for more;
    nothing is counted any more without it.
    """
    connection = scope.get("extensions", {}).get(KNOWN)
    if connection is not None and (call := connection["call"]()) is not None:
        call(hold)
