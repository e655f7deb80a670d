"""A folder of files: whole ones are taken in once, answers lie beside them, too large ones end."""

import asyncio
import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from threading import Barrier
from typing import Any

import pytest

from commands.messages.interchanges import taking
from commands.messages.interchanges.files import HEAD, LARGEST_FILE, File, pieces
from commands.messages.readers import folders
from commands.messages.readers.folders import exchange
from commands.writing.running.run import Author
from kit.errors import Code, Refused
from models.access.viewers import by_itself
from tests.make.messages import files
from tests.make.sweeps.rows import digests

INBOX = """
{ interchanges(first: 9, sort: OLDEST_FIRST) {
  nodes { fileName source state sizeBytes findings { code } } } }
"""


@pytest.fixture
def run(world, tmp_path):
    """Exchange files with the folder of the test."""
    author = Author(by_itself(world.merchant_id), world.clock(), timedelta(0))
    return lambda: exchange(world.database, author, tmp_path)


async def test_whole_files_are_taken_in_and_answers_lie_beside_them(
    ask, run, world, tmp_path
) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    (tmp_path / "a.edi").write_bytes(content)
    for name in ("b.edi.tmp", ".c.edi", "d.part"):
        (tmp_path / name).write_bytes(b"not whole yet")
    assert await run() == {"taken in": 1, "read": 2, "not understood": 2, "sent": 1}
    (answer,) = (tmp_path / "out").iterdir()
    assert answer.name == f"{partner['code']}-1.edi"
    assert b"UCI+REF1+" in answer.read_bytes()
    assert [it.name.partition("-")[2] for it in (tmp_path / "done").iterdir()] == ["a.edi"]
    assert {it.name for it in tmp_path.iterdir()} == {
        *("b.edi.tmp", ".c.edi", "d.part", "done", "out")
    }
    before = await digests(world)
    assert await run() == {}
    assert await digests(world) == before


async def test_what_others_read_meanwhile_is_counted_and_what_nobody_understands_is_told(
    ask, run, world, tmp_path, monkeypatch, caplog
) -> None:
    partner = await files.partner(ask)
    (tmp_path / "a.edi").write_bytes(files.interchange(partner["identification"]))

    class Others(folders.MessagesInTurn):
        async def read_next(self, *_: Any) -> bool:
            assert await files.read_all(world) == 2
            return False

    monkeypatch.setattr(folders, "MessagesInTurn", Others)
    assert await run() == {"taken in": 1, "read": 2, "not understood": 2, "sent": 1}
    lines = [it.message for it in caplog.records if "not understood" in it.message]
    assert [it.split(" was ")[0] for it in lines] == ["the message 1", "the message 2"]


async def test_what_somebody_else_still_reads_is_counted_by_itself(
    ask, run, tmp_path, monkeypatch
) -> None:
    partner = await files.partner(ask)
    (tmp_path / "a.edi").write_bytes(files.interchange(partner["identification"]))

    class Nobody(folders.MessagesInTurn):
        async def read_next(self, *_: Any) -> bool:
            return False

    monkeypatch.setattr(folders, "MessagesInTurn", Nobody)
    assert await run() == {"taken in": 1, "being read": 2, "sent": 1}


async def test_what_ends_in_between_is_taken_in_once(ask, run, tmp_path) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    (tmp_path / "a.edi").write_bytes(content)
    await run()
    (answer,) = (tmp_path / "out").iterdir()
    text = answer.read_bytes()
    answer.unlink()
    (tmp_path / "a.edi").write_bytes(content)
    assert await run() == {"known": 1, "sent": 1}
    assert answer.read_bytes() == text


async def test_a_file_of_many_interchanges_is_taken_in_by_portions(
    ask, run, tmp_path, monkeypatch
) -> None:
    partner = await files.partner(ask)
    references = [f"R{it}" for it in range(7)]
    every = [files.interchange(partner["identification"], it) for it in references]
    at_once = list[int]()
    take_in = taking.take_in

    async def counted(writing, found, *others):
        at_once.append(len(found))
        return await take_in(writing, found, *others)

    monkeypatch.setattr("commands.messages.readers.folders.TAKEN_AT_ONCE", 3)
    monkeypatch.setattr("commands.messages.interchanges.receive.take_in", counted)
    (tmp_path / "many.edi").write_bytes(b"\r\n".join(every))
    assert await run() == {"taken in": 7, "read": 14, "not understood": 14, "sent": 7}
    assert at_once == [3, 3, 1]
    found = (await ask(INBOX))["interchanges"]["nodes"]
    assert [it["state"] for it in found] == ["ACCEPTED"] * 7
    (tmp_path / "again.edi").write_bytes(b"\r\n".join(every))
    assert await run() == {"known": 7, "sent": 7}


async def test_a_file_of_too_many_interchanges_is_told_by_its_beginning(
    ask, run, tmp_path, monkeypatch
) -> None:
    partner = await files.partner(ask)
    monkeypatch.setattr("kit.standards.edifact.envelopes.MOST_INTERCHANGES", 12)
    content = files.interchange(partner["identification"]) * 13
    assert len(content) > HEAD
    (tmp_path / "many.edi").write_bytes(content)
    assert await run() == {"rejected": 1, "sent": 1}
    (found,) = (await ask(INBOX))["interchanges"]["nodes"]
    assert found == {
        "fileName": "many.edi",
        "source": "FOLDER",
        "state": "REJECTED",
        "sizeBytes": len(content),
        "findings": [{"code": "TOO_MANY"}],
    }
    (answer,) = (tmp_path / "out").iterdir()
    assert b"+4+35'" in answer.read_bytes()
    (tmp_path / "again.edi").write_bytes(content)
    assert await run() == {"known": 1, "sent": 1}


@pytest.mark.parametrize("is_renamed", [True, False])
async def test_what_gets_the_name_of_a_file_that_is_taken_in_is_taken_in_next(
    ask, run, tmp_path, monkeypatch, is_renamed
) -> None:
    """And so is what is written behind it."""
    partner = await files.partner(ask)
    first, second = (files.interchange(partner["identification"], it) for it in ("A1", "A2"))
    (tmp_path / "in.edi").write_bytes(first)
    take_in = taking.take_in

    async def meanwhile(writing, found, *others):
        if is_renamed:
            (tmp_path / "in.edi.part").write_bytes(second)
            (tmp_path / "in.edi.part").rename(tmp_path / "in.edi")
        else:
            (tmp_path / "in.edi").write_bytes(first + second)
        monkeypatch.setattr("commands.messages.interchanges.receive.take_in", take_in)
        return await take_in(writing, found, *others)

    monkeypatch.setattr("commands.messages.interchanges.receive.take_in", meanwhile)
    await run()
    assert (await run())["taken in"] == 1
    found = (await ask(INBOX))["interchanges"]["nodes"]
    assert [it["state"] for it in found] == ["ACCEPTED"] * 2
    assert not (tmp_path / "in.edi").exists()


async def test_what_gets_a_files_name_as_it_is_moved_is_put_back(
    ask, run, tmp_path, monkeypatch
) -> None:
    partner = await files.partner(ask)
    every = [files.interchange(partner["identification"], it) for it in ("A1", "A2", "A3")]
    path, rename = tmp_path / "in.edi", Path.rename
    path.write_bytes(every[0])

    def swapped(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        self.write_bytes(every[1] + b"\r\n")
        moved = self.rename(target)
        self.write_bytes(every[2])
        return moved

    monkeypatch.setattr(Path, "rename", swapped)
    await run()
    assert (await run())["taken in"] == 2
    found = (await ask(INBOX))["interchanges"]["nodes"]
    assert [it["state"] for it in found] == ["ACCEPTED"] * 3
    assert [it for it in tmp_path.iterdir() if it.is_file()] == []


async def test_no_file_is_read_without_end(ask, run, tmp_path, monkeypatch) -> None:
    """One of two terabytes, of which the system has written none, and one that grows."""
    partner = await files.partner(ask)
    (tmp_path / "a.edi").touch()
    os.truncate(tmp_path / "a.edi", 2 * 1024**4)
    (tmp_path / "b.edi").write_bytes(files.interchange(partner["identification"]))
    monkeypatch.setattr(folders, "_MOST_READ", 2 * LARGEST_FILE)
    assert await run() == {"rejected": 1, "taken in": 1, "read": 2, "not understood": 2, "sent": 1}
    found = (await ask(INBOX))["interchanges"]["nodes"]
    assert [(it["state"], it["sizeBytes"] > LARGEST_FILE) for it in found] == [
        ("REJECTED", True),
        ("ACCEPTED", False),
    ]


def test_two_that_write_one_answer_at_once_both_do(tmp_path, monkeypatch) -> None:
    both, sync = Barrier(2), folders.os.fsync

    def together(number: int) -> None:
        sync(number)
        both.wait(60)

    monkeypatch.setattr(folders.os, "fsync", together)
    with ThreadPoolExecutor(2) as threads:
        every = [
            threads.submit(folders.write_whole, tmp_path / "out", "P-1.edi", b"UNB") for _ in "12"
        ]
        assert [it.result() for it in every] == [None, None]
    assert [(it.name, it.read_bytes()) for it in (tmp_path / "out").iterdir()] == [
        ("P-1.edi", b"UNB")
    ]


async def test_a_file_that_is_too_large_is_told_by_its_beginning(ask, run, tmp_path) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    large = tmp_path / "large.edi"
    with large.open("wb") as file:
        file.write(content)
        file.truncate(LARGEST_FILE + 1)
    assert await run() == {"rejected": 1, "sent": 1}
    (found,) = (await ask(INBOX))["interchanges"]["nodes"]
    assert found == {
        "fileName": "large.edi",
        "source": "FOLDER",
        "state": "REJECTED",
        "sizeBytes": LARGEST_FILE + 1,
        "findings": [{"code": "TOO_MANY"}],
    }
    (answer,) = (tmp_path / "out").iterdir()
    assert b"+4+35'" in answer.read_bytes()


def test_a_hundred_megabytes_take_no_more_memory_than_the_largest_file() -> None:
    chunk = b"QTY+113:120'" * 8192
    count = 100 * 1024 * 1024 // len(chunk)
    tracemalloc.start()
    try:
        file = File.of(chunk for _ in range(count))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (file.size, len(file.content)) == (count * len(chunk), HEAD)
    assert peak < 3 * LARGEST_FILE
    (piece,) = pieces(file)
    assert [it.fault for it in piece.envelope.findings] == ["TOO_MANY"]


async def test_a_file_that_cannot_be_taken_in_stops_no_other(
    ask, run, tmp_path, monkeypatch
) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    (tmp_path / "a.edi").write_bytes(b"whatever")
    (tmp_path / "b.edi").write_bytes(content)
    take_in = taking.take_in

    async def failing(writing, found, *others):
        if found[0].content == b"whatever":
            raise LookupError
        return await take_in(writing, found, *others)

    monkeypatch.setattr("commands.messages.interchanges.receive.take_in", failing)
    assert await run() == {"failed": 1, "taken in": 1, "read": 2, "not understood": 2, "sent": 1}
    (kept,) = (tmp_path / "failed").iterdir()
    assert (kept.name.partition("-")[2], kept.read_bytes()) == ("a.edi", b"whatever")


@pytest.mark.parametrize("passing", [Refused(Code.CONFLICT, "Others."), TimeoutError()])
async def test_what_others_stop_for_a_while_waits_in_the_folder(
    ask, run, tmp_path, monkeypatch, passing
) -> None:
    partner = await files.partner(ask)
    (tmp_path / "a.edi").write_bytes(files.interchange(partner["identification"]))

    async def stopped(*_args):
        raise passing

    with monkeypatch.context() as patch:
        patch.setattr("commands.messages.interchanges.receive.take_in", stopped)
        assert await run() == {"waiting": 1}
    assert [it.name for it in tmp_path.glob("*.edi")] == ["a.edi"]
    assert await run() == {"taken in": 1, "read": 2, "not understood": 2, "sent": 1}


async def test_files_of_the_same_partners_wait_for_each_other_in_whichever_order(ask) -> None:
    partners = [(await files.partner(ask))["identification"] for _ in range(5)]
    for number in range(3):
        content = [files.interchange(it, f"R{number}") for it in partners]
        orders = [[*content, b"\r\n"], [*reversed(content), b"\n"], [*content[2:], *content[:2]]]
        taken = await asyncio.gather(*(files.results(ask, b"".join(it)) for it in orders))
        assert sorted(it["status"] for of in taken for it in of) == (
            ["CREATED"] * 5 + ["UNCHANGED"] * 10
        )


async def test_names_as_long_as_a_file_may_have_and_files_that_cannot_be_read_stop_no_other(
    ask, run, tmp_path, monkeypatch
) -> None:
    """What cannot be read stays, and is taken in once it can be."""
    long = await files.partner(ask, code="\N{EURO SIGN}" * 100)
    other = await files.partner(ask)
    name = "a" + "\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 125 + ".ed"
    (tmp_path / name).write_bytes(files.interchange(long["identification"]))
    (tmp_path / "b.edi").write_bytes(b"not for us")
    (tmp_path / "c.edi").write_bytes(files.interchange(other["identification"]))
    opened = Path.open

    def unless_b(path: Path, *modes: str) -> Any:
        if path.name == "b.edi":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *modes)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", unless_b)
        assert await run() == {
            "taken in": 2,
            "failed": 1,
            "read": 4,
            "not understood": 4,
            "sent": 2,
        }
    assert [it.name for it in tmp_path.glob("*.*")] == ["b.edi"]
    done = sorted(it.name[13:] for it in (tmp_path / "done").iterdir())
    assert (done[1], name.startswith(done[0])) == ("c.edi", True)
    one, short = sorted((tmp_path / "out").iterdir(), key=lambda it: -len(it.name))
    assert one.name.startswith("%E2%82%AC")
    assert short.name == f"{other['code']}-1.edi"
    assert await run() == {"rejected": 1}


@pytest.mark.parametrize(
    ("taken", "counts"),
    [
        ("done", {"failed": 3, "sent": 1}),
        ("out", {"taken in": 1, "known": 1, "read": 2, "not understood": 2, "failed": 2}),
    ],
)
async def test_a_folder_that_is_no_folder_stops_only_what_goes_there(
    ask, run, tmp_path, taken, counts
) -> None:
    """Nothing is taken in that would be taken in anew at each run; answers wait in the outbox."""
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    (tmp_path / "first.edi").write_bytes(content)
    await run()
    (answer,) = (tmp_path / "out").iterdir()
    text = answer.read_bytes()
    rmtree(tmp_path / "out")
    (tmp_path / "a.edi").write_bytes(files.interchange(partner["identification"], "REF2"))
    (tmp_path / "b.edi").write_bytes(content)
    await files.received(ask, content)
    rmtree(tmp_path / taken, ignore_errors=True)
    if taken == "done":
        (tmp_path / taken).write_text("no folder")
    else:
        (tmp_path / taken).symlink_to(tmp_path / "gone")
    found = await run()
    assert found == counts
    if taken == "done":
        assert answer.read_bytes() == text
        (tmp_path / taken).unlink()
        assert (await run())["taken in"] == 1
