"""Idempotency keys: one effect and one answer for a call that a client repeats."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from commands.writing import Outcome, Writing
from kit.errors import Code, Problem, Refused
from kit.ids import new_id
from kit.inputs import Command
from kit.tokens import Shown
from models.keys import IdempotencyKey
from models.sight import merchant

Run = Callable[[Writing, Any], Awaitable[Outcome]]


def _fingerprint(name: str, command: Command) -> bytes:
    body = command.model_dump_json(exclude={"idempotency_key"})
    return hashlib.sha256(f"{name}\n{body}".encode()).digest()


def _mine(writing: Writing, key: str) -> tuple[Any, ...]:
    return (
        IdempotencyKey.merchant_id == merchant(writing.viewer),
        IdempotencyKey.api_key_id == writing.viewer.key_id,
        IdempotencyKey.key == key,
    )


async def once(writing: Writing, run: Run, command: Command, name: str, keep: timedelta) -> Outcome:
    """Run the command, or give the outcome of its first run under the same key.

    The key is claimed in the transaction of the effect: a second caller waits for the first at
    the unique index, and a refusal, which rolls back, does not burn the key.
    Refused: IDEMPOTENCY_KEY_REUSED with another input.
    """
    key = command.idempotency_key
    if key is None:
        return await run(writing, command)
    fingerprint = _fingerprint(name, command)
    if not await _claimed(writing, key, fingerprint, keep):
        return await _first(writing, key, fingerprint)
    outcome = await run(writing, command)
    await writing.session.execute(
        update(IdempotencyKey).where(*_mine(writing, key)).values(outcome=_kept(outcome))
    )
    return outcome


async def _claimed(writing: Writing, key: str, fingerprint: bytes, keep: timedelta) -> bool:
    """Take a key that nobody has, or whose time is over; tell whether it could be taken."""
    row = insert(IdempotencyKey).values(
        merchant_id=writing.viewer.merchant_id,
        id=new_id(),
        api_key_id=writing.viewer.key_id,
        key=key,
        fingerprint=fingerprint,
        expires_at=writing.now + keep,
    )
    taken = row.on_conflict_do_update(
        index_elements=["merchant_id", "api_key_id", "key"],
        set_={name: row.excluded[name] for name in ("fingerprint", "expires_at")},
        where=IdempotencyKey.expires_at <= writing.now,
    ).returning(IdempotencyKey.id)
    return (await writing.session.execute(taken)).scalar_one_or_none() is not None


async def _first(writing: Writing, key: str, fingerprint: bytes) -> Outcome:
    rows = select(IdempotencyKey.fingerprint, IdempotencyKey.outcome).where(*_mine(writing, key))
    stored, outcome = (await writing.session.execute(rows)).one()
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
            return {"code": value.code, "message": value.message, "path": list(value.path)}
        case UUID():
            return str(value)
        case Shown():
            return None
    return value


def _restored(name: str, value: Any) -> Any:
    """Read an outcome back: ids by their names, refusals under `problems`."""
    if value is None:
        return None
    if name.endswith("_id"):
        return UUID(value)
    if name.endswith("_ids"):
        return [UUID(each) for each in value]
    if name == "problems":
        return [Problem(Code(it["code"]), it["message"], tuple(it["path"])) for it in value]
    if isinstance(value, list):
        return [
            {key: _restored(key, it) for key, it in each.items()}
            if isinstance(each, dict)
            else each
            for each in value
        ]
    return value
