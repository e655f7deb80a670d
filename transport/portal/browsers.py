"""What a browser says of itself: its cookie, and which site's page makes it ask."""

from collections.abc import Mapping
from ipaddress import ip_address

from starlette.requests import HTTPConnection
from strawberry.http.websocket_origin import is_same_origin

from schema.graphql.errors import ErrorCode
from transport.http.addresses import address_of
from transport.http.refusals import Refusal

OURS = "same-origin"
"""What `Sec-Fetch-Site` is where a page of our own asks."""
_COOKIE, _LOCAL_COOKIE = "__Host-abruf", "abruf"
_FOREIGN = "A page of another site has sent this."


def is_loopback(host: str | None) -> bool:
    """Tell whether a host's name or address is this machine's."""
    try:
        return host == "localhost" or ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False


def is_local(connection: HTTPConnection) -> bool:
    """Tell whether a browser on this machine asks for a server on this machine.

    The name counts, too: another site's may be made to lead here.
    """
    return is_loopback(address_of(connection)) and is_loopback(_host(connection))


def _host(connection: HTTPConnection) -> str:
    """Return the host that is asked for, without its port."""
    host = connection.headers.get("host", "")
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() else host


def cookie_name(connection: HTTPConnection) -> str:
    """Return what the cookie is called: on this machine some browsers take no other over http."""
    return _LOCAL_COOKIE if is_local(connection) else _COOKIE


def session_token(connection: HTTPConnection) -> str | None:
    """Return what the cookie holds, None without one."""
    return connection.cookies.get(cookie_name(connection))


def cookie(connection: HTTPConnection, name: str, value: str, seconds: int | None = None) -> str:
    """Return the header that sets a cookie for this host only, unseen by scripts.

    seconds: how long the browser keeps it; None: until it is closed; 0: no longer.
    """
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Strict"]
    parts += [] if is_local(connection) else ["Secure"]
    parts += [] if seconds is None else [f"Max-Age={seconds}"]
    return "; ".join(parts)


def check_own_page(headers: Mapping[str, str]) -> None:
    """Let nobody pass whom another site's page makes ask.

    Browsers say so by `Sec-Fetch-Site`; those that do not by `Origin`. Refusal: another site, or
    nothing is fetched.
    """
    fetched, origin = headers.get("sec-fetch-site"), headers.get("origin")
    is_ours = fetched == OURS if fetched else _is_own(origin, headers)
    if not is_ours:
        raise Refusal(403, _FOREIGN, ErrorCode.FORBIDDEN)


def check_own_socket(headers: Mapping[str, str]) -> None:
    """Let no page of another site open a socket: they send no `Sec-Fetch-Site`."""
    if not _is_own(headers.get("origin"), headers):
        raise Refusal(403, _FOREIGN, ErrorCode.FORBIDDEN)


def _is_own(origin: str | None, headers: Mapping[str, str]) -> bool:
    return origin is not None and is_same_origin(origin, headers.get("host"))
