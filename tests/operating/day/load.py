"""Clients that place orders and read them, while servers come and go."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

CLIENTS = 4
LONGEST_S = 60
"""That a client tries one order; then it counts as failed."""
_PAUSE_S = 0.1
_RETRIABLE = {"UNAVAILABLE", "OUTCOME_UNKNOWN", "THROTTLED", "no connection"}
_BASE = """mutation {
  channelsUpsert(input: { channels: [{ code: "DAY", name: "Day", kind: B2B_PORTAL,
    deliveryMethods: [PARCEL] }] }) {
    results { channel { id } } userErrors { message } }
  productsUpsert(input: { products: [{ sku: "DAY", name: "Bolt" }] }) {
    results { product { id } } userErrors { message } }
  partiesUpsert(input: { parties: [{ number: "DAY", name: "Weber", channelCodes: ["DAY"],
    addresses: [{ code: "MAIN", timeZone: "Europe/Berlin", isDefault: true,
      place: { line1: "Ringstr. 1", postalCode: "50667", city: "Cologne", country: "DE" } }] }] }) {
    results { party { id } } userErrors { message } }
}"""
_PLACE = """mutation ($input: OrderPlaceInput!) {
  orderPlace(input: $input) { order { id number } userErrors { code message } } }"""
_READ = "query ($id: ID!) { order(id: $id) { number lines { ordered product { sku } } } }"


class Load:
    """What clients did. placed: purchase order number -> the order's number, as it was answered."""

    def __init__(self, token: str, *origins: str) -> None:
        """Take servers by their address; a client that fails at one goes to the next."""
        self.origins, self._token = list(origins), token
        self.placed: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.retried: Counter[str] = Counter()
        self.failed: list[str] = []
        self._ended = threading.Event()
        self._more = threading.Condition()
        self._ids: dict[str, str] = {}

    def _prepare(self) -> None:
        made = self._ask(self.origins[0], _BASE, {})["data"]
        (channel,) = made["channelsUpsert"]["results"]
        (product,) = made["productsUpsert"]["results"]
        (party,) = made["partiesUpsert"]["results"]
        self._ids = {
            "channelId": channel["channel"]["id"],
            "partyId": party["party"]["id"],
            "productId": product["product"]["id"],
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write what is ordered, and by whom; then place orders until the end of the block."""
        self._prepare()
        with ThreadPoolExecutor(CLIENTS) as clients:
            working = [clients.submit(self._work, at) for at in range(CLIENTS)]
            try:
                yield
            finally:
                self._ended.set()
        for each in working:
            each.result()

    def end(self) -> None:
        """Let each client end with the order that it has in hand."""
        self._ended.set()

    def wait_for(self, more: int, origin: str) -> None:
        """Wait until a server has answered so many orders more."""
        wanted = self.answers[origin] + more
        with self._more:
            done = self._more.wait_for(lambda: self.answers[origin] >= wanted, LONGEST_S)
        assert done, f"{origin} of {self.answers}, failed: {self.failed[:5]}"

    def _work(self, at: int) -> None:
        while not self._ended.is_set():
            self._order(at, f"DAY-{uuid.uuid4()}")

    def _order(self, at: int, name: str) -> None:
        """Place one order and read it, by as many attempts as it takes, safely repeated."""
        ids = self._ids
        variables = {
            "currency": "EUR",
            "channelId": ids["channelId"],
            "partyId": ids["partyId"],
            "purchaseOrderNumber": name,
            "idempotencyKey": name,
            "lines": [
                {"productId": ids["productId"], "quantity": "3", "unitPrice": "1.50"},
            ],
        }
        made = self._answer(at, _PLACE, {"input": variables})
        if made is None:
            return
        if made["orderPlace"]["userErrors"]:
            self.failed.append(f"{name}: {made['orderPlace']['userErrors']}")
            return
        order = made["orderPlace"]["order"]
        self.placed[name] = order["number"]
        read = self._answer(at, _READ, {"id": order["id"]})
        wanted = {
            "number": order["number"],
            "lines": [{"ordered": "3", "product": {"sku": "DAY"}}],
        }
        if read is not None and read["order"] != wanted:
            self.failed.append(f"{name}: {read}")

    def _answer(self, at: int, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Return data; None where it failed in a way that no client should meet."""
        for attempt in range(int(LONGEST_S / _PAUSE_S)):
            origin = self.origins[(at + attempt) % len(self.origins)]
            answer, codes = self._tried(origin, query, variables)
            if not codes:
                with self._more:
                    self.answers[origin] += 1
                    self._more.notify_all()
                data: dict[str, Any] = answer["data"]
                return data
            if not codes <= _RETRIABLE:
                self.failed.append(f"{origin}: {answer}")
                return None
            self.retried.update(codes)
            self._ended.wait(_PAUSE_S)
        self.failed.append(f"no answer in {LONGEST_S} s: {variables}")
        return None

    def _tried(
        self, origin: str, query: str, variables: dict[str, Any]
    ) -> tuple[dict[str, Any], set[str]]:
        """Ask once, on a connection of its own; returns the answer and its errors' codes."""
        try:
            answer = self._ask(origin, query, variables)
        except httpx.TransportError:
            return {}, {"no connection"}
        return answer, {it["extensions"]["code"] for it in answer.get("errors", ())}

    def _ask(self, origin: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        sent = {"query": query, "variables": variables}
        with httpx.Client(trust_env=False, timeout=LONGEST_S) as http:
            answer: dict[str, Any] = http.post(
                f"{origin}/graphql", json=sent, headers=headers
            ).json()
        return answer
