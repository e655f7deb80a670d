"""What is opened is closed, counted and named alike; characters are those that UNB says."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.standards.edifact import envelopes
from kit.standards.edifact.delimiters import DEFAULT, Delimiters
from kit.standards.edifact.faults import Fault, Faulty
from kit.standards.edifact.messages import segments_of
from kit.standards.edifact.parts import Header, Identification, MessageKind
from kit.standards.edifact.segments import PartedSegment, Segment, scan
from kit.standards.edifact.writing import Style, interchange

HEADER = Header(
    identifier="UNOC",
    version="3",
    sender=Identification("4012345000009", "14"),
    recipient=Identification("SUPPLIER", "ZZ"),
    prepared_at=datetime(2026, 3, 2, 9, 0),  # noqa: DTZ001 -- UNB knows no zone.
    reference="REF1",
    application="",
    wants_answer=True,
    is_test=False,
)
DELFOR = MessageKind("DELFOR", "D", "97A", "UN")
ONE = (
    b"UNB+UNOC:3+A:14+B:ZZ+260302:0900+R1++++1'"
    b"UNH+1+DELFOR:D:97A:UN'BGM+241+4711+5'LIN+1++X?'Y:IN'UNT+4+1'UNZ+1+R1'"
)


OUTSIDE = [Fault.OUTSIDE_A_MESSAGE] * 3


def faults(content: bytes, charset: str | None = None) -> list[Fault]:
    """Return the errors of the only interchange of a file, those of its messages behind."""
    (found,) = envelopes.split(content, charset)
    own = [*found.findings, *(it for each in found.messages for it in each.findings)]
    return [it.fault for it in own if it.is_error]


def texts(content: bytes, charset: str | None = None) -> list[str]:
    (found,) = envelopes.split(content, charset)
    return [it.text for each in found.messages for it in segments_of(content, found, each)]


def test_an_interchange_is_read_with_the_places_of_its_messages() -> None:
    (found,) = envelopes.split(ONE)
    assert found.header is not None
    assert (found.header.sender, found.header.recipient) == (
        Identification("A", "14"),
        Identification("B", "ZZ"),
    )
    assert (found.header.reference, found.header.wants_answer) == ("R1", True)
    assert found.findings == []
    (message,) = found.messages
    assert (message.kind, message.reference, message.segments) == (DELFOR, "1", 4)
    assert ONE[message.start : message.end].startswith(b"UNH+1")
    assert message.is_whole
    own = list(segments_of(ONE, found, message))
    assert [(it.number, it.tag) for it in own] == [(1, "UNH"), (2, "BGM"), (3, "LIN"), (4, "UNT")]
    assert own[2].element(3) == ["X'Y", "IN"]
    assert ONE[own[2].offset :].startswith(b"LIN")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b"UNZ+1", b"UNZ+2", [Fault.COUNTS_DIFFER]),
        (b"UNZ+1", b"UNZ+x", [Fault.INVALID_VALUE]),
        (b"UNZ+1+R1", b"UNZ+1+R2", [Fault.REFERENCES_DIFFER]),
        (b"UNZ+1+R1'", b"", [Fault.MISSING]),
        (b"UNZ+1+R1'", b"UNZ+1+R1", [Fault.MISSING]),
        (b"UNT+4", b"UNT+5", [Fault.COUNTS_DIFFER]),
        (b"UNT+4+1", b"UNT+4+2", [Fault.REFERENCES_DIFFER]),
        (b"UNT+4+1'", b"", [Fault.MISSING]),
        (b"DELFOR:D:97A:UN", b"DELFOR:D", [Fault.MISSING]),
        (b"UNH+1+DELFOR:D:97A:UN'", b"", [*OUTSIDE, Fault.NOTHING_INSIDE, Fault.COUNTS_DIFFER]),
        (b"BGM+241", b"BG+241", [Fault.INVALID_VALUE]),
        (b"BGM+241", b"BGM+2\x0741", [Fault.INVALID_CHARACTER]),
        (b"BGM+241+4711", b"BGM+241+\x81", [Fault.INVALID_CHARACTER]),
        (b"UNOC:3", b"UNOX:3", [Fault.CHARSET_NOT_SUPPORTED]),
        (b"UNOC:3", b"UNOC:9", [Fault.VERSION_NOT_SUPPORTED]),
        (b"260302:0900", b"261332:0900", [Fault.INVALID_VALUE]),
        (b"+A:14+", b"++", [Fault.MISSING]),
        (b"+R1++++1", b"+R23456789012345++++1", [Fault.TOO_LONG]),
        (b"UNB+", b"UNX+", [Fault.INVALID_START]),
    ],
)
def test_a_broken_envelope_is_found(old: bytes, new: bytes, found: list[Fault]) -> None:
    assert faults(ONE.replace(old, new)) == found


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        (b"UNG+DELFOR+A+B+260302:0900+G1+UN+D:97A'{}UNE+1+G1'UNZ+1+R1'", []),
        (b"UNG+DELFOR+A+B+260302:0900+G1+UN+D:97A'{}UNE+2+G1'UNZ+1+R1'", [Fault.COUNTS_DIFFER]),
        (b"UNG+DELFOR+A+B+260302:0900+G1+UN+D:97A'{}UNE+1+G2'UNZ+1+R1'", [Fault.REFERENCES_DIFFER]),
        (b"UNG+DELFOR+A+B+260302:0900+G1+UN+D:97A'{}UNZ+1+R1'", [Fault.MISSING]),
        (b"{}UNE+1+G1'UNZ+1+R1'", [Fault.OUTSIDE_A_MESSAGE]),
        (
            b"{}UNG+DELFOR+A+B+260302:0900+G1+UN+D:97A'{}UNE+1+G1'UNZ+1+R1'",
            [Fault.GROUPS_AND_MESSAGES_MIXED],
        ),
        (
            b"UNG+DELFOR+A+B+260302:0900+G1+UN+D:97A'{}UNE+1+G1'{}UNZ+1+R1'",
            [Fault.GROUPS_AND_MESSAGES_MIXED],
        ),
        (b"UNZ+0+R1'", [Fault.NOTHING_INSIDE]),
    ],
)
def test_groups_are_counted_like_messages(inside: bytes, found: list[Fault]) -> None:
    head, _, tail = ONE.partition(b"UNH")
    message = b"UNH" + tail.partition(b"UNZ")[0]
    assert faults(head + inside.replace(b"{}", message)) == found


def test_a_broken_message_leaves_the_others_whole() -> None:
    second = ONE.partition(b"UNH")[2].partition(b"UNZ")[0].replace(b"+1'", b"+2'")
    second = second.replace(b"+1+DELFOR", b"UNH+2+DELFOR").replace(b"UNT+4", b"UNT+9")
    (found,) = envelopes.split(ONE.replace(b"UNZ+1", second + b"UNZ+2"))
    assert found.is_whole
    assert [it.is_whole for it in found.messages] == [True, False]


@pytest.mark.parametrize(
    ("una", "marks"),
    [
        (b"UNA:+.? '", DEFAULT),
        (b"UNA:+,?*'", Delimiters(decimal=",", repetition="*")),
        (b"UNA|;.#*~", Delimiters("|", ";", ".", "#", "*", "~")),
        (b"UNA:+.  '", Delimiters(release="")),
        (b"UNA\x1f\x1d.  \x1c", Delimiters("\x1f", "\x1d", ".", "", "", "\x1c")),
    ],
)
def test_una_may_change_all_marks(una: bytes, marks: Delimiters) -> None:
    style = Style(marks)
    body = [("BGM", "241", "4711"), ("QTY", ("113", "5"))]
    content = interchange(HEADER, [(DELFOR, body)], style)
    assert content.startswith(una)
    (found,) = envelopes.split(content)
    assert (found.delimiters, found.findings) == (marks, [])
    (message,) = found.messages
    assert [it.element(1) for it in segments_of(content, found, message)][2] == ["113", "5"]


@pytest.mark.parametrize("una", [b"UNA::.? '", b"UNAA+.? '", b"UNA + ? '", b"UNA\xff+.? '"])
def test_marks_that_part_nothing_are_found(una: bytes) -> None:
    assert faults(una + ONE) == [Fault.INVALID_SERVICE_CHARACTER]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab'+:?* ", max_size=8), max_size=5))
def test_a_text_is_read_as_it_was_written_whatever_marks_are_in_it(values: list[str]) -> None:
    values.append("end")
    body = [("FTX", values, values)]
    content = interchange(HEADER, [(DELFOR, body)], Style(Delimiters(repetition="*")))
    (found,) = envelopes.split(content)
    segment = list(segments_of(content, found, found.messages[0]))[1]
    assert segment.elements()[1:] == [[values], [values]]


def test_release_marks_count_by_parity() -> None:
    marks = [it.content for it in scan(b"A???'B'C????'D?'", 0, 16, DEFAULT)]
    assert marks == [b"A???'B", b"C????", b"D?'"]
    assert Segment("A+b???:c:d", DEFAULT, 1, 0).element(1) == ["b?:c", "d"]


def test_line_breaks_indentation_and_ends_of_old_systems_are_read_past() -> None:
    lines = ONE.replace(b"'", b"'\r\n   ").replace(b"X?'\r\n   Y", b"X?'Y")
    for content in (lines, b"\xef\xbb\xbf" + lines, lines + b"\x1a\x00\x00", b"\r\n" + lines):
        assert faults(content) == []
        assert [it.text for it in next(envelopes.split(content)).findings] == []


def test_a_file_that_is_wrapped_at_eighty_columns_is_read() -> None:
    wrapped = b"\r\n".join(ONE[it : it + 40] for it in range(0, len(ONE), 40))
    assert faults(wrapped) == []
    assert texts(wrapped) == texts(ONE)
    assert [it.fault for it in next(envelopes.split(wrapped)).findings] == [Fault.LINE_BREAK]


@pytest.mark.parametrize(
    ("identifier", "content", "text", "notes"),
    [
        ("UNOC", "Köln".encode("latin-1"), "Köln", []),
        ("UNOC", "5 € – ok".encode("cp1252"), "5 € – ok", []),
        ("UNOC", "5 € Köln".encode(), "5 € Köln", [Fault.OTHER_CHARSET]),
        ("UNOA", "köln".encode("latin-1"), "köln", [Fault.OTHER_CHARSET]),
        ("UNOB", "Köln".encode(), "Köln", [Fault.OTHER_CHARSET]),
        ("UNOA", b"lower case", "lower case", []),
        ("UNOD", "Łódź".encode("iso8859-2"), "Łódź", []),
        ("UNOE", "Омск".encode("iso8859-5"), "Омск", []),
        ("UNOF", "Πάτρα".encode("iso8859-7"), "Πάτρα", []),
        ("UNOL", "5 €".encode("iso8859-15"), "5 €", []),
        ("UNOW", "東京".encode(), "東京", []),
        ("UNOY", "東京".encode(), "東京", []),
    ],
)
def test_characters_are_those_of_unb_or_of_the_file(
    identifier: str, content: bytes, text: str, notes: list[Fault]
) -> None:
    file = ONE.replace(b"UNOC", identifier.encode()).replace(b"4711", content)
    (found,) = envelopes.split(file)
    assert found.is_whole
    assert found.messages[0].is_whole
    assert [it.fault for it in found.findings] == notes
    assert text in list(segments_of(file, found, found.messages[0]))[1].text


@pytest.mark.parametrize("order", [1, -1])
def test_characters_of_one_interchange_are_not_those_of_its_neighbours(order: int) -> None:
    each = [ONE.replace(b"4711", "Köln".encode(it)) for it in ("utf-8", "cp1252")][::order]
    file = b"".join(each)
    found = list(envelopes.split(file))
    assert {it.codec for it in found} == {"utf-8", "cp1252"}
    for one, alone in zip(found, each, strict=True):
        (message,) = one.messages
        assert "BGM+241+Köln+5" in [it.text for it in segments_of(file, one, message)]
        assert one.codec == next(envelopes.split(alone)).codec


def test_elements_of_headers_are_parted_once_however_often_they_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, parts = list[str](), Delimiters.parts

    def counted(self: Delimiters, text: str, separator: str) -> list[str]:
        calls.append(separator)
        return parts(self, text, separator)

    monkeypatch.setattr(Delimiters, "parts", counted)
    segment = PartedSegment("UNH+1+DELFOR:D:97A:UN", DEFAULT, 1, 0)
    for _ in range(9):
        assert [segment.get(2, it) for it in (1, 2, 3, 4, 5)] == ["DELFOR", "D", "97A", "UN", ""]
        assert (segment.get(1), segment.get(7)) == ("1", "")
    assert sorted(calls) == ["+", "+", "+", ":", ":"]


def test_a_partners_charset_goes_before_what_unb_says() -> None:
    file = ONE.replace(b"4711", "Łódź".encode("iso8859-2"))
    assert "BGM+241+Łódź+5" in texts(file, "UNOD")
    assert "Łódź" not in "".join(texts(file))


def test_a_file_of_several_interchanges_is_not_merged() -> None:
    other = ONE.replace(b"R1", b"R2")
    found = list(envelopes.split(b"rubbish" + ONE + b"\r\n" + other[:60] + b"UNA:+.? '" + other))
    assert [it.header and it.header.reference for it in found] == [None, "R1", "R2", "R2"]
    assert [it.is_whole for it in found] == [False, True, False, True]
    ends = [0, *(it.end for it in found)]
    assert [it.start for it in found] == ends[:-1]


def test_syntax_4_has_years_of_four_digits_and_repetitions() -> None:
    header = ONE.replace(b"UNOC:3", b"UNOC:4").replace(b"260302", b"20260302")
    (found,) = envelopes.split(b"UNA:+.?*'" + header.replace(b"4711", b"a*b*c"))
    assert found.header is not None
    assert found.header.prepared_at == HEADER.prepared_at
    content = b"UNA:+.?*'" + header.replace(b"4711", b"a*b*c")
    segment = list(segments_of(content, found, found.messages[0]))[1]
    assert segment.elements()[2] == [["a"], ["b"], ["c"]]


def test_service_characters_that_are_refused_say_where() -> None:
    with pytest.raises(Faulty) as raised:
        Delimiters.of(b"++++++")
    assert raised.value.finding.tag == "UNA"


def test_a_reference_is_of_one_message() -> None:
    message = b"UNH" + ONE.partition(b"UNH")[2].partition(b"UNZ")[0]
    (found,) = envelopes.split(ONE.replace(b"UNZ+1", message + b"UNZ+2"))
    assert [[one.fault for one in it.findings] for it in found.messages] == [
        [],
        [Fault.DUPLICATE_REFERENCE],
    ]
