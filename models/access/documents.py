"""Trusted documents: operations that clients name instead of sending their text."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kit.db.statements import UNRECORDED
from models.base.tables import Base, Owned, check, unique
from models.base.visibility import Seen


class Document(Owned):
    """A registered document under one of its names; it never changes.

    key: `sha256:` and the hash of the text in hexadecimal digits, or the name that the client's
    compiler has given it.
    """

    __tablename__ = "trusted_documents"
    __table_args__ = (unique("key", "key"), {"info": UNRECORDED})
    __seen__: ClassVar[Seen] = {}

    key: Mapped[str]
    text: Mapped[str]
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None]


class PageDocument(Base):
    """An operation of our own pages, for every merchant; those of earlier builds stay known.

    key: `sha256:` and the hash of the text in hexadecimal digits.
    """

    __tablename__ = "page_documents"
    __table_args__ = (
        check("key_of_text", "key = 'sha256:' || encode(sha256(convert_to(text, 'UTF8')), 'hex')"),
        {"info": UNRECORDED},
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    registered_at: Mapped[datetime]
