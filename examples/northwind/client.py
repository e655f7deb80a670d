"""A small client of the API: single calls, many mutations in one document, pages of a list.

Every mutation carries an idempotency key that is made once and sent again with each repetition,
so that a lost answer costs nothing: the API gives its first answer again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from examples.mutations import Mutation

PAGE = 250
"""Rows of a page and items of a bulk call: the most that the API takes."""
ALIASES = 25
"""Mutations in one document."""
PARALLEL = 4
"""Requests at one time."""
ATTEMPTS = 4
"""How often a request is sent when the network fails; the pauses are 1, 2 and 4 seconds."""
THROTTLED = 429
"""The status that asks to wait until the token's points have flown in again."""

Item = TypeVar("Item")
Input = dict[str, Any]


class Failed(Exception):
    """The API cannot be reached, refused the request, or found fault with an input."""


class Client:
    """Asks one API with one token."""

    def __init__(self, http: httpx.AsyncClient, url: str, token: str) -> None:
        """Take the connections, the address of the endpoint and the token."""
        self.http, self.url = http, url
        self.headers = {"Authorization": f"Bearer {token}"}
        self._turns = asyncio.Semaphore(PARALLEL)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Return the data of an operation. Failed tells why there is none."""
        body = {"query": document, "variables": variables}
        async with self._turns:
            response = await self._sent(body)
        if response.status_code == THROTTLED:
            await asyncio.sleep(int(response.headers["Retry-After"]))
            return await self.ask(document, **variables)
        try:
            answer = response.json()
        except ValueError as error:
            message = f"{self.url} answers {response.status_code}, and not with JSON."
            raise Failed(message) from error
        if errors := answer.get("errors"):
            raise Failed(errors[0]["message"])
        data: dict[str, Any] = answer["data"]
        return data

    async def _sent(self, body: Mapping[str, Any]) -> httpx.Response:
        for attempt in range(1, ATTEMPTS):
            try:
                return await self.http.post(self.url, json=body, headers=self.headers)
            except httpx.TransportError:
                await asyncio.sleep(2 ** (attempt - 1))
        try:
            return await self.http.post(self.url, json=body, headers=self.headers)
        except httpx.TransportError as error:
            message = f"{self.url} cannot be reached: {error}"
            raise Failed(message) from error

    async def change(self, mutation: Mutation, *inputs: Input) -> list[dict[str, Any]]:
        """Send mutations in one document; return their payloads. Failed tells any user error."""
        keyed = {
            f"m{place}": {"idempotencyKey": str(uuid4()), **each}
            for place, each in enumerate(inputs)
        }
        data = await self.ask(mutation.document(len(inputs)), **keyed)
        payloads: list[dict[str, Any]] = [data[alias] for alias in keyed]
        for payload in payloads:
            if problem := mutation.problem(payload):
                raise Failed(problem)
        return payloads

    async def change_all(
        self, mutation: Mutation, inputs: Sequence[Input], note: Callable[[int], None]
    ) -> None:
        """Send any number of mutations, a few documents at a time. note: told how many are done."""

        async def send(part: Sequence[Input]) -> None:
            await self.change(mutation, *part)
            note(len(part))

        await asyncio.gather(*(send(part) for part in parts(inputs, ALIASES)))

    async def nodes(
        self, document: str, connection: str, **variables: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Give every node of a connection. The document takes $first and $after."""
        after: str | None = None
        while True:
            data = await self.ask(document, first=PAGE, after=after, **variables)
            page = data[connection]
            for node in page["nodes"]:
                yield node
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


def parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a list into parts of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
