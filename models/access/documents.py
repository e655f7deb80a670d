"""Trusted documents: operations that clients name instead of sending their text."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped

from kit.db.statements import UNRECORDED
from models.base.tables import Owned, unique
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
