"""Files that somebody broke: nothing crashes, and what is not understood is told."""

import tracemalloc
from collections.abc import Iterator

import pytest

from kit.standards.schedules.records import RECORD_LENGTH
from kit.standards.schedules.vda import schedules_of
from tests.kit.standards.schedules.test_dialects import DIALECTS, FILES, read
from tests.kit.standards.schedules.test_vda import FILE, QUIET

ODD = (
    b"",
    b"QTY",
    b"QTY+113:x",
    b"DTM+2:20261332:102",
    b"SCC+99++?",
    b"LIN",
    b"NAD+ST",
    b"RFF+AAU:",
)


def _broken(content: bytes) -> Iterator[bytes]:
    """Drop, double, move, cut and replace each segment in turn."""
    parts = content.split(b"'")
    for place, part in enumerate(parts):
        before, after = parts[:place], parts[place + 1 :]
        for inside in ([], [part, part], [part[: len(part) // 2]], [part[:3]]):
            yield b"'".join([*before, *inside, *after])
        yield b"'".join([part, *before, *after])
        yield b"'".join([*before, *after, part])
        yield b"'".join([*before, part[: len(part) // 2]])
    for odd in ODD:
        for place in range(1, len(parts)):
            yield b"'".join([*parts[:place], odd, *parts[place + 1 :]])


@pytest.mark.parametrize("name", DIALECTS)
def test_a_broken_message_is_read_as_far_as_it_goes(name: str) -> None:
    whole = (FILES / f"{name}.edi").read_bytes()
    known = sum(len(it.lines) for it in read(whole, DIALECTS[name]).articles)
    noticed = 0
    for content in _broken(whole.replace(b"\n", b"")):
        if content.startswith(b"UNH+1+DEL") and content[9:12] in (b"FOR", b"JIT"):
            found = read(content, DIALECTS[name])
            findings = [*found.findings, *(one for it in found.articles for one in it.findings)]
            assert sum(len(it.lines) for it in found.articles) <= known * 2
            noticed += bool(findings)
    assert noticed > len(whole.split(b"'"))


def test_a_quantity_without_a_date_is_told_and_no_line() -> None:
    content = (FILES / "north.edi").read_bytes().replace(b"DTM+2:20260316:102'\n", b"")
    first = read(content, DIALECTS["north"]).articles[0]
    assert len(first.lines) == 4
    (finding,) = first.findings
    assert (finding.tag, finding.number, first.is_whole) == ("QTY", 34, False)


def test_a_code_that_nobody_knows_is_told_at_its_place() -> None:
    content = (FILES / "north.edi").read_bytes().replace(b"SCC+4++M", b"SCC+88++M")
    first, *others = read(content, DIALECTS["north"]).articles
    (finding,) = first.findings
    assert (finding.tag, finding.number, finding.element) == ("SCC", 36, 1)
    assert all(it.is_whole for it in others)


def test_broken_records_are_read_as_far_as_they_go() -> None:
    lines = FILE.split(b"\n")
    broken = 0
    for place, line in enumerate(lines):
        before, after = lines[:place], lines[place + 1 :]
        for inside in ([], [line, line], [line[:40]], [b"x" + line], [line.replace(b"0", b"z")]):
            found = list(schedules_of(b"\n".join([*before, *inside, *after])))
            broken += any(it.findings or not all(map(_whole, it.articles)) for it in found)
        list(schedules_of(b"\n".join([line, *before, *after])))
        list(schedules_of(b"\n".join([*before, line[:70]])))
    assert broken > 3 * len(lines)
    assert list(schedules_of(b"")) == []


def _whole(article: object) -> bool:
    return bool(article.is_whole)


def test_a_message_of_many_lines_costs_time_and_memory_by_its_length() -> None:
    lines = b"".join(b"SCC+1++Y'QTY+113:%d'DTM+2:20260309:102'" % number for number in range(2_000))
    head, tail = (FILES / "overlay.edi").read_bytes().split(b"SEQ+5'\n")
    del tail
    content = head.replace(b"DELJIT", b"DELFOR") + b"LIN+1++A:IN'" + lines
    tracemalloc.start()
    found = read(content, DIALECTS["north"])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.articles[0].lines) == 2_000
    assert most < 60 * len(content)


def test_of_a_file_of_many_transmissions_one_is_kept() -> None:
    times, content = 200, QUIET * 200
    tracemalloc.start()
    count = sum(1 for _ in schedules_of(content))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == times
    assert most < 40 * RECORD_LENGTH * QUIET.count(b"\n")


def test_ten_thousand_faults_keep_two_hundred_findings() -> None:
    content = (FILES / "north.edi").read_bytes()
    broken = content.replace(b"SCC+1++Y'", b"SCC+1++Y'" + b"QTY+113:x'" * 5_000, 1)
    assert len(read(broken, DIALECTS["north"]).articles[0].findings) == 200
