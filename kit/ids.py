"""Identifiers: UUIDv7 made by the application, and the global ids that clients see."""

import base64
import binascii
import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_RANDOM_BITS = 74
_STEP_BITS = 32
_INVALID_ID = "INVALID_ID"
_NO_ID = "This is not a global id."


class _Rising:
    """Numbers of 122 bits, each above the one before: milliseconds since 1970, then randomness."""

    def __init__(self) -> None:
        """Begin below every number."""
        self._newest = 0

    def next(self) -> int:
        """Return a number of this millisecond, or one a random step above the newest."""
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds > self._newest >> _RANDOM_BITS:
            self._newest = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        else:
            self._newest += 1 + secrets.randbits(_STEP_BITS)
        return self._newest


_RISING = _Rising()


def new_id() -> UUID:
    """Return a UUIDv7 above all that this process has made (RFC 9562 section 6.2, method 2).

    Rows that are made one after the other so have their order in their ids.
    """
    number = _RISING.next()
    high, low = number >> 62, number & ((1 << 62) - 1)
    return UUID(int=(high >> 12 << 80) | ((high & 0xFFF) << 64) | low | _VERSION_AND_VARIANT)


def to_global(type_name: str, key: UUID) -> str:
    """Return the Relay global id: base64 of `TypeName:uuid`."""
    return base64.b64encode(f"{type_name}:{key}".encode()).decode()


def from_global(text: str) -> tuple[str, UUID]:
    """Return (type name, key) of a global id. ValueError for what `to_global` does not write."""
    try:
        type_name, _, key = base64.b64decode(text, validate=True).decode().partition(":")
        found = type_name, UUID(key)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise ValueError(_NO_ID) from error
    if to_global(*found) != text:
        raise ValueError(_NO_ID)
    return found


@dataclass(frozen=True)
class Names:
    """Marks a UUID of an input as the key of one type: `Annotated[UUID, Names("Order")]`.

    Takes the type's global id (or a UUID, from Python). Another type's id is an unknown one.
    others: further types whose ids it takes.
    """

    type_name: str
    others: frozenset[str] = frozenset()

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Validate by `decode` instead of by pydantic's own UUID rules."""
        del source, handler
        return core_schema.no_info_plain_validator_function(self.decode)

    @property
    def types(self) -> frozenset[str]:
        """The types whose ids it takes."""
        return self.others or frozenset({self.type_name})

    def find(self, text: str) -> UUID | None:
        """Return the key, or None when the text is no id of this type."""
        try:
            type_name, key = from_global(text)
        except ValueError:
            return None
        return key if type_name == self.type_name or type_name in self.others else None

    def decode(self, value: object) -> UUID:
        """Return the key. PydanticCustomError INVALID_ID for what is no id of this type."""
        key = value if isinstance(value, UUID) else self.find(str(value))
        if key is None:
            article = "an" if self.type_name.startswith(tuple("AEIOU")) else "a"
            context = {"named": f"{article} {self.type_name}"}
            raise PydanticCustomError(_INVALID_ID, "This is not the id of {named}.", context)
        return key
