"""What a browser says of itself: its cookie, and which site's page makes it ask."""

from collections.abc import Mapping
from ipaddress import ip_address

from starlette.requests import Request, cookie_parser
from strawberry.http.websocket_origin import is_same_origin

from schema.graphql.errors import ErrorCode
from transport.http.addresses import address_of
from transport.http.refusals import Refusal

OURS = "same-origin"
"""What `Sec-Fetch-Site` is where a page of our own asks."""
_COOKIE, _LOCAL_COOKIE = "__Host-abruf", "abruf"
_ATTEMPT, _PAGE = "-sign-in", "-page"
_FOREIGN = "A page of another site has sent this."
_CARRIED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies add: who asks is elsewhere, whatever name they ask by."""


def is_loopback(host: str | None) -> bool:
    """Tell whether a host's name or address is this machine's."""
    try:
        return host == "localhost" or ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False


def is_local(headers: Mapping[str, str], address: str | None) -> bool:
    """Tell whether a browser on this machine asks for a server on this machine.

    The name counts, too: another's may be made to lead here; and a proxy asks for others.
    """
    if any(name in headers for name in _CARRIED):
        return False
    host = headers.get("host", "")
    name, _, port = host.rpartition(":")
    return is_loopback(address) and is_loopback(name if name and port.isdigit() else host)


def cookie_name(headers: Mapping[str, str], address: str | None) -> str:
    """Return what the cookie is called: on this machine some browsers take no other over http."""
    return _LOCAL_COOKIE if is_local(headers, address) else _COOKIE


def session_token(headers: Mapping[str, str], address: str | None) -> str | None:
    """Return what the cookie holds, None without one."""
    return cookie_parser(headers.get("cookie", "")).get(cookie_name(headers, address))


def session_cookie(request: Request, value: str, seconds: int | None = None) -> str:
    """Return the header that sets the cookie for this host only, unseen by scripts.

    seconds: how long the browser keeps it; None: until it is closed; 0: no longer.
    """
    return _cookie(request, "", value, "Strict", seconds)


def attempt_cookie(request: Request, value: str, seconds: int) -> str:
    """Return the header that sets the cookie of a sign-in elsewhere, with which one comes back.

    A browser sends it where another host leads it here, too.
    """
    return _cookie(request, _ATTEMPT, value, "Lax", seconds)


def attempt_of(request: Request) -> str | None:
    """Return what the cookie of a sign-in elsewhere holds, None without one."""
    return request.cookies.get(cookie_name(request.headers, address_of(request)) + _ATTEMPT)


def page_cookie(request: Request, value: str, seconds: int) -> str:
    """Return the header that sets the cookie of the page that somebody wants after signing in."""
    return _cookie(request, _PAGE, value, "Lax", seconds)


def page_of(request: Request) -> str | None:
    """Return what the cookie of that page holds, None without one."""
    return request.cookies.get(cookie_name(request.headers, address_of(request)) + _PAGE)


def _cookie(request: Request, what: str, value: str, sent: str, seconds: int | None) -> str:
    own = (request.headers, address_of(request))
    parts = [f"{cookie_name(*own)}{what}={value}", "Path=/", "HttpOnly", f"SameSite={sent}"]
    parts += [] if is_local(*own) else ["Secure"]
    parts += [] if seconds is None else [f"Max-Age={seconds}"]
    return "; ".join(parts)


def check_own_page(headers: Mapping[str, str]) -> None:
    """Let nobody pass whom another site's page makes ask.

    Browsers say so by `Sec-Fetch-Site`; those that do not by `Origin`. Refusal: another site, or
    nothing is fetched.
    """
    fetched = headers.get("sec-fetch-site")
    is_ours = fetched == OURS if fetched else _is_own_origin(headers)
    if not is_ours:
        raise Refusal(403, _FOREIGN, ErrorCode.FORBIDDEN)


def is_own_socket(headers: Mapping[str, str]) -> bool:
    """Tell whether a page of our own opens a socket: by both, where a browser says both."""
    return headers.get("sec-fetch-site", OURS) == OURS and _is_own_origin(headers)


def _is_own_origin(headers: Mapping[str, str]) -> bool:
    origin = headers.get("origin")
    return origin is not None and is_same_origin(origin, headers.get("host"))
