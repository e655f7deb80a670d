"""Where a request comes from: the client's IP address, for the journal."""

from functools import lru_cache
from ipaddress import ip_address

from starlette.requests import HTTPConnection

_LONGEST = 100
"""Characters of what may be an address, and is remembered."""


def address_of(connection: HTTPConnection) -> str | None:
    """Return the client's IP address, None where it has none (a Unix socket).

    Behind a proxy that is trusted (ABRUF_TRUSTED_PROXIES) uvicorn has put there what the proxy
    tells, which may be any text: what is no address is not kept.
    """
    host = connection.client.host if connection.client else ""
    return _normal(host) if len(host) <= _LONGEST else None


@lru_cache(1_024)
def _normal(host: str) -> str | None:
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None
