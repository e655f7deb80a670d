"""The inbox: interchanges as they came, the messages in them, and what became of each."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Scope
from models.base.acts import Act, Transition
from models.base.tables import OneOf, Owned, check, indexed, known, to, unique
from models.base.visibility import Seen


class InterchangeState(StrEnum):
    """What became of an interchange."""

    HELD = "HELD"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    TESTED = "TESTED"


class InterchangeSource(StrEnum):
    """How an interchange came."""

    UPLOAD = "UPLOAD"
    FOLDER = "FOLDER"


class MessageFate(StrEnum):
    """What became of a message."""

    WAITING = "WAITING"
    READ = "READ"
    UNREAD = "UNREAD"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    BROKEN = "BROKEN"
    TESTED = "TESTED"


UNSETTLED = frozenset({MessageFate.UNREAD, MessageFate.REFUSED, MessageFate.FAILED})
"""Fates of messages that may be read once more: nothing of them is applied."""
UNTAKEN = frozenset({InterchangeState.HELD, InterchangeState.REJECTED})
"""States of interchanges of which nothing is taken in."""

REPLAY = Act(Scope.MESSAGES_WRITE, UNTAKEN)
REJECT = Transition(
    Scope.MESSAGES_WRITE, frozenset({InterchangeState.HELD}), becomes=InterchangeState.REJECTED
)


class Interchange(Owned):
    """An interchange that came in, whatever it is; what stands in its UNB is None without one.

    begins_after: the reference of the one before it, where numbers begin again with it, and not
    behind the highest: of transmissions of VDA 4905. sha256: of its bytes, hexadecimal: the same
    bytes are the same interchange. prepared: date and time of UNB without a zone, ISO 8601. syntax:
    as "UNOC:3". codec: how Python reads its bytes. findings: for each {code, syntax_code, text,
    is_error, offset, tag, segment_no, element_no, component_no}, the last four None where they are
    not known.
    """

    __tablename__ = "interchanges"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("partner_profiles", "partner_id"),
        unique("content", "sha256"),
        indexed("interchanges", "partner_id", "reference"),
        indexed(
            "interchanges",
            *("partner_id", "recipient", "received_at", "id"),
            among="accepted",
            postgresql_where=text("state = 'ACCEPTED'"),
        ),
        indexed(
            *("interchanges", "partner_id", "prepared"),
            among="begun",
            postgresql_where=text("begins_after IS NOT NULL"),
        ),
        indexed("interchanges", "received_at", "id"),
        *(
            indexed("interchanges", column, "received_at", "id")
            for column in ("state", "partner_id", "reference", "is_test")
        ),
        known("state", InterchangeState),
        known("source", InterchangeSource),
        check("of_a_partner", "state NOT IN ('ACCEPTED', 'TESTED') OR partner_id IS NOT NULL"),
    )

    received_at: Mapped[datetime]
    source: Mapped[InterchangeSource] = mapped_column(OneOf(InterchangeSource))
    file_name: Mapped[str | None]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    state: Mapped[InterchangeState] = mapped_column(OneOf(InterchangeState))
    partner_id: Mapped[UUID | None]
    sender: Mapped[str | None]
    sender_qualifier: Mapped[str | None]
    recipient: Mapped[str | None]
    recipient_qualifier: Mapped[str | None]
    reference: Mapped[str | None]
    begins_after: Mapped[str | None]
    prepared: Mapped[str | None]
    syntax: Mapped[str | None]
    application: Mapped[str | None]
    wants_answer: Mapped[bool]
    is_test: Mapped[bool]
    codec: Mapped[str]
    service_characters: Mapped[str]
    findings: Mapped[list[dict[str, Any]]]


class InterchangeMessage(Owned):
    """A message of an interchange. number: from 1. start, length: of its bytes, UNH to UNT.

    type, version, release, agency, association: as its UNH says (S009), "" where it does not.
    party_id: that of its partner when it came, or was let wait once more: what it says is of that
    one, whatever the profile says later. None where it named none.
    """

    __tablename__ = "interchange_messages"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("interchanges", "interchange_id"),
        to("parties", "party_id"),
        indexed("interchange_messages", "party_id"),
        unique("number", "interchange_id", "number"),
        indexed("interchange_messages", "fate", "received_at", "id"),
        indexed("interchange_messages", "type", "received_at", "id"),
        indexed("interchange_messages", "received_at", "id"),
        known("fate", MessageFate),
    )

    interchange_id: Mapped[UUID]
    number: Mapped[int]
    received_at: Mapped[datetime]
    reference: Mapped[str]
    type: Mapped[str]
    version: Mapped[str]
    release: Mapped[str]
    agency: Mapped[str]
    association: Mapped[str]
    group_reference: Mapped[str | None]
    start: Mapped[int]
    length: Mapped[int]
    segment_count: Mapped[int]
    fate: Mapped[MessageFate] = mapped_column(OneOf(MessageFate))
    party_id: Mapped[UUID | None]
    read_at: Mapped[datetime | None]
    findings: Mapped[list[dict[str, Any]]]


class MessageRelease(Owned):
    """A release that a message brought."""

    __tablename__ = "message_releases"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("interchange_messages", "message_id"),
        to("releases", "release_id"),
        indexed("message_releases", "message_id"),
        unique("release", "release_id"),
    )

    message_id: Mapped[UUID]
    release_id: Mapped[UUID]
