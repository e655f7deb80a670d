"""The public keys of an identity provider, fetched when they are needed and kept."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import KeySet, import_key
from pydantic import BaseModel, ValidationError

from kit.clock import Clock
from transport.identity.asking import NO_ANSWER, body_at

MINIMUM = timedelta(seconds=30)
"""From one fetch to the next, however many tokens name keys that are not known."""
WITHDRAWN = timedelta(minutes=10)
"""After so long keys are fetched again, so that one which is withdrawn ends."""
FETCH_S = 3
"""Seconds that a fetch may take, and that a request waits for it."""
_log = logging.getLogger("abruf")


class _Published(BaseModel):
    keys: list[dict[str, Any]]


class SigningKeys:
    """The keys at one address. While it does not answer, those that are known stay."""

    def __init__(self, url: str, clock: Clock) -> None:
        """Take where the keys are published; nothing is fetched before the first token comes."""
        self._url, self._clock = url, clock
        self._keys = KeySet([])
        self._fetched_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def known(self, no_older_than: timedelta = WITHDRAWN) -> KeySet:
        """Return the keys, fetched again if they are older; whoever needs that waits for one fetch.

        It goes on when a request that waits for it ends: hanging up stops no rotation.
        """
        if self._fetched_at is None or self._clock() - self._fetched_at >= no_older_than:
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch())
            await asyncio.shield(self._fetching)
        return self._keys

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_S):
                self._keys = _imported(await body_at("GET", self._url))
        except _NO_KEYS as error:
            _log.warning("No keys from %s: %r", self._url, error)
        self._fetched_at = self._clock()


_NO_KEYS = (*NO_ANSWER, TimeoutError, ValidationError)


def _imported(body: bytes) -> KeySet:
    """Return the keys that can be read. ValidationError: it is no set of keys."""
    keys = []
    for published in _Published.model_validate_json(body).keys:
        try:
            keys.append(import_key(published))
        except Exception:  # noqa: BLE001 -- one strange key must not hide the others.
            _log.warning("A published key cannot be read, kid %r", published.get("kid"))
    return KeySet(keys)
