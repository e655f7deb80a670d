"""Pages of other sites: those of listed origins may ask, with a token of their own."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

REQUEST_HEADERS = (
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "abruf-order-token",
    "x-request-id",
    *("traceparent", "tracestate", "baggage", "sentry-trace"),
    *("apollographql-client-name", "apollographql-client-version"),
)
RESPONSE_HEADERS = ("x-request-id", "retry-after", "etag")


def shared_with(origins: Sequence[str]) -> list[Middleware]:
    """Return the CORS layer; without origins none, so that browsers refuse every other site.

    No credentials: no cookie counts where they may ask, and a page must hold a token to send one.
    """
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=REQUEST_HEADERS,
            expose_headers=RESPONSE_HEADERS,
        )
    ]
