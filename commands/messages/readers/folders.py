"""A folder that is shared with whoever carries files: what lies in it is taken in, answers go out.

Files are put there under another name and renamed once they are whole: names that begin with a
dot or end in `.tmp` or `.part` are left alone. What was taken in moves to `done`; whatever ends
this in between, the same bytes are taken in once. Where too much of its partner waits to be read,
a file waits in the folder. One of which nobody knows why it cannot be taken in moves to `failed`,
with a word in the log, and stops no other. What is to be sent is written to `out` likewise.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, select

from commands.messages import outbox
from commands.messages.interchanges import receive
from commands.messages.interchanges.files import File, pieces, storable
from commands.messages.readers.by_partner import MessagesInTurn
from commands.writing.running.run import Author, run
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.loop.apart import Crowded
from models.base.tables import fixed
from models.messages.outbox import InterchangeContent, OutgoingInterchange, OutgoingState
from models.messages.partners import PartnerProfile

DONE, OUT, FAILED = "done", "out", "failed"
FOLDER_COUNTS = ("taken in", "known", "read", "sent", "failed", "waiting")
_UNFINISHED = (".tmp", ".part")
_CHUNK = 1024 * 1024
_LOG = logging.getLogger(__name__)
_LONGEST_NAME = 255


async def exchange(database: Database, author: Author, folder: Path) -> Counter[str]:
    """Take in what lies in a folder, read it, and write what is to be sent; returns how many.

    What is counted: `FOLDER_COUNTS`.
    """
    counts: Counter[str] = Counter()
    partners = MessagesInTurn()
    for path in _waiting(folder):
        counts.update(await _taken(database, author, path))
    while await partners.read_next(database, author.viewer.merchant_id, author.now):
        counts["read"] += 1
    for row in await _pending(database, author.viewer.merchant_id):
        await _sent(database, author, folder, row.id, f"{row.code}-{row.reference}.edi")
        counts["sent"] += 1
    return counts


def _waiting(folder: Path) -> Iterator[Path]:
    """Give the files that are whole, by name; links lead elsewhere and are left alone."""
    for path in sorted(folder.iterdir()):
        is_whole = not path.name.startswith(".") and path.suffix not in _UNFINISHED
        if is_whole and path.is_file() and not path.is_symlink():
            yield path


async def _taken(database: Database, author: Author, path: Path) -> Counter[str]:
    """Take a file in; another process may have been faster."""
    try:
        file = File.of(_chunks(path))
    except FileNotFoundError:
        return Counter()
    name = storable(path.name)[:_LONGEST_NAME]
    try:
        command = receive.InterchangeFileReceive(
            found=[*filter(None, pieces(file))], file_name=name
        )
        outcome = await run(database, author, receive.receive_file, command)
    except Unavailable:
        raise
    except Crowded as crowded:
        _LOG.warning("%s waits in its folder: %s", name, crowded)
        return Counter(waiting=1)
    except Exception:  # noqa: BLE001 -- Whatever it is, files of other partners are taken in.
        _LOG.exception("a file cannot be taken in: %s", name)
        _move(path, file, FAILED)
        return Counter(failed=1)
    _move(path, file, DONE)
    words = {"CREATED": "taken in", "UNCHANGED": "known"}
    return Counter(words[it["status"]] for it in outcome["results"])


def _move(path: Path, file: File, into: str) -> None:
    """Move a file out of the way; another one of its name may have been there before."""
    folder = path.parent / into
    folder.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):
        path.rename(folder / f"{file.sha256[:12]}-{path.name}"[:_LONGEST_NAME])


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
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


async def _pending(database: Database, merchant_id: UUID) -> Sequence[Any]:
    async with database.writing(merchant_id) as session:
        return (await session.execute(_PENDING, {"merchant": merchant_id})).all()


async def _sent(
    database: Database, author: Author, folder: Path, outgoing_id: UUID, name: str
) -> None:
    """Write an interchange, and then note that it was sent."""
    merchant = author.viewer.merchant_id
    async with database.writing(merchant) as session:
        content = await session.scalar(_BYTES, {"merchant": merchant, "of": outgoing_id})
    _write(folder / OUT, name, content or b"")
    command = outbox.OutgoingInterchangeSend(outgoing_interchange_id=outgoing_id)
    await run(database, author, outbox.send, command)


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write a file beside its name, and rename it once it is whole on the disk."""
    folder.mkdir(exist_ok=True)
    path = folder / quote(name, safe=" ")
    unfinished = folder / f".{path.name}.tmp"
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
