"""A client that asks who is outside, and nobody else.

What a name resolves to is checked when it connects, and it connects to the address that was
checked: there is no second look-up in which a name could mean another machine. It uses no proxy of
the environment, follows no redirect, and neither waits nor reads longer than it is allowed.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Hashable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import certifi
import httpcore
import httpx

from kit.outgoing.addresses import IpNetwork, literal, may_reach
from kit.outgoing.lookups import LookUps, bounded_by

_SCHEMES = {"https": 443, "http": 80}


class OutgoingFault(StrEnum):
    """Why there is no answer."""

    FORBIDDEN = "FORBIDDEN"
    UNRESOLVED = "UNRESOLVED"
    UNREACHABLE = "UNREACHABLE"
    UNTRUSTED = "UNTRUSTED"
    LATE = "LATE"
    BROKEN = "BROKEN"


class NoAnswer(Exception):
    """Nobody has answered. fault: why."""

    def __init__(self, fault: OutgoingFault, text: str) -> None:
        """Take why, and what is known of it."""
        super().__init__(text)
        self.fault = fault


@dataclass(frozen=True)
class Rules:
    """Whom we may ask, and how long.

    ports: of others. allowed: networks that may be asked though they are inside. allows_http:
    whether in clear text, too. seconds: of one request in all. most_bytes: of an answer's body.
    """

    ports: frozenset[int] = frozenset({443, 8443})
    allowed: tuple[IpNetwork, ...] = ()
    allows_http: bool = False
    seconds: float = 15.0
    most_bytes: int = 64 * 1024

    def refuse(self, url: str) -> str | None:
        """Return why a URL may not be asked, None where nothing is known against it.

        What its name resolves to is asked when somebody connects.
        """
        try:
            parts = httpx.URL(url)
            host = parts.host
        except (httpx.InvalidURL, ValueError):
            # A name whose punycode means nothing is told when it is read.
            return "This is not a URL."
        schemes = [it for it in _SCHEMES if it == "https" or self.allows_http]
        port = _SCHEMES.get(parts.scheme) if parts.port is None else parts.port
        if parts.scheme not in schemes or not host:
            return f"This must begin with {' or '.join(f'{it}://' for it in schemes)}, and a host."
        if parts.userinfo or parts.fragment or "#" in url:
            return "A user, a password or a fragment has no place here."
        if port not in self.ports:
            return f"The port must be one of {', '.join(map(str, sorted(self.ports)))}."
        address = literal(host)
        if address is not None and not may_reach(address, self.allowed):
            return "This address is not one of the public Internet."
        return None


DEFAULT_RULES = Rules()


@dataclass(frozen=True)
class Answered:
    """An answer. headers: by their names in lower case. body: its beginning, as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Checking(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, in somebody's name."""

    def __init__(self, rules: Rules, look_ups: LookUps, owner: Hashable) -> None:
        self._rules, self._look_ups, self._owner = rules, look_ups, owner
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- as the library calls it.
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers. NoAnswer: one of them is inside."""
        try:
            addresses = await self._look_ups.addresses(self._owner, host, port)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(OutgoingFault.UNRESOLVED, f"{host} is not known.") from error
        if not all(may_reach(it, self._rules.allowed) for it in addresses):
            raise NoAnswer(OutgoingFault.FORBIDDEN, f"{host} is not a host of the public Internet.")
        for last, address in enumerate(addresses, 1 - len(addresses)):
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not last:
                    raise
        raise AssertionError

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 -- as the library calls it.
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """NoAnswer: a socket of this machine is inside."""
        del timeout, socket_options
        raise NoAnswer(OutgoingFault.FORBIDDEN, f"{path} is no host.")

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts to connect, of which there are none."""
        await self._inner.sleep(seconds)


def _trust() -> ssl.SSLContext:
    """Trust whom this machine trusts, and whom browsers do."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Client:
    """Asks others over HTTP/1.1."""

    def __init__(self, rules: Rules, trust: ssl.SSLContext | None = None) -> None:
        """Take whom it may ask, and whose certificates count."""
        self.rules, self._look_ups = rules, LookUps()
        self._trust = trust or _trust()

    @asynccontextmanager
    async def connected(self, owner: Hashable = None) -> AsyncIterator["Connections"]:
        """Give connections that nobody else uses, and close them at the end.

        So what somebody says on one of them unasked is the answer to no question of another. owner:
        in whose name: its own look-ups wait for each other, those of others do not.
        """
        backend = _Checking(self.rules, self._look_ups, owner)
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._trust, max_connections=None, network_backend=backend
        )
        async with pool:
            yield Connections(self.rules, pool)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Send a body on a connection of its own, as `Connections.post` does."""
        async with self.connected() as alone:
            return await alone.post(url, body, headers)

    def close(self) -> None:
        """Look up no more names."""
        self._look_ups.close()


class Connections:
    """Connections that are kept for the next request to the same host."""

    def __init__(self, rules: Rules, pool: httpcore.AsyncConnectionPool) -> None:
        """Take whom it may ask, and where they are kept."""
        self._rules, self._pool = rules, pool

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Send a body, and return the answer, whatever its status. NoAnswer: there is none."""
        if reason := self._rules.refuse(url):
            raise NoAnswer(OutgoingFault.FORBIDDEN, reason)
        with _translated():
            async with asyncio.timeout(self._rules.seconds) as deadline:
                with bounded_by(deadline):
                    return await self._posted(httpx.URL(url), body, headers)

    async def _posted(self, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> Answered:
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        length = {"content-length": str(len(body))}
        own = [("host", url.netloc.decode()), *length.items(), *headers.items()]
        async with self._pool.stream("POST", target, headers=own, content=body) as response:
            received = await self._beginning(response.aiter_stream())
            pairs = [(name.decode("latin-1").lower(), it) for name, it in response.headers]
            read = {name: it.decode("latin-1") for name, it in pairs}
            return Answered(response.status, read, received)

    async def _beginning(self, parts: AsyncIterator[bytes]) -> bytes:
        """Read no more than is allowed; the connection of what goes on is closed."""
        received = bytearray()
        async for part in parts:
            received += part
            if len(received) >= self._rules.most_bytes:
                break
        return bytes(received[: self._rules.most_bytes])


@contextmanager
def _translated() -> Iterator[None]:
    """Raise NoAnswer for what the library and the clock say."""
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise NoAnswer(OutgoingFault.LATE, "There was no answer in time.") from error
    except httpcore.ConnectError as error:
        causes = (error.__cause__, error.__context__)
        if any(isinstance(it, ssl.SSLError) for it in causes):
            raise NoAnswer(OutgoingFault.UNTRUSTED, f"No secure connection: {error}") from error
        raise NoAnswer(OutgoingFault.UNREACHABLE, f"Nobody is there: {error}") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        # A record that TLS cannot read is told as it is.
        raise NoAnswer(
            OutgoingFault.BROKEN, f"It broke off: {error or type(error).__name__}"
        ) from error
