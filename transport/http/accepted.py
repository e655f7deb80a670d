"""What a client accepts: which JSON, or only a stream."""

import re
from dataclasses import dataclass
from functools import lru_cache

from transport.http.refusals import JSON

GRAPHQL_JSON = "application/graphql-response+json"
_STREAM = "text/event-stream"
_JSON_KINDS = {JSON, "application/*", "*/*"}
_NEVER = re.compile(r"q\s*=\s*0(\.0*)?")
_LONGEST = 500
"""Characters that are read; browsers send 150. What is read is remembered, so it is short."""


@dataclass(frozen=True)
class Accepted:
    """json: media type of an answer (GraphQL over HTTP), None for who takes no JSON.

    only_streams: a stream is the only acceptable answer. urql, for one, names `text/event-stream`
    in every request beside JSON.
    """

    json: str | None
    only_streams: bool


def accepted(accept: str) -> Accepted:
    """Read a header `Accept`; one that is too long is ignored, as HTTP lets a server do."""
    return _read(accept if accept and len(accept) <= _LONGEST else "*/*")


@lru_cache(1_024)
def _read(accept: str) -> Accepted:
    named, taken = set(), set()
    for each in accept.lower().split(","):
        kind, *parameters = (it.strip() for it in each.split(";"))
        named.add(kind)
        if not any(map(_NEVER.fullmatch, parameters)):
            taken.add(kind)
    only_streams = _STREAM in named and not named & {GRAPHQL_JSON, *_JSON_KINDS}
    if GRAPHQL_JSON in taken:
        return Accepted(GRAPHQL_JSON, only_streams)
    return Accepted(JSON if taken & _JSON_KINDS else None, only_streams)
