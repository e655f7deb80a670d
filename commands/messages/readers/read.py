"""A message that waits is read, in a transaction of its own."""

import logging
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Integer, LargeBinary, Uuid, bindparam, func, select

from commands.messages.interchanges.files import kept_findings, storable
from commands.messages.readers import contents
from commands.messages.readers.declared import Incoming, MessageReader
from commands.messages.readers.registered import reader_of
from commands.writing.running.run import Author, run
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.db.database import Database
from kit.db.statements import Statement
from kit.errors import Code, Problem, Refused
from kit.ids import Names
from kit.inputs import Command
from kit.standards.edifact.delimiters import Delimiters
from kit.standards.edifact.faults import shortened
from kit.standards.edifact.parts import Envelope
from models.access.viewers import Scope
from models.base.acts import Act
from models.base.tables import fixed
from models.events.messages.interchanges import InterchangeMessageSettled
from models.messages.interchanges import Interchange, InterchangeMessage, MessageFate
from models.messages.outbox import InterchangeContent
from models.messages.partners import PartnerProfile

_log = logging.getLogger("abruf")
_READ = Act(Scope.MESSAGES_WRITE, frozenset({MessageFate.WAITING}))
NO_READER = "NO_READER"
LONGEST_MESSAGE = 400_000
"""Of a message, or records: reading those takes a minute, during which its contracts are locked."""


class InterchangeMessageRead(Command):
    """A message that waits."""

    message_id: Annotated[UUID, Names("InterchangeMessage")] = Field(description="The message.")
    named_twice: frozenset[Any] = Field(
        frozenset(), description="What its reader is to leave: `Incoming.named_twice`."
    )


class InterchangeMessageRefuse(InterchangeMessageRead):
    """A message that its reader refused, or could not read through a fault of ours."""

    fate: MessageFate = Field(description="What became of it.")
    findings: list[dict[str, Any]] = Field(description="Why.")


_MERCHANT = bindparam("merchant", type_=Uuid())
_FREE = (
    select(InterchangeMessage.id)
    .where(
        InterchangeMessage.merchant_id == _MERCHANT,
        InterchangeMessage.id == bindparam("message", type_=Uuid()),
        InterchangeMessage.fate == fixed(MessageFate.WAITING),
    )
    .with_for_update(skip_locked=True)
)


async def refused(
    database: Database,
    author: Author,
    message_id: UUID,
    fate: MessageFate,
    problems: Sequence[Problem],
) -> None:
    """Note in a transaction of its own why nothing of a message was taken in."""
    findings = [_finding(it) for it in problems]
    command = InterchangeMessageRefuse(message_id=message_id, fate=fate, findings=findings)
    await run(database, author, refuse, command)


def _finding(problem: Problem) -> dict[str, Any]:
    """Return a refusal as a finding of the whole message."""
    nowhere = dict.fromkeys(("syntax_code", "tag", "segment_no", "element_no", "component_no"))
    place = problem.place
    text = shortened(f"{place}: {problem.message}" if place else problem.message)
    own = {
        "code": str(problem.code),
        "text": storable(text),
        "is_error": True,
        "offset": 0,
    }
    return {**nowhere, **own}


@verb(_READ, "Read a message that waits.")
async def read(writing: Writing, command: InterchangeMessageRead) -> Outcome:
    """Let the reader of its type take a message in; without one it is kept unread.

    One that somebody else reads meanwhile, or has read, is left. Refused: whatever its reader
    refuses.
    """
    values = {**writing.parameters, "message": command.message_id}
    if await writing.session.scalar(_FREE, values) is None:
        return {}
    message = await _locked(writing, command.message_id)
    reader = reader_of(message)
    if reader is None:
        kind = f"{message.type}:{message.version}:{message.release}"
        nobody = Problem(NO_READER, f"Nobody reads {kind} yet; it is kept, and can be replayed.")
        _settle(writing, message, MessageFate.UNREAD, [_finding(nobody)])
    else:
        await _apply(writing, message, reader, command.named_twice)
    return {}


@verb(_READ, "Note that a message is refused.")
async def refuse(writing: Writing, command: InterchangeMessageRefuse) -> Outcome:
    """Note why nothing of a message was taken in."""
    message = await _locked(writing, command.message_id)
    if message.fate is MessageFate.WAITING:
        _settle(writing, message, command.fate, command.findings)
        await contents.answer(writing, message)
    return {}


async def _locked(writing: Writing, message_id: UUID) -> InterchangeMessage:
    return (await writing.lock(InterchangeMessage, {message_id: ("message_id",)}))[message_id]


def _settle(
    writing: Writing,
    message: InterchangeMessage,
    fate: MessageFate,
    findings: Sequence[dict[str, Any]],
) -> None:
    message.fate, message.read_at, message.findings = fate, writing.now, list(findings)
    writing.record(
        InterchangeMessageSettled(message.id, interchange_id=message.interchange_id, fate=fate)
    )


async def _apply(
    writing: Writing,
    message: InterchangeMessage,
    reader: MessageReader,
    named_twice: frozenset[Any],
) -> None:
    if message.segment_count > LONGEST_MESSAGE:
        text = (
            f"A message of {message.segment_count:,} segments is not read; {LONGEST_MESSAGE:,} are."
        )
        raise Refused(Code.TOO_MANY_ITEMS, text)
    key = message.interchange_id
    interchange = (await writing.get(Interchange, {key: ()}))[key]
    wanted: Any = {interchange.partner_id: ()}
    (partner,) = (await writing.get(PartnerProfile, wanted)).values()
    if message.party_id is not None and message.party_id != partner.party_id:
        text = (
            "The profile of its partner named another party when it came. Replayed, it is taken in"
            " for the one that it names then."
        )
        raise Refused(Code.INVALID, text)
    content = await _content(writing, message)
    marks = Delimiters.of(interchange.service_characters.encode())
    envelope = Envelope(0, len(content), marks, interchange.codec)
    incoming = Incoming(message, partner, content, envelope, named_twice)
    reading = await reader.apply(writing, incoming)
    fate = MessageFate.READ if reading.is_taken_in else MessageFate.REFUSED
    _settle(writing, message, fate, kept_findings(reading.findings, 0))
    await contents.answer(writing, message)


async def _content(writing: Writing, message: InterchangeMessage) -> bytes:
    """Return the bytes of a message, without the others of its interchange."""
    values = {
        **writing.parameters,
        "interchange": message.interchange_id,
        "start": message.start + 1,
        "length": message.length,
    }
    ((content,),) = await writing.session.rows(_PART, values)
    return bytes(content)


_PART = Statement(
    select(
        func.substring(
            InterchangeContent.content,
            bindparam("start", type_=Integer()),
            bindparam("length", type_=Integer()),
            type_=LargeBinary(),
        ).label("content")
    ).where(
        InterchangeContent.merchant_id == bindparam("merchant", type_=Uuid()),
        InterchangeContent.id == bindparam("interchange", type_=Uuid()),
    )
)
