"""Nothing hostile gets far: any change of a file is read or found, in time and memory."""

import random
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.standards.edifact import envelopes, groups
from kit.standards.edifact.faults import Fault
from kit.standards.edifact.groups import Seg
from kit.standards.edifact.messages import segments_of
from kit.standards.edifact.parts import Envelope, EnvelopedMessage, MessageKind
from tests.make.messages.files import FILE

MEGABYTE = 1024 * 1024


def read(content: bytes) -> list[Envelope]:
    """Read all of a file, and each of its messages; its pieces are the whole file."""
    found = list(envelopes.split(content))
    assert [it.start for it in found] == [0, *(it.end for it in found[:-1])]
    assert found[-1].end == len(content)
    for each in found:
        assert each.header is not None or not each.is_whole
        for message in each.messages if each.is_whole else ():
            if message.is_whole:
                assert len(list(segments_of(content, each, message))) == message.segments
    return found


def changed(content: bytes) -> Iterator[bytes]:
    """Give a file with each of its segments dropped, doubled, moved and cut."""
    parts = [it + b"'" for it in content.split(b"'")[:-1]]
    for place, part in enumerate(parts):
        before, after = parts[:place], parts[place + 1 :]
        yield b"".join([*before, *after])
        yield b"".join([*before, part, part, *after])
        yield b"".join([*before, *after[:1], part, *after[1:]])
        yield b"".join([*before, part[: len(part) // 2], *after])
        yield b"".join([*before, part[:-1]])


def test_no_change_of_a_segment_goes_unnoticed_or_crashes() -> None:
    (good,) = read(FILE)
    assert good.is_whole
    assert all(it.is_whole for it in good.messages)
    kept = 0
    for file in changed(FILE):
        found = read(file)
        whole = len(found) == 1 and found[0].is_whole
        kept += whole and all(it.is_whole for it in found[0].messages)
    # What moves within one message, or is cut within a text, is for the message's own table.
    assert kept < 2 * FILE.count(b"'")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_bytes_in_any_place_are_read_or_found(data: st.DataObject) -> None:
    file = bytearray(FILE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(file)))
        file[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    read(bytes(file))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.INVALID_START),
        (b"\x00" * 100, Fault.INVALID_START),
        (b"  \r\n", Fault.INVALID_START),
        (b"UNA", Fault.INVALID_SERVICE_CHARACTER),
        (b"UNB", Fault.MISSING),
        (b"UNB'", Fault.MISSING),
        (b"\xff\xfeU\x00N\x00B\x00", Fault.INVALID_START),
        (b"PK\x03\x04" + bytes(range(256)) * 4, Fault.INVALID_START),
        (b"UNB+UNOC:3+A+B+260302:0900+1'" * 200, Fault.MISSING),
    ],
)
def test_what_is_no_interchange_is_one_with_a_clear_finding(content: bytes, fault: Fault) -> None:
    found = read(content)
    assert len(found) <= envelopes.MOST_INTERCHANGES
    assert found[0].findings[0].fault is fault


HEAD = b"UNB+UNOC:3+A+B+260302:0900+1'UNH+1+DELFOR:D:97A:UN'"
BODY = {
    "segments": b"FTX+AAI+++%s'" % (b"x" * 500),
    "short segments": b"A'",
    "marks": b"?",
    "released ends": b"?'",
    "blanks": b" ",
    "messages": b"UNH+1+DELFOR:D:97A:UN'UNT+2+1'",
    "openings": b"UNB+",
    "elements": b"+",
    "nothing": b"'",
}


def some_of(content: bytes) -> list[Envelope]:
    """Return the interchanges of a file, as many as one may have."""
    found = list[Envelope]()
    with suppress(envelopes.TooManyInterchanges):
        for each in envelopes.split(content):
            found.append(each)
    return found


@pytest.mark.parametrize("kind", BODY)
def test_large_files_take_no_more_memory_than_a_part_of_their_size(kind: str) -> None:
    content = HEAD + BODY[kind] * (MEGABYTE // len(BODY[kind]))
    tracemalloc.start()
    try:
        found = some_of(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not found[0].is_whole
    assert peak < 3 * MEGABYTE
    kept = sum(len(it.findings) + sum(len(m.findings) for m in it.messages) for it in found)
    assert kept <= envelopes.MOST_FAULTS + 2 * envelopes.MOST_INTERCHANGES


def test_a_message_of_many_segments_costs_little_more_than_its_bytes() -> None:
    count = 3_000
    body = b"".join(b"QTY+113:%d:PCE'" % it for it in range(count))
    ends = b"UNT+%d+1'UNZ+1+1'" % (count + 2)
    content = HEAD + body + ends
    (found,) = envelopes.split(content)
    tracemalloc.start()
    try:
        own = list(segments_of(content, found, found.messages[0]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(own) == count + 2
    assert peak < 15 * len(content)


@pytest.mark.parametrize(
    ("bound", "body"),
    [
        ("MOST_SEGMENTS", b"QTY+113:1'" * 200),
        ("MOST_MESSAGES", b"UNT+2+1'UNH+1+DELFOR:D:97A:UN'" * 200),
    ],
)
def test_more_than_fits_is_not_read_on(bound: str, body: bytes, monkeypatch) -> None:
    monkeypatch.setattr(envelopes, bound, 100)
    (found,) = read(HEAD + body + b"UNT+2+1'UNZ+1+1'")
    assert [it.fault for it in found.findings] == [Fault.TOO_MANY]
    assert len(found.messages) <= 101


def test_random_pieces_of_files_are_read() -> None:
    choose = random.Random(20261128)
    tokens = [it + b"'" for it in FILE.split(b"'")] + [b"UNA:+.? '", b"'", b"?", b"\xff", b"UNZ"]
    for _ in range(300):
        read(b"".join(choose.choices(tokens, k=choose.randint(1, 30))))


def test_no_more_of_a_part_is_taken_than_its_table_allows_however_often_it_comes() -> None:
    body = b"UNH+1+DELFOR:D:97A:UN'" + b"DTM+2:1'" * 500
    whole = EnvelopedMessage("1", MessageKind("DELFOR"), 0, len(body))
    table = [Seg("UNH"), Seg("DTM", most=10)]
    steps = list(groups.parse_in_steps(table, segments_of(body, Envelope(0, len(body)), whole)))
    ((found, findings),) = filter(None, steps)
    assert len(found.all("DTM")) == 10
    assert len(findings) == groups.MOST_MISPLACED
    assert len(steps) - 1 == 501 // groups.GROUP_STEP


@pytest.mark.parametrize(("tag", "faults"), [("FTX", []), ("DTM", [Fault.TOO_LONG])])
def test_a_segment_that_is_no_free_text_is_longer_than_any_directory_has_it(
    tag: str, faults: list[Fault]
) -> None:
    long = f"{tag}+2:20260309:102{'+' * envelopes.LONGEST}'".encode()
    content = HEAD + long + b"UNT+3+1'UNH+2+DELFOR:D:97A:UN'UNT+2+2'UNZ+2+1'"
    (found,) = envelopes.split(content)
    assert [[it.fault for it in each.findings] for each in found.messages] == [faults, []]
    assert found.is_whole
