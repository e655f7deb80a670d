"""Messages that wait are read partner by partner, long ones beside the others."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import distinct_on

from commands.messages.interchanges.waiting import BYTES_A_SECOND
from commands.messages.readers import read
from commands.messages.readers.joined import NamedTwice
from commands.writing.extent import Extent
from commands.writing.running.run import Author, run
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.errors import MOST_OF_ITEM, Code, Path, Problem, Refused, few
from models.access.viewers import by_itself
from models.base.tables import fixed
from models.messages.interchanges import Interchange, InterchangeMessage, MessageFate

_log = logging.getLogger("abruf")
_NOBODY = UUID(int=0)
_TRIES = 5
"""Of a message that is late again and again, before it has failed."""
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

    waiting: finds the next one. extent: what it may touch. is_quick: it is put aside, as a long
    one, where it is late, and waits for locks of others no longer than `LOCK_S`.
    """

    waiting: Select[Any]
    extent: Callable[[], Extent] = lambda: Extent(_MOST_LINES)
    is_quick: bool = False


class PartnersInTurn:
    """Reads messages that wait, partner by partner, of each in the order in which they came.

    Who reads one of a partner's is alone with that partner, in whichever process. A short one that
    waits for what others hold is put aside as a long one; one of those that comes to the time of a
    statement is tried again by a later round: what takes long delays no short one of somebody else.
    """

    def __init__(self) -> None:
        """Begin with any partner."""
        self._last: dict[tuple[UUID, _Which], UUID] = {}
        self._late: Counter[UUID] = Counter()
        self._long: set[UUID] = set()

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
        last = self._last.get((merchant_id, which), _NOBODY)
        values = {"merchant": merchant_id, "last": last, "long": list(self._long)}
        async with database.writing(merchant_id) as session:
            waiting = (await session.execute(which.waiting, values)).one_or_none()
        if waiting is None:
            return False
        message_id, self._last[merchant_id, which] = waiting
        lock_s = LOCK_S if which.is_quick else None
        author = Author(by_itself(merchant_id), now, extent=which.extent(), lock_s=lock_s)
        is_last = self._late[message_id] == _TRIES - 1
        try:
            await _read(database, author, message_id, is_last=is_last and not which.is_quick)
        except (_IsLong, TimeoutError):
            self._long.add(message_id)
            if which.is_quick:
                return True
            _log.warning("Not read in time, it is tried again: the message %s", message_id)
            self._late[message_id] += 1
            return False
        self._late.pop(message_id, None)
        self._long.discard(message_id)
        return True


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


def _waiting(are: ColumnElement[bool]) -> Select[Any]:
    """Build what finds the oldest of the next partner, of which nobody reads the oldest.

    are: what the oldest must be; others of its partner wait behind it.
    """
    message, merchant = InterchangeMessage, bindparam("merchant", type_=Uuid())
    is_waiting = message.merchant_id == merchant, message.fate == fixed(MessageFate.WAITING)
    of = and_(Interchange.merchant_id == merchant, Interchange.id == message.interchange_id)
    oldest = (
        select(message.id, Interchange.partner_id)
        .join(Interchange, of)
        .where(*is_waiting)
        .ext(distinct_on(Interchange.partner_id))
        .order_by(Interchange.partner_id, message.received_at, message.id)
        .subquery()
    )
    return (
        select(message.id, oldest.c.partner_id)
        .join(oldest, oldest.c.id == message.id)
        .where(*is_waiting, are)
        .order_by(oldest.c.partner_id <= bindparam("last", type_=Uuid()), oldest.c.partner_id)
        .limit(1)
        .with_for_update(of=message, skip_locked=True)
    )


_IS_LONG = or_(
    InterchangeMessage.length > SHORT_BYTES,
    InterchangeMessage.id == any_(bindparam("long", type_=ARRAY(Uuid()))),
)
_ANY = _Which(_waiting(true()))
_SHORT = _Which(_waiting(not_(_IS_LONG)), lambda: _Short(SHORT_LINES), is_quick=True)
_LONG = _Which(_waiting(_IS_LONG))
