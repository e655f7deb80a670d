"""A folder that is shared with whoever carries files: what lies in it is taken in, answers go out.

Files are put there under another name and renamed once they are whole: names that begin with a
dot or end in `.tmp` or `.part` are left alone. What was taken in moves to `done`; whatever ends
this in between, the same bytes are taken in once. Where too much of its partner waits to be read,
a file waits in the folder. One of which nobody knows why it cannot be taken in moves to `failed`,
one that cannot be read, or could not be moved then, stays, and so does what others stop for a
while. What is to be sent is written to `out` likewise. What fails, is held or rejected is told in
the log, and stops no other.
"""

import errno
import hashlib
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, or_, select

from commands.messages import outbox
from commands.messages.interchanges import receive
from commands.messages.interchanges.files import (
    TAKEN_AT_ONCE,
    File,
    pieces_or_beginning,
    storable,
)
from commands.messages.readers.by_partner import SHORT_BYTES, MessagesInTurn
from commands.writing.running.run import Author, run
from kit.db.database import Database
from kit.db.lost import OutcomeUnknown, Unavailable
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.loop.apart import Crowded
from models.base.tables import fixed
from models.messages.interchanges import InterchangeMessage, InterchangeState, MessageFate
from models.messages.outbox import InterchangeContent, OutgoingInterchange, OutgoingState
from models.messages.partners import PartnerProfile

DONE, OUT, FAILED = "done", "out", "failed"
FOLDER_COUNTS = (
    *("taken in", "held", "rejected", "known", "read", "not understood", "being read"),
    *("sent", "failed", "waiting"),
)
"""Of interchanges, of their messages, whoever has read them, of answers, and of files."""
NEEDED = ("held", "rejected", "not understood", "failed")
"""What somebody has to look at."""
_UNFINISHED = (".tmp", ".part")
_CHUNK = 1024 * 1024
_MOST_READ = 1024 * _CHUNK
"""Bytes of a file that are read at most, so that no file keeps others waiting."""
_LOG = logging.getLogger(__name__)
_LONGEST_NAME = 255
"""Bytes of a file's name."""
_LONGEST_CODE = 100
"""Letters of a partner's code in one."""


async def exchange(database: Database, author: Author, folder: Path) -> Counter[str]:
    """Take in what lies in a folder, read it, and write what is to be sent; returns how many.

    What is counted: `FOLDER_COUNTS`.
    """
    counts: Counter[str] = Counter()
    accepted, read = list[UUID](), list[UUID]()

    def begins(message_id: UUID, length: int) -> None:
        read.append(message_id)
        if length > SHORT_BYTES:
            _LOG.warning("a message of %s bytes is read, which takes a while", f"{length:,}")

    for path in _waiting(folder):
        counts.update(await _taken(database, author, path, accepted))
    partners = MessagesInTurn(begins)
    while await partners.read_next(database, author.viewer.merchant_id, author.now):
        pass
    counts.update(await _read_of(database, author.viewer.merchant_id, accepted, read))
    for row in await _pending(database, author.viewer.merchant_id):
        name = f"{_shortened(quote(row.code, safe=' '))}-{quote(row.reference, safe=' ')}.edi"
        counts.update(await _sent(database, author, folder, row.id, name))
    return counts


def _waiting(folder: Path) -> Iterator[Path]:
    """Give the files that are whole, by name; links lead elsewhere and are left alone."""
    for path in sorted(folder.iterdir()):
        is_whole = not path.name.startswith(".") and path.suffix not in _UNFINISHED
        if is_whole and path.is_file() and not path.is_symlink():
            yield path


async def _taken(
    database: Database, author: Author, path: Path, accepted: list[UUID]
) -> Counter[str]:
    """Take a file in, its interchanges in portions; another process may have been faster.

    accepted: of which interchanges messages are to be read; its own are added.
    Where it does not come to its end, what of it was taken in is known when it is read once more.
    """
    name = storable(path.name)
    try:
        _made(path.parent / DONE)
        file, mark = _read(path)
    except FileNotFoundError:
        return Counter()
    except OSError as error:
        _LOG.error("a file stays where it lies: %s: %s", name, error)
        return Counter(failed=1)
    counts = Counter[str]()
    try:
        found = pieces_or_beginning(file)
        for start in range(0, len(found), TAKEN_AT_ONCE):
            some = found[start : start + TAKEN_AT_ONCE]
            command = receive.InterchangeFileReceive(found=some, file_name=name[:_LONGEST_NAME])
            outcome = await run(database, author, receive.receive_file, command)
            counts.update(_words_of(name, outcome["states"]))
            accepted += outcome["accepted"]
    except Unavailable:
        raise
    except (Crowded, TimeoutError, OutcomeUnknown) as passing:
        return counts + _waits(name, passing)
    except Exception as error:  # noqa: BLE001 -- Whatever it is, files of other partners are taken in.
        if isinstance(error, Refused) and error.problems[0].code in _PASSING:
            return counts + _waits(name, error)
        _LOG.exception("a file cannot be taken in: %s", name)
        _move(path, (file, mark), FAILED)
        return counts + Counter(failed=1)
    return counts + Counter(failed=not _move(path, (file, mark), DONE))


_WORDS = {
    None: "known",
    InterchangeState.HELD: "held",
    InterchangeState.REJECTED: "rejected",
}
"""What became of an interchange -> how it is counted, where it was not taken in."""


def _words_of(name: str, states: Iterable[InterchangeState | None]) -> Iterator[str]:
    """Yield how interchanges of a file are counted; what somebody has to look at is told."""
    for state in states:
        word = _WORDS.get(state, "taken in")
        if word in NEEDED:
            _LOG.warning("%s: an interchange is %s: its findings stand in the inbox", name, word)
        yield word


def _waits(name: str, why: Exception) -> Counter[str]:
    """Let a file wait in its folder for the next time: what stops it passes."""
    _LOG.warning("%s waits in its folder: %s", name, why)
    return Counter(waiting=1)


_PASSING = (Code.CONFLICT, Code.TAKEN)
"""What is refused because others came between, until they let go."""


def _made(folder: Path) -> None:
    """Make a folder, if need be, into which files can be moved from beside it. Raises: OSError."""
    folder.mkdir(exist_ok=True)
    for each in (folder.parent, folder):
        if not os.access(each, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "Nothing can be moved here", str(each))


def _move(path: Path, read: tuple[File, "_Mark"], into: str) -> bool:
    """Move a file out of the way, and tell whether that is done.

    Another one of its name may have been there before. What has got its name since it was read, or
    has grown, is another one: it stays where it is found.
    """
    folder, (file, mark) = path.parent / into, read
    name = f"{file.sha256[:12]}-{path.name}"
    while len(os.fsencode(name)) > _LONGEST_NAME:
        name = name[:-1]
    try:
        _made(folder)
        with suppress(FileNotFoundError):
            if _Mark.of(path.lstat()) == mark:
                path.rename(folder / name)
                _put_back_other(folder / name, path, mark)
    except OSError:
        _LOG.exception("a file cannot be moved to %s: %s", folder, storable(path.name))
        return False
    return True


def _put_back_other(moved: Path, path: Path, mark: "_Mark") -> None:
    """Put back what got a file's name in the instant in which that was moved, under a free name."""
    if _Mark.of(moved.lstat()) == mark:
        return
    for free in (path, path.with_name(f"{new_id()}.edi")):
        with suppress(FileExistsError):
            os.link(moved, free)
            moved.unlink()
            return


class _Mark(NamedTuple):
    """What a file is known by as long as nobody writes into it, or gives its name to another."""

    device: int
    number: int
    size: int
    written_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "_Mark":
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _read(path: Path) -> tuple[File, _Mark]:
    """Read a file as it is when it is opened. Raises: OSError."""
    with path.open("rb") as file:
        mark = _Mark.of(os.fstat(file.fileno()))
        most = min(mark.size, _MOST_READ)
        return File.of(_chunks(file, most), mark.size - most), mark


def _chunks(file: BinaryIO, most: int) -> Iterator[bytes]:
    while most > 0 and (chunk := file.read(min(_CHUNK, most))):
        most -= len(chunk)
        yield chunk


_MERCHANT = bindparam("merchant", type_=Uuid())
_PENDING = (
    select(OutgoingInterchange.id, OutgoingInterchange.reference, PartnerProfile.code)
    .join(
        PartnerProfile,
        and_(
            PartnerProfile.merchant_id == OutgoingInterchange.merchant_id,
            PartnerProfile.id == OutgoingInterchange.partner_id,
        ),
    )
    .where(
        OutgoingInterchange.merchant_id == _MERCHANT,
        PartnerProfile.merchant_id == _MERCHANT,
        OutgoingInterchange.state == fixed(OutgoingState.PENDING),
    )
    .order_by(OutgoingInterchange.created_at, OutgoingInterchange.id)
)
_BYTES = select(InterchangeContent.content).where(
    InterchangeContent.merchant_id == _MERCHANT,
    InterchangeContent.id == bindparam("of", type_=Uuid()),
)


_IS_FAULTY = InterchangeMessage.findings.contains([{"is_error": True}])
_FATES = select(InterchangeMessage.reference, InterchangeMessage.fate, _IS_FAULTY).where(
    InterchangeMessage.merchant_id == _MERCHANT,
    or_(
        InterchangeMessage.id == any_(bindparam("read", type_=ARRAY(Uuid()))),
        InterchangeMessage.interchange_id == any_(bindparam("accepted", type_=ARRAY(Uuid()))),
    ),
)


async def _read_of(
    database: Database, merchant_id: UUID, accepted: Sequence[UUID], read: Sequence[UUID]
) -> Counter[str]:
    """Count what became of messages, whoever has read them; what was not understood is told.

    accepted: their interchanges. read: others, which have waited since before.
    """
    if not accepted and not read:
        return Counter()
    values = {"merchant": merchant_id, "accepted": accepted, "read": read}
    async with database.writing(merchant_id) as session:
        rows = (await session.execute(_FATES, values)).all()
    counts = Counter[str]()
    for reference, fate, is_faulty in rows:
        counts["being read" if fate is MessageFate.WAITING else "read"] += 1
        if is_faulty:
            counts["not understood"] += 1
            text = "the message %s was not understood, or not all of it: the inbox tells why"
            _LOG.warning(text, storable(reference))
    return counts


async def _pending(database: Database, merchant_id: UUID) -> Sequence[Any]:
    async with database.writing(merchant_id) as session:
        return (await session.execute(_PENDING, {"merchant": merchant_id})).all()


async def _sent(
    database: Database, author: Author, folder: Path, outgoing_id: UUID, name: str
) -> Counter[str]:
    """Write an interchange, and then note that it was sent; somebody else may have been faster."""
    merchant = author.viewer.merchant_id
    async with database.writing(merchant) as session:
        content = await session.scalar(_BYTES, {"merchant": merchant, "of": outgoing_id})
    try:
        write_whole(folder / OUT, name, content or b"")
    except OSError as error:
        _LOG.error("an answer cannot be written: %s: %s", name, error)
        return Counter(failed=1)
    command = outbox.OutgoingInterchangeSend(outgoing_interchange_id=outgoing_id)
    with suppress(Refused):
        await run(database, author, outbox.send, command)
    return Counter(sent=1)


def _shortened(code: str) -> str:
    """Return the code of a partner as a file can be called, which is no other one's."""
    if len(code) <= _LONGEST_CODE:
        return code
    digest = hashlib.sha256(code.encode()).hexdigest()[:12]
    return f"{code[:_LONGEST_CODE]}~{digest}"


def write_whole(folder: Path, name: str, content: bytes) -> None:
    """Write a file beside its name, and rename it once it is whole on the disk.

    Whoever writes the same at the same time has another file until then.
    """
    _made(folder)
    unfinished = folder / f".{uuid4().hex}.tmp"
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
