"""GraphQL over HTTP: one operation, read from a body or from an address."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request

from kit.limits import INSIDE, Entries
from kit.loop.memory import MUCH
from schema.graphql.extensions.documents import with_document_name
from transport.http.refusals import Refusal

_KINDS: Mapping[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "operationName": (str, "a string"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}
BRACKETS = 2 * INSIDE
"""That a body may open, those of its texts included: more lists and objects than variables may hold
would keep the event loop for a tenth of a second before they are refused."""
_IN_JSON = ("variables", "extensions")
"""Parameters of an address that hold JSON."""


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """What a request asks. extensions: also name the document where the request has no text."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


def operation_of(request: Request, body: bytes) -> OperationRequest:
    """Read a request whose body is complete. Refusal: it is no operation."""
    sent = _in_the_address(request) if request.method == "GET" else object_of(body)
    for name, (kind, noun) in _KINDS.items():
        if not isinstance(sent.get(name), (kind, type(None))):
            raise Refusal(400, f"`{name}` must be {noun} or null, if provided.")
    query, extensions = sent.get("query"), sent.get("extensions")
    if not query:
        extensions = with_document_name(sent, extensions)
    return OperationRequest(query, sent.get("variables"), sent.get("operationName"), extensions)


def _in_the_address(request: Request) -> dict[str, Any]:
    sent: dict[str, Any] = dict(request.query_params)
    return sent | {name: object_of(sent[name]) for name in _IN_JSON if sent.get(name)}


def object_of(text: str | bytes) -> dict[str, Any]:
    """Read a JSON object. Refusal: it is none, or has more in it than is read."""
    if len(text) > BRACKETS and (inside := _brackets(text)) > BRACKETS:
        message = f"The body holds {inside:,} opening brackets; {BRACKETS:,} is the most."
        raise Refusal(400, message)
    try:
        return json_object(text)
    except json.JSONDecodeError:
        raise Refusal(400, "Unable to parse request body as JSON.") from None


def inside_of_long(body: bytes) -> int:
    """Return how many lists and objects a body may have, 0 where they hold little memory."""
    inside = _brackets(body) if len(body) > MUCH else 0
    return inside if inside >= MUCH else 0


def holds_much(operation: OperationRequest) -> bool:
    """Tell whether that is so in its variables, and not only in texts."""
    return Entries.of(operation.variables or {}).inside >= MUCH


def _brackets(text: str | bytes) -> int:
    data = text.encode() if isinstance(text, str) else text
    return data.count(b"{") + data.count(b"[")


def json_object(text: str | bytes) -> dict[str, Any]:
    """Read a JSON object; everything else is malformed (json.JSONDecodeError)."""
    value = orjson.loads(text)
    if not isinstance(value, dict):
        message = "This is no JSON object."
        raise json.JSONDecodeError(message, "", 0)
    return value
