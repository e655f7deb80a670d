"""The outbox: what we write to partners, numbered for each of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import update

from commands.writing.transaction import Outcome, Writing, check_state
from commands.writing.verbs import verb
from kit.ids import Names, new_id
from kit.inputs import Command
from kit.standards.edifact.answers.control import CONTRL, kind_for
from kit.standards.edifact.charsets import least_version, transliterated
from kit.standards.edifact.delimiters import DEFAULT, Delimiters
from kit.standards.edifact.parts import Header, MessageKind
from kit.standards.edifact.writing import Element, SegmentParts, Style, interchange
from models.access.viewers import Scope
from models.base.acts import Transition
from models.base.tables import fixed
from models.events.messages.outbox import (
    OutgoingInterchangeReplaced,
    OutgoingInterchangeSent,
    OutgoingInterchangeWantedAgain,
    OutgoingInterchangeWritten,
)
from models.messages.outbox import InterchangeContent, OutgoingInterchange, OutgoingState
from models.messages.partners import Charset, PartnerProfile

SEND = Transition(
    Scope.MESSAGES_WRITE, frozenset({OutgoingState.PENDING}), becomes=OutgoingState.SENT
)
_WIDER = ("UNOC", "UNOW")
"""In which characters we write what does not fit into those that are wanted."""


@dataclass(frozen=True)
class Outgoing:
    """What is to be written. header: without reference.

    answers_id: the interchange to which it is the answer, message_id: the one message of that, None
    where it answers the interchange.
    """

    header: Header
    kind: MessageKind
    body: Sequence[SegmentParts]
    answers_id: UUID | None = None
    message_id: UUID | None = None


class OutgoingInterchangeSend(Command):
    """An interchange of ours that has left."""

    outgoing_interchange_id: Annotated[UUID, Names("OutgoingInterchange")] = Field(
        description="The interchange."
    )


@verb(SEND, "Say that an interchange of ours was handed to its partner.")
async def send(writing: Writing, command: OutgoingInterchangeSend) -> Outcome:
    """Note that it was sent.

    Refused: NOT_FOUND; WRONG_STATE for what was sent before, or replaced by another answer.
    """
    key = command.outgoing_interchange_id
    rows = await writing.lock(OutgoingInterchange, {key: ("outgoing_interchange_id",)})
    check_state(rows[key], SEND.states, ("outgoing_interchange_id",), "It")
    rows[key].state, rows[key].sent_at = SEND.becomes, writing.now
    writing.record(OutgoingInterchangeSent(key))
    return {"outgoing_interchange_id": key}


async def write(writing: Writing, partner: PartnerProfile, outgoing: Outgoing) -> UUID:
    """Write an interchange for a partner, whose row is locked, at its next reference."""
    partner.references_used += 1
    width = 14 - len(partner.reference_prefix)
    number = partner.references_used % 10**width
    header = replace(outgoing.header, reference=f"{partner.reference_prefix}{number}")
    content = written(header, outgoing, partner.charset, _style(partner))
    row = OutgoingInterchange(
        merchant_id=partner.merchant_id,
        id=new_id(),
        partner_id=partner.id,
        answers_id=outgoing.answers_id,
        message_id=outgoing.message_id,
        message_type=outgoing.kind.type,
        reference=header.reference,
        is_test=header.is_test,
        size_bytes=len(content),
        state=OutgoingState.PENDING,
        created_at=writing.now,
    )
    writing.session.add(row)
    await writing.session.flush()
    await _replace(writing, row)
    own = {"merchant_id": row.merchant_id, "id": row.id, "outgoing_id": row.id}
    writing.session.add(InterchangeContent(**own, content=content))
    writing.record(OutgoingInterchangeWritten(row.id, answers_id=outgoing.answers_id))
    return row.id


async def _replace(writing: Writing, by: OutgoingInterchange) -> None:
    """Let no answer leave any more that another one contradicts before it was sent."""
    if by.answers_id is None:
        return
    of = OutgoingInterchange
    answered = [of.message_id == by.message_id]
    if by.message_id is None:
        answered = [of.answers_id == by.answers_id, of.message_id.is_(None)]
    waits = (of.message_type == by.message_type, of.state == fixed(OutgoingState.PENDING))
    own = (of.merchant_id == by.merchant_id, *answered, *waits, of.id != by.id)
    replaced = update(of).where(*own).values(state=OutgoingState.REPLACED).returning(of.id)
    for key in await writing.session.scalars(replaced):
        writing.record(OutgoingInterchangeReplaced(key, by=by.id))


def _style(partner: PartnerProfile) -> Style:
    marks = partner.service_characters
    delimiters = DEFAULT if marks is None else Delimiters.of(marks.encode())
    return Style(delimiters, has_line_breaks=partner.has_line_breaks)


def written(header: Header, outgoing: Outgoing, charset: Charset | None, style: Style) -> bytes:
    """Return the bytes, in the first characters into which all of it fits; UTF-8 takes anything.

    charset: that of a partner, in which it gets texts in letters that are near, rather than in
    other characters; None for that of the header.
    """
    wanted = header.identifier if charset is None else charset.value
    with suppress(ValueError):
        return _under(wanted, header, outgoing, style)
    with suppress(ValueError):
        if charset is not None:
            body = [_in_letters_of(wanted, it) for it in outgoing.body]
            return _under(wanted, header, replace(outgoing, body=body), style)
    with suppress(ValueError):
        return _under(_WIDER[0], header, outgoing, style)
    return _under(_WIDER[1], header, outgoing, style)


def _under(identifier: str, header: Header, outgoing: Outgoing, style: Style) -> bytes:
    """Return the bytes in given characters, of the first version that has these."""
    kind = outgoing.kind
    if identifier != header.identifier:
        version = max(header.version, least_version(identifier))
        header = replace(header, identifier=identifier, version=version)
        kind = kind_for(header) if kind.type == CONTRL else kind
    return interchange(header, [(kind, outgoing.body)], style)


def _in_letters_of(identifier: str, parts: SegmentParts) -> SegmentParts:
    """Return a free text (FTX) in letters that can be written; all else as it is.

    ValueError for a text that has none.
    """

    def near(element: Element) -> Element:
        if isinstance(element, str):
            return transliterated(element, identifier)
        return [transliterated(it, identifier) for it in element]

    return [near(it) for it in parts] if parts[0] == "FTX" else parts


async def want_again(writing: Writing, answers_id: UUID) -> None:
    """Let the answers to an interchange that hold be sent again: it came once more.

    Of several to the same, which was judged anew, that is the last one.
    """
    rows = await writing.among(OutgoingInterchange, "answers_id", [answers_id], "id", lock=True)
    newest: dict[tuple[str, UUID | None], OutgoingInterchange] = {}
    for row in sorted(rows, key=lambda it: (it.created_at, it.id)):
        newest[row.message_type, row.message_id] = row
    for row in newest.values():
        if row.state is SEND.becomes:
            row.state, row.sent_at = OutgoingState.PENDING, None
            writing.record(OutgoingInterchangeWantedAgain(row.id))
