"""Messages that wait are read, each in a transaction of its own, partner by partner."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Integer, LargeBinary, Select, Uuid, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from commands.messages.interchanges.files import kept, storable
from commands.messages.readers import contents
from commands.messages.readers.declared import Incoming, MessageReader
from commands.messages.readers.joined import NamedTwice
from commands.messages.readers.registered import reader_of
from commands.writing.extent import Extent
from commands.writing.running import Author, run
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.db.statements import Statement
from kit.errors import MOST_OF_ITEM, Code, Problem, Refused, few
from kit.ids import Names
from kit.inputs import Command
from kit.standards.edifact.delimiters import Delimiters
from kit.standards.edifact.faults import shortened
from kit.standards.edifact.parts import Envelope
from models.access.viewers import Scope, by_itself
from models.base.acts import Act
from models.base.tables import fixed
from models.events.messages.interchanges import InterchangeMessageSettled
from models.messages.interchanges import Interchange, InterchangeMessage, MessageFate
from models.messages.outbox import InterchangeContent
from models.messages.partners import PartnerProfile

_log = logging.getLogger("abruf")
_READ = Act(Scope.MESSAGES_WRITE, frozenset({MessageFate.WAITING}))
NO_READER = "NO_READER"
_MOST_LINES = 500_000
"""Of one message: more do not fit into the bytes that a file may have."""
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


class PartnersInTurn:
    """Reads messages that wait, partner by partner, of each in the order in which they came.

    Who reads one of a partner's is alone with that partner, in whichever process. One that comes to
    the time of a statement, since others hold what it changes, is tried again by a later round.
    """

    def __init__(self) -> None:
        """Begin with any partner."""
        self._last: dict[UUID, UUID] = {}
        self._late: Counter[UUID] = Counter()

    async def read_next(self, database: Database, merchant_id: UUID, now: datetime) -> bool:
        """Read the message that waits longest of the partner whose turn it is, if there is one.

        Tells whether there was one that nobody reads, and that was in time.
        """
        values = {"merchant": merchant_id, "last": self._last.get(merchant_id, _NOBODY)}
        async with database.writing(merchant_id) as session:
            waiting = (await session.execute(_WAITING, values)).one_or_none()
        if waiting is None:
            return False
        message_id, self._last[merchant_id] = waiting
        author = Author(by_itself(merchant_id), now, extent=Extent(_MOST_LINES))
        try:
            await _read(database, author, message_id, is_last=self._late[message_id] == _TRIES - 1)
        except TimeoutError:
            _log.warning("Not read in time, it is tried again: the message %s", message_id)
            self._late[message_id] += 1
            return False
        self._late.pop(message_id, None)
        return True


_NOBODY = UUID(int=0)
_TRIES = 5
"""Of a message that is late again and again, before it has failed."""


async def _read(database: Database, author: Author, waiting: UUID, *, is_last: bool) -> None:
    """Read a message in one transaction of its own.

    What its reader refuses is rolled back as a whole, and then noted by another one; so is a fault
    of ours, which stops no other message. TimeoutError: it was late, and this was not its last try.
    """
    try:
        try:
            await run(database, author, read, InterchangeMessageRead(message_id=waiting))
        except NamedTwice as found:
            again = InterchangeMessageRead(message_id=waiting, named_twice=found.places)
            await run(database, author, read, again)
    except Unavailable:
        raise
    except Refused as refused:
        problems = [_finding(it) for it in few(refused.problems, MOST_OF_ITEM - 1)]
        await _refuse(database, author, waiting, MessageFate.REFUSED, problems)
    except Exception as error:
        if isinstance(error, TimeoutError) and not is_last:
            raise
        _log.exception("Could not read the message %s", waiting)
        found = Problem(Code.INVALID, "We failed to read it; the log tells why.")
        await _refuse(database, author, waiting, MessageFate.FAILED, [_finding(found)])


_MERCHANT = bindparam("merchant", type_=Uuid())
_IS_WAITING = (
    InterchangeMessage.merchant_id == _MERCHANT,
    InterchangeMessage.fate == fixed(MessageFate.WAITING),
)


def _waiting() -> Select[Any]:
    """Build what finds the oldest of the next partner, of which nobody reads the oldest."""
    message = InterchangeMessage
    of = and_(Interchange.merchant_id == _MERCHANT, Interchange.id == message.interchange_id)
    oldest = (
        select(message.id, Interchange.partner_id)
        .join(Interchange, of)
        .where(*_IS_WAITING)
        .ext(distinct_on(Interchange.partner_id))
        .order_by(Interchange.partner_id, message.received_at, message.id)
        .subquery()
    )
    return (
        select(message.id, oldest.c.partner_id)
        .join(oldest, oldest.c.id == message.id)
        .where(*_IS_WAITING)
        .order_by(oldest.c.partner_id <= bindparam("last", type_=Uuid()), oldest.c.partner_id)
        .limit(1)
        .with_for_update(of=message, skip_locked=True)
    )


_WAITING = _waiting()
_FREE = (
    select(InterchangeMessage.id)
    .where(*_IS_WAITING, InterchangeMessage.id == bindparam("message", type_=Uuid()))
    .with_for_update(skip_locked=True)
)


async def _refuse(
    database: Database,
    author: Author,
    message_id: UUID,
    fate: MessageFate,
    findings: Sequence[dict[str, Any]],
) -> None:
    command = InterchangeMessageRefuse(message_id=message_id, fate=fate, findings=list(findings))
    await run(database, author, refuse, command)


def _finding(problem: Problem) -> dict[str, Any]:
    """Return a refusal as a finding of the whole message."""
    nowhere = dict.fromkeys(("syntax_code", "tag", "segment_no", "element_no", "component_no"))
    path = ".".join(map(str, problem.path))
    text = shortened(f"{path}: {problem.message}" if path else problem.message)
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
        await contents.answer(writing, message, command.findings)
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
    content = await _content(writing, message)
    marks = Delimiters.of(interchange.service_characters.encode())
    envelope = Envelope(0, len(content), marks, interchange.codec)
    found = await reader.apply(writing, Incoming(message, partner, content, envelope, named_twice))
    findings = kept(found, 0)
    _settle(writing, message, MessageFate.READ, findings)
    await contents.answer(writing, message, findings)


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
