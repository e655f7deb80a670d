"""Tokens: of keys, `abruf_<key id>_<secret>`, and of orders, `order_<order id>_<signature>`.

A session's, `session_<merchant id>_<session id>_<secret>`, says behind whose wall it is.

A key's secret is 256 random bits of which only a hash is kept. An order's token is signed with a
secret of its merchant, so that nothing is kept of it; SQL signs alike, for lists of orders. What
else is handed out, such as links of mails, is sealed with the same secret, for its own purpose.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    Text,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.base.tables import fixed

_PREFIX = "abruf"
_ORDER = "order"
_SECRET_BYTES = 32
_SEAL_BYTES = 16
_INNER, _OUTER = 0x36, 0x5C
"""What HMAC mixes with its secret before the message, and before the hash of both (RFC 2104)."""
_ID, _SECRET = "([0-9a-f]{32})", f"([0-9a-f]{{{2 * _SECRET_BYTES}}})"
_ORDER_TOKEN = re.compile(f"{_ORDER}_{_ID}_[0-9a-f]{{64}}")
_TOKEN = re.compile(f"{_PREFIX}_{_ID}_{_SECRET}")
_SESSION_TOKEN = re.compile(f"session_{_ID}_{_ID}_{_SECRET}")


def issue(key_id: UUID) -> tuple[str, bytes]:
    """Return a new token, shown once, and the SHA-256 of its secret, which is kept."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    return f"{_PREFIX}_{key_id.hex}_{secret.hex()}", hashlib.sha256(secret).digest()


def token_parts(token: str) -> tuple[UUID, bytes] | None:
    """Return the key id and the secret of a token, None when it has not the form of one.

    There is one form: no other spelling of a token is the same token.
    """
    found = _TOKEN.fullmatch(token)
    return (UUID(hex=found[1]), bytes.fromhex(found[2])) if found else None


def issue_session(merchant_id: UUID, session_id: UUID) -> tuple[str, bytes]:
    """Return a session's token, for one cookie, and the SHA-256 of its secret, which is kept."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    token = f"session_{merchant_id.hex}_{session_id.hex}_{secret.hex()}"
    return token, hashlib.sha256(secret).digest()


def session_parts(token: str) -> tuple[UUID, UUID, bytes] | None:
    """Return merchant, session and secret of a token, None when it has not the form of one."""
    found = _SESSION_TOKEN.fullmatch(token)
    return (UUID(hex=found[1]), UUID(hex=found[2]), bytes.fromhex(found[3])) if found else None


class Shown(str):
    """A secret that is shown once: it stands in the answer, and nowhere where answers are kept."""

    __slots__ = ()


def prefix(key_id: UUID) -> str:
    """Return what tokens of a key begin with; it is no secret."""
    return f"{_PREFIX}_{key_id.hex}"


def prefix_in_sql(key_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the expression of `prefix`."""
    return func.concat(literal_column(f"'{_PREFIX}_'"), _hex(func.uuid_send(key_id)), type_=Text())


def new_secret() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(_SECRET_BYTES)


def order_token(secret: bytes, order_id: UUID) -> str:
    """Return the token with which a storefront sees one order. secret: of the merchant."""
    signature = hmac.digest(secret, order_id.bytes, "sha256")
    return f"{_ORDER}_{order_id.hex}_{signature.hex()}"


def order_of(token: str, secret: bytes) -> UUID | None:
    """Return the order of a token, None when the merchant has not signed it."""
    found = _ORDER_TOKEN.fullmatch(token)
    if found is None:
        return None
    claimed = UUID(hex=found[1])
    genuine = order_token(secret, claimed)
    return claimed if hmac.compare_digest(token.encode(), genuine.encode()) else None


def sealed(secret: bytes, purpose: str, content: bytes) -> str:
    """Return what a merchant hands out for a purpose, signed: characters of URLs only."""
    return base64.urlsafe_b64encode(content + _seal(secret, purpose, content)).decode().rstrip("=")


def content_of(token: str) -> bytes | None:
    """Return what a token says, whoever has made it; None where it has not the form of one."""
    try:
        found = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return found[:-_SEAL_BYTES] if len(found) > _SEAL_BYTES else None


def is_sealed(secret: bytes, purpose: str, token: str) -> bool:
    """Tell whether a token was handed out for a purpose. secret: of the merchant."""
    content = content_of(token)
    if content is None:
        return False
    return hmac.compare_digest(token.encode(), sealed(secret, purpose, content).encode())


def _seal(secret: bytes, purpose: str, content: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\0" + content, "sha256")[:_SEAL_BYTES]


def order_token_in_sql(secret: Select[Any], order_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the expression of `order_token`. secret: the select of the merchant's one.

    PostgreSQL reads the secret itself, once a statement: it stands in no text and no parameter.
    """
    message = func.uuid_send(order_id, type_=LargeBinary())
    inner = func.sha256(_block(secret, _INNER).concat(message), type_=LargeBinary())
    signature = func.sha256(_block(secret, _OUTER).concat(inner), type_=LargeBinary())
    named: tuple[ColumnElement[Any], ...] = (
        fixed(_ORDER),
        _hex(message),
        _hex(signature),
    )
    return func.concat_ws(literal_column("'_'"), *named, type_=Text())


def _hex(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.encode(value, literal_column("'hex'"))


def _block(secret: Select[Any], mixed: int) -> ColumnElement[Any]:
    """Mix each byte of a secret, which is as long as half a block, with one; the rest is that."""
    kept = secret.subquery()
    (whole,) = kept.c
    places = func.generate_series(_number(0), _number(_SECRET_BYTES - 1))
    table = places.table_valued("place", name="places").render_derived()
    place = table.c.place
    byte = func.get_byte(whole, place, type_=Integer()).bitwise_xor(_number(mixed))
    each = func.set_byte(_bytes(1, mixed), _number(0), byte)
    put_together = func.string_agg(
        each, aggregate_order_by(_bytes(0, mixed), place), type_=LargeBinary()
    )
    block = put_together.concat(_bytes(_SECRET_BYTES, mixed))
    return select(block).select_from(kept.join(table, true())).scalar_subquery()


def _number(value: int) -> ColumnElement[Any]:
    return literal_column(str(value), Integer())


def _bytes(times: int, byte: int) -> ColumnElement[Any]:
    return literal_column(f"'\\x{times * f'{byte:02x}'}'::bytea", LargeBinary())
