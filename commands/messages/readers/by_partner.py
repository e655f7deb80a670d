"""Messages that wait are read partner by partner, long ones beside the others."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    select,
    true,
    update,
)

from commands.access.dues import DONE
from commands.messages.interchanges.waiting import BYTES_A_SECOND
from commands.messages.readers import read
from commands.messages.readers.joined import NamedTwice
from commands.writing.extent import Extent
from commands.writing.running.run import Author, run
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.db.sessions import Session
from kit.db.statements import Statement
from kit.errors import MOST_OF_ITEM, Code, Path, Problem, Refused, few
from models.access.dues import Due, DueKind
from models.access.viewers import by_itself
from models.base.tables import fixed
from models.messages.interchanges import Interchange, InterchangeMessage, MessageFate

_log = logging.getLogger("abruf")
_NOBODY = UUID(int=0)
_TRIES, _LATE = 5, timedelta(seconds=15)
"""Of a message that is late again and again, before it has failed; and between two of them."""
_ELSEWHERE = timedelta(seconds=1)
"""After which a partner is looked at again of whom another process reads a message."""
_MOST_LINES = 1_000_000
"""Of one message: more do not fit into the bytes that a file may have."""
SHORT_BYTES, SHORT_LINES = 4 * BYTES_A_SECOND, 2_500
"""Of a message that is read in a few seconds; lines of what it ends are counted, too."""


LOCK_S = 1.0
"""Seconds that a short message waits for what another transaction holds."""


class _IsLong(Exception):
    """A message touches more lines than a short one."""


class _Short(Extent):
    """What a short message touches."""

    def touch(self, count: int, path: Path = ()) -> None:
        """Add lines. _IsLong: they are too many."""
        del path
        self.touched += count
        if self.touched > self.most:
            raise _IsLong


@dataclass(frozen=True)
class _Which:
    """Which messages are read.

    kinds: of what is due. extent: what one may touch. is_quick: one that is longer than a short
    one, or late, is left to who reads long ones, and none waits for locks of others longer than
    `LOCK_S`.
    """

    kinds: tuple[DueKind, ...]
    extent: Callable[[], Extent] = lambda: Extent(_MOST_LINES)
    is_quick: bool = False


class _WaitingPartner(NamedTuple):
    """A partner whose turn it is.

    dues: rows that say so, which are locked. message_id, length: of its oldest message that waits,
    None where none does.
    """

    partner_id: UUID
    dues: Sequence[UUID]
    message_id: UUID | None
    length: int | None


class MessagesInTurn:
    """Reads messages that wait, partner by partner, of each in the order in which they came.

    Who reads one of a partner's is alone with that partner, in whichever process. A short one that
    waits for what others hold, or touches much, is left to who reads long ones; one of those that
    comes to the time of a statement is tried again later: what takes long delays no short one of
    somebody else.
    """

    def __init__(self, begins: Callable[[UUID, int], None] = lambda *_: None) -> None:
        """Begin with any partner. begins: is called before a message is read, with its length."""
        self._begins = begins
        self._last: dict[tuple[UUID, _Which], UUID] = {}
        self._late: Counter[UUID] = Counter()

    async def read_next(self, database: Database, merchant_id: UUID, now: datetime) -> bool:
        """Read the message that waits longest of the partner whose turn it is, if there is one.

        Tells whether there was one that nobody reads, and that was in time.
        """
        return await self._read_next(database, merchant_id, now, _ANY)

    async def read_short(self, database: Database, merchant_id: UUID, now: datetime) -> bool:
        """Read the next one whose partner's oldest is short. Returns: as `read_next`."""
        return await self._read_next(database, merchant_id, now, _SHORT)

    async def read_long(self, database: Database, merchant_id: UUID, now: datetime) -> bool:
        """Read the next one whose partner's oldest is long. Returns: as `read_next`."""
        return await self._read_next(database, merchant_id, now, _LONG)

    async def _read_next(
        self, database: Database, merchant_id: UUID, now: datetime, which: _Which
    ) -> bool:
        while (partner := await self._next(database, merchant_id, now, which)) is not None:
            if partner.message_id is None:
                continue
            self._begins(partner.message_id, partner.length or 0)
            becomes = await self._read(database, merchant_id, now, which, partner.message_id)
            if becomes is not None:
                async with database.writing(merchant_id) as session:
                    await _change(session, merchant_id, partner, *becomes)
            if becomes is None or becomes[1] == now:
                return True
        return False

    async def _read(
        self, database: Database, merchant_id: UUID, now: datetime, which: _Which, message_id: UUID
    ) -> tuple[DueKind, datetime] | None:
        """Read a message. Returns how its partner is to be looked at then: None, as it was."""
        lock_s = LOCK_S if which.is_quick else None
        author = Author(by_itself(merchant_id), now, extent=which.extent(), lock_s=lock_s)
        is_last = self._late[message_id] == _TRIES - 1
        try:
            await _read(database, author, message_id, is_last=is_last and not which.is_quick)
        except (_IsLong, TimeoutError):
            if which.is_quick:
                return DueKind.READ_LONG_MESSAGES, now
            _log.warning("Not read in time, it is tried again: the message %s", message_id)
            self._late[message_id] += 1
            return DueKind.READ_LONG_MESSAGES, now + _LATE
        self._late.pop(message_id, None)
        return (DueKind.READ_MESSAGES, now) if which is _LONG else None

    async def _next(
        self, database: Database, merchant_id: UUID, now: datetime, which: _Which
    ) -> _WaitingPartner | None:
        """Return whose turn it is, without a message where none of it is to be read now."""
        last = self._last.get((merchant_id, which), _NOBODY)
        kinds = [it.value for it in which.kinds]
        values = {"merchant": merchant_id, "now": now, "last": last, "kinds": kinds}
        async with database.writing(merchant_id) as session:
            rows = await session.rows(_NEXT, values)
            if not rows:
                return None
            partner: _WaitingPartner = rows[0]
            self._last[merchant_id, which] = partner.partner_id
            own = {"merchant": merchant_id, "ids": partner.dues, "message": partner.message_id}
            if partner.message_id is None:
                await session.rows(DONE, own)
            elif which.is_quick and (partner.length or 0) > SHORT_BYTES:
                await _change(session, merchant_id, partner, DueKind.READ_LONG_MESSAGES, now)
            elif await session.rows(_IS_FREE, own):
                return partner
            else:
                await _change(session, merchant_id, partner, which.kinds[0], now + _ELSEWHERE)
        return partner._replace(message_id=None)


async def _change(
    session: Session, merchant_id: UUID, partner: _WaitingPartner, kind: DueKind, at: datetime
) -> None:
    """Let a partner be looked at by who reads short or long messages, at an instant."""
    values = {"merchant": merchant_id, "ids": partner.dues, "kind": kind.value, "at": at}
    await session.rows(_CHANGE, values)


async def _read(database: Database, author: Author, waiting: UUID, *, is_last: bool) -> None:
    """Read a message in one transaction of its own.

    What its reader refuses is rolled back as a whole, and then noted by another one; so is a fault
    of ours, which stops no other message. TimeoutError: it was late, and this was not its last try.
    _IsLong: it is no short one.
    """
    try:
        await _read_whole(database, author, waiting)
    except (Unavailable, _IsLong):
        raise
    except Refused as refused:
        problems = few(refused.problems, MOST_OF_ITEM - 1)
        await read.refused(database, author, waiting, MessageFate.REFUSED, problems)
    except Exception as error:
        if isinstance(error, TimeoutError) and not is_last:
            raise
        _log.exception("Could not read the message %s", waiting)
        found = Problem(Code.INVALID, "We failed to read it; the log tells why.")
        await read.refused(database, author, waiting, MessageFate.FAILED, [found])


async def _read_whole(database: Database, author: Author, waiting: UUID) -> None:
    """Read a message, again where it names something twice of which some was taken in by then."""
    command = read.InterchangeMessageRead(message_id=waiting)
    try:
        await run(database, author, read.read, command)
    except NamedTwice as found:
        again = command.model_copy(update={"named_twice": found.places})
        await run(database, author, read.read, again)


_MERCHANT = bindparam("merchant", type_=Uuid())
_IDS = any_(bindparam("ids", type_=ARRAY(Uuid())))


def _next() -> Statement:
    """Build what locks the rows of the next partner, and finds the oldest of its messages.

    Rows that come in between stay: they were written with messages that it does not see.
    """
    message, now = InterchangeMessage, bindparam("now", type_=DateTime(timezone=True))
    kind: Any = Due.kind == any_(bindparam("kinds", type_=ARRAY(Text())))
    is_due = Due.merchant_id == _MERCHANT, kind, Due.due_at <= now
    last = bindparam("last", type_=Uuid())
    first = select(Due.subject).where(*is_due).order_by(Due.subject <= last, Due.subject).limit(1)
    partner = first.with_for_update(skip_locked=True).scalar_subquery()
    mine = select(Due.id, Due.subject).where(*is_due, Due.subject == partner)
    claimed = mine.with_for_update(skip_locked=True).cte("claimed")
    waiting = (
        select(claimed.c.subject.label("partner_id"), func.array_agg(claimed.c.id).label("dues"))
        .group_by(claimed.c.subject)
        .subquery("partner")
    )
    of = and_(Interchange.merchant_id == _MERCHANT, Interchange.id == message.interchange_id)
    oldest = (
        select(message.id, message.length)
        .join(Interchange, of)
        .where(
            message.merchant_id == _MERCHANT,
            message.fate == fixed(MessageFate.WAITING),
            Interchange.partner_id == waiting.c.partner_id,
        )
        .order_by(message.received_at, message.id)
        .limit(1)
        .lateral("oldest")
    )
    columns = (
        waiting.c.partner_id,
        waiting.c.dues,
        oldest.c.id.label("message_id"),
        oldest.c.length,
    )
    return Statement(
        select(*columns).select_from(waiting.outerjoin(oldest, true())), _WaitingPartner
    )


_NEXT = _next()
_IS_FREE = Statement(
    select(InterchangeMessage.id)
    .where(
        InterchangeMessage.merchant_id == _MERCHANT,
        InterchangeMessage.id == bindparam("message", type_=Uuid()),
    )
    .with_for_update(skip_locked=True)
)
_CHANGE = Statement(
    update(Due)
    .where(Due.merchant_id == _MERCHANT, Due.id == _IDS)
    .values(
        kind=bindparam("kind", type_=Text()), due_at=bindparam("at", type_=DateTime(timezone=True))
    )
)
_ANY = _Which((DueKind.READ_MESSAGES, DueKind.READ_LONG_MESSAGES))
_SHORT = _Which((DueKind.READ_MESSAGES,), lambda: _Short(SHORT_LINES), is_quick=True)
_LONG = _Which((DueKind.READ_LONG_MESSAGES,))
