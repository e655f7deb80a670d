"""Trusted documents: registered once, never changed."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.inputs import Bulk, Command, Input, Reference
from kit.limits import DEFAULT_LIMITS
from models.access.documents import Document, PageDocument
from models.access.viewers import Scope
from models.base.acts import Act

SHA256 = "sha256:"
_DIGITS = 64


def key_of(name: str) -> str:
    """Return the key of a name: 64 hexadecimal digits are a SHA-256, with its prefix or without."""
    digits = name.removeprefix(SHA256).lower()
    is_hash = len(digits) == _DIGITS and all(it in "0123456789abcdef" for it in digits)
    return f"{SHA256}{digits}" if is_hash else name


def hash_of(text: str) -> str:
    """Return the key that every document has."""
    return SHA256 + hashlib.sha256(text.encode()).hexdigest()


DocumentKey = Annotated[Reference, AfterValidator(key_of)]
DocumentText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=DEFAULT_LIMITS.source, pattern=r"^[^\x00]*$"),
]
"""Comments and texts of GraphQL may hold a NUL; PostgreSQL's cannot."""


class DocumentRegister(Input):
    """One document."""

    id: DocumentKey | None = Field(
        None,
        description="Name under which clients will ask for it, beside `sha256:` and the hash of"
        " its text in hexadecimal digits, which every document has.",
    )
    text: DocumentText = Field(description="The document, letter by letter as it was compiled.")


class DocumentsRegister(Command):
    """Documents that keys may run which may run only these."""

    documents: Bulk[DocumentRegister] = Field(description="The documents, at most 250.")


@verb(
    Act(Scope.DOCUMENTS_MANAGE),
    "Register documents, so that clients may name them instead of sending them, and keys may"
    " be kept to them. What is registered already stays as it is.",
)
async def register(writing: Writing, command: DocumentsRegister) -> Outcome:
    """Register documents. Refused: INVALID for a wrong hash, TAKEN for another text's name."""
    keys = await registered(
        writing.session,
        writing.viewer.merchant_id,
        command.documents,
        writing.now,
        writing.viewer.key_id,
    )
    return {"ids": list(keys)}


async def registered(
    session: AsyncSession,
    merchant_id: UUID,
    documents: Sequence[DocumentRegister],
    now: datetime,
    by: UUID | None = None,
) -> Sequence[str]:
    """Register documents; returns the hashes. What is there already stays as it is."""
    wanted: dict[str, tuple[str, int]] = {}
    for place, document in enumerate(documents):
        for key in (hash_of(document.text), document.id):
            if key is not None:
                text, _ = wanted.setdefault(key, (document.text, place))
                if text != document.text:
                    raise _taken(place)
    there = await _there(session, merchant_id, wanted)
    for key, (text, place) in wanted.items():
        if key.startswith(SHA256) and key != hash_of(text):
            message = "This is not the SHA-256 of the text."
            raise Refused(Code.INVALID, message, ("documents", place, "id"))
        if there.get(key, text) != text:
            raise _taken(place)
        if key not in there:
            session.add(
                Document(
                    merchant_id=merchant_id, key=key, text=text, registered_at=now, registered_by=by
                )
            )
    await session.flush()
    return [hash_of(document.text) for document in documents]


async def keep_pages(session: AsyncSession, texts: Sequence[str], now: datetime) -> None:
    """Keep the operations of our own pages, beside those of earlier builds."""
    rows = [{"key": hash_of(text), "text": text, "registered_at": now} for text in texts]
    if rows:
        await session.execute(insert(PageDocument).on_conflict_do_nothing(), rows)


async def _there(
    session: AsyncSession, merchant_id: UUID, wanted: Mapping[str, object]
) -> dict[str, str]:
    """Return key -> text of those of the keys that are registered."""
    keys = literal(list(wanted), ARRAY(Text()))
    rows = await session.execute(
        select(Document.key, Document.text).where(
            Document.merchant_id == merchant_id, Document.key == any_(keys)
        )
    )
    return {row.key: row.text for row in rows}


def _taken(place: int) -> Refused:
    message = "Another document has this id already; documents never change."
    return Refused(Code.TAKEN, message, ("documents", place, "id"))
