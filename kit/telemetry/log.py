"""Log lines on the standard error stream, for people or as JSON; what clients send is not in them.

An error is told by its type and the places it went through. Its text is left out, for PostgreSQL,
pydantic and Python quote values there: addresses, names, tokens.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic
from traceback import walk_tb
from typing import Any

import orjson

from kit.telemetry import trace

_OURS = "abruf"
AGAIN_S = 60.0
"""Seconds after which what lasts is told again."""
_log = logging.getLogger(_OURS)


def configure(form: str) -> None:
    """Send every log line out: `text` tells what goes wrong, `json` every operation too."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Lines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    # It warns of pages of other origins, in the words that they send.
    logging.getLogger("strawberry.ws").setLevel(logging.ERROR)
    logging.getLogger(_OURS).setLevel(logging.INFO if form == "json" else logging.WARNING)


class Lasting:
    """What lasts: told when it begins and when it is over, and at most once a minute meanwhile.

    Whoever meets it says so, however many they are.
    """

    def __init__(self, over: str = "") -> None:
        """Take what is told when it is over; nothing where nobody would notice."""
        self._over, self._logged_at = over, -AGAIN_S
        self._lasts = False

    def met(self, text: str, *about: object, exc_info: bool = False) -> None:
        """Say that it is so."""
        if not self._lasts or monotonic() - self._logged_at >= AGAIN_S:
            self._lasts, self._logged_at = True, monotonic()
            _log.warning(text, *about, exc_info=exc_info)

    def over(self) -> None:
        """Say that it is so no more."""
        if self._lasts and self._over:
            self._lasts = False
            _log.warning(self._over)


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write what is known of the record and of its request."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **_request(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = list(trail(record.exc_info[1]))
        return orjson.dumps(line, default=str).decode()


class Lines(logging.Formatter):
    """A line for people, and one for each place that an error went through."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record with its request's id."""
        known = {**_request(), **getattr(record, "fields", {})}
        words = [f"{datetime.fromtimestamp(record.created, UTC):%H:%M:%S}", record.levelname]
        words += [_message(record), *(f"{name}={value}" for name, value in known.items())]
        error = record.exc_info[1] if record.exc_info else None
        return "\n  ".join([" ".join(words), *(trail(error) if error else ())])


def _message(record: logging.LogRecord) -> str:
    """Return the first line: asyncio and others quote errors in those that follow."""
    return record.getMessage().partition("\n")[0]


def _request() -> dict[str, Any]:
    request = trace.CURRENT.get()
    known = {
        "request": request.request_id,
        "trace": request.trace_id,
        "merchant": request.merchant_id,
        "key": request.key_id,
    }
    return {name: value for name, value in known.items() if value}


def trail(error: BaseException) -> Iterator[str]:
    """Give an error, and those behind it, as types and places."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        state = getattr(behind, "sqlstate", None)
        yield f"{type(behind).__module__}.{type(behind).__qualname__} {state or ''}".rstrip()
        for frame, line in walk_tb(behind.__traceback__):
            yield f"at {frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)
