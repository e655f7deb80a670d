"""What an identity provider answers, at addresses that an operator has written down."""

from typing import Any

import httpx

LARGEST_ANSWER = 256 * 1024
"""Bytes that are read of an answer."""
_IDENTITY = {"Accept": "application/json", "Accept-Encoding": "identity"}


class _TooLongError(Exception):
    """An answer goes on after `LARGEST_ANSWER` bytes."""


NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, _TooLongError)
"""What is raised where there is none."""


async def body_at(method: str, url: str, **more: Any) -> bytes:
    """Return the body of an answer. NO_ANSWER: there is none, a refusal, or one that is too long.

    It follows no redirect. more: of the request.
    """
    body = b""
    async with (
        httpx.AsyncClient(headers=_IDENTITY) as client,
        client.stream(method, url, **more) as response,
    ):
        response.raise_for_status()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise _TooLongError
    return body
