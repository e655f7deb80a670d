"""Idempotency keys: one effect and one answer for a call that a client repeats."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from commands.writing.running.dues import forgetting, noting
from commands.writing.transaction import Outcome, Writing
from kit.db.statements import Statement
from kit.errors import Code, Problem, Refused
from kit.ids import new_id
from kit.inputs import Command
from kit.standards.money import Amount
from models.access.dues import DueKind
from models.access.keys import IdempotencyKey
from models.access.tokens import Shown


def _fingerprint(name: str, command: Command) -> bytes:
    body = command.model_dump_json(exclude={"idempotency_key", "dry_run"}, exclude_unset=True)
    return hashlib.sha256(f"{name}\n{body}".encode()).digest()


async def once(
    writing: Writing,
    name: str,
    command: Command,
    keep: timedelta,
    run: Callable[[], Awaitable[Outcome]],
) -> Outcome:
    """Run a verb, or give the outcome of its first run under the same key. name: of the verb.

    The key is claimed in the transaction of the effect: a second caller waits for the first at
    the unique index, and a refusal, which rolls back, does not burn the key.
    Refused: IDEMPOTENCY_KEY_REUSED with another input.
    """
    key = command.idempotency_key
    if key is None:
        return await run()
    fingerprint = _fingerprint(name, command)
    if not await _claimed(writing, key, fingerprint, keep):
        return await _first(writing, key, fingerprint)
    outcome = await run()
    await writing.session.rows(_KEEP, {**_of(writing, key), "kept": _kept(outcome)})
    return outcome


def _of(writing: Writing, key: str) -> dict[str, Any]:
    """Return the parameters that name a key of the viewer."""
    viewer = writing.viewer
    return {"merchant": viewer.merchant_id, "holder": viewer.key_id, "named": key}


def _claim() -> Any:
    """Build the statement that takes a key that nobody has, or whose time is over.

    It notes when that answer is to be forgotten.
    """
    row = insert(_KEYS).values(
        merchant_id=_MERCHANT,
        id=bindparam("id", type_=Uuid()),
        api_key_id=_HOLDER,
        key=_NAMED,
        fingerprint=bindparam("fingerprint", type_=_KEYS.c.fingerprint.type),
        expires_at=bindparam("until", type_=_KEYS.c.expires_at.type),
    )
    taken = row.on_conflict_do_update(
        index_elements=["merchant_id", "api_key_id", "key"],
        set_={name: row.excluded[name] for name in ("fingerprint", "expires_at")},
        where=_KEYS.c.expires_at <= bindparam("now", type_=_KEYS.c.expires_at.type),
    ).returning(_KEYS.c.id)
    return taken.add_cte(noting(DueKind.FORGET_ANSWERS))


_KEYS: Any = IdempotencyKey.__table__
_MERCHANT, _HOLDER = bindparam("merchant", type_=Uuid()), bindparam("holder", type_=Uuid())
_NAMED = bindparam("named", type_=Text())
_MINE = (_KEYS.c.merchant_id == _MERCHANT, _KEYS.c.api_key_id == _HOLDER, _KEYS.c.key == _NAMED)
_CLAIM = Statement(_claim())
_FIRST = Statement(select(_KEYS.c.fingerprint, _KEYS.c.outcome).where(*_MINE))
_KEPT = bindparam("kept", type_=_KEYS.c.outcome.type)
_KEEP = Statement(update(_KEYS).where(*_MINE).values(outcome=_KEPT))


async def _claimed(writing: Writing, key: str, fingerprint: bytes, keep: timedelta) -> bool:
    """Take a key that nobody has, or whose time is over; tell whether it could be taken."""
    now = writing.now
    row = {"id": new_id(), "fingerprint": fingerprint, "until": now + keep, "now": now}
    row |= forgetting(now + keep)
    return bool(await writing.session.rows(_CLAIM, _of(writing, key) | row))


async def _first(writing: Writing, key: str, fingerprint: bytes) -> Outcome:
    ((stored, outcome),) = await writing.session.rows(_FIRST, _of(writing, key))
    if stored != fingerprint:
        raise Refused(
            Code.IDEMPOTENCY_KEY_REUSED,
            "This key was used with another input.",
            ("idempotency_key",),
        )
    return {name: _restored(name, value) for name, value in outcome.items()}


def _kept(value: Any) -> Any:
    """Write an outcome as JSON-able data, without what is shown once."""
    match value:
        case dict():
            return {name: _kept(item) for name, item in value.items()}
        case list() | tuple():
            return [_kept(item) for item in value]
        case Problem():
            kept = {"code": value.code, "message": value.message, "path": list(value.path)}
            return kept | ({"price": list(value.price)} if value.price else {})
        case UUID():
            return str(value)
        case Shown():
            return None
    tag = _TAGS.get(type(value))
    return value if tag is None else {tag: str(value)}


_READ: dict[str, Callable[[str], Any]] = {
    "$decimal": Decimal,
    "$instant": datetime.fromisoformat,
    "$day": date.fromisoformat,
}
_TAGS = {Decimal: "$decimal", datetime: "$instant", date: "$day"}
"""JSON has no words for these: each stands under its tag, by which it is read back."""


def _restored(name: str, value: Any) -> Any:
    """Read an outcome back: ids by their names, problems by theirs, others by their tags."""
    if value is not None and name.endswith("_id"):
        return UUID(value)
    if value is not None and name.endswith("_ids"):
        return [UUID(each) for each in value]
    match value:
        case list():
            return [_problem(it) if name == "problems" else _restored("", it) for it in value]
        case dict():
            read = _READ.get(*value) if len(value) == 1 else None
            if read is not None:
                return read(*value.values())
            return {key: _restored(key, it) for key, it in value.items()}
    return value


def _problem(kept: dict[str, Any]) -> Problem:
    price = kept.get("price")
    ours = Amount(Decimal(price[0]), price[1]) if price else None
    return Problem(kept["code"], kept["message"], tuple(kept["path"]), ours)
