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
_INVALID_ID = "INVALID_ID"


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562 section 5.7): milliseconds since 1970, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(_RANDOM_BITS)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (high << 64) | low | _VERSION_AND_VARIANT)


def to_global(type_name: str, key: UUID) -> str:
    """Return the Relay global id: base64 of `TypeName:uuid`."""
    return base64.b64encode(f"{type_name}:{key}".encode()).decode()


def from_global(text: str) -> tuple[str, UUID]:
    """Return (type name, key) of a global id. ValueError when it is none."""
    try:
        type_name, _, key = base64.b64decode(text, validate=True).decode().partition(":")
        return type_name, UUID(key)
    except (binascii.Error, UnicodeError, ValueError) as error:
        message = "This is not a global id."
        raise ValueError(message) from error


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
            told = {"type_name": self.type_name}
            raise PydanticCustomError(_INVALID_ID, "This is not the id of a {type_name}.", told)
        return key
