"""CONTRL says of an interchange what is wrong with it, in the shape of its syntax; writing."""

from dataclasses import replace

import pytest

from kit.standards.edifact import envelopes
from kit.standards.edifact.answers import control
from kit.standards.edifact.charsets import transliterated
from kit.standards.edifact.delimiters import DEFAULT, Delimiters
from kit.standards.edifact.parts import MessageKind
from kit.standards.edifact.writing import Style, interchange, segment
from tests.kit.standards.edifact.test_envelopes import DELFOR, HEADER, ONE
from tests.make.messages.files import FILE


def answer(content: bytes) -> list[str]:
    """Return the segments of the CONTRL of a file's only interchange."""
    (found,) = envelopes.split(content)
    assert found.header is not None
    return [segment(DEFAULT, it) for it in control.body(found.header, found)]


def test_a_whole_interchange_is_acknowledged() -> None:
    assert answer(ONE) == ["UCI+R1+A:14+B:ZZ+7'"]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (b"UNZ+1", b"UNZ+2", ["UCI+R1+A:14+B:ZZ+4+29+UNZ+2:1'"]),
        (b"UNZ+1+R1'", b"", ["UCI+R1+A:14+B:ZZ+4+13+UNZ'"]),
        (
            b"UNT+4",
            b"UNT+5",
            ["UCI+R1+A:14+B:ZZ+7'", "UCM+1+DELFOR:D:97A:UN+4+29+UNT+2:1'"],
        ),
        (
            b"BGM+241+4711",
            b"BGM+241+4\x0711",
            ["UCI+R1+A:14+B:ZZ+7'", "UCM+1+DELFOR:D:97A:UN+4'", "UCS+2+21'"],
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: bytes, new: bytes, lines: list[str]) -> None:
    assert answer(ONE.replace(old, new)) == lines


def test_a_refused_message_of_a_group_is_said_within_it() -> None:
    head, _, tail = ONE.replace(b"UNT+4", b"UNT+5").partition(b"UNH")
    group = b"UNG+DELFOR+A+B+260302:0900+G1+UN+D:97A'"
    content = head + group + b"UNH" + tail.replace(b"UNZ", b"UNE+1+G1'UNZ")
    assert answer(content)[1] == "UCF+G1+A+B+7'"


def test_the_version_goes_with_the_syntax_and_answers_are_not_answered() -> None:
    assert str(control.kind_for(HEADER)) == "CONTRL:D:3:UN"
    assert str(control.kind_for(replace(HEADER, version="4"))) == "CONTRL:4:1:UN"
    (found,) = envelopes.split(ONE.replace(b"DELFOR:D:97A", b"CONTRL:D:3"))
    assert not control.can_be_answered(found)
    assert control.can_be_answered(next(envelopes.split(ONE)))


def test_an_answer_is_read_as_an_interchange() -> None:
    (found,) = envelopes.split(FILE)
    assert found.header is not None
    kind, body = control.kind_for(found.header), control.body(found.header, found)
    content = interchange(HEADER, [(kind, body)], Style(has_line_breaks=True))
    (again,) = envelopes.split(content)
    assert again.is_whole
    assert again.messages[0].is_whole
    assert again.messages[0].kind == kind
    assert content.endswith(b"UNT+3+1'\r\nUNZ+1+REF1'\r\n")


def test_what_cannot_be_written_is_refused_and_never_a_question_mark() -> None:
    with pytest.raises(ValueError, match="cannot be written in UNOC"):
        interchange(HEADER, [(DELFOR, [("FTX", "Łódź")])], Style())
    assert transliterated("Łódź".replace("Ł", "L"), "UNOA") == "Lodz"
    assert transliterated("Größe: Köln", "UNOB") == "Groesse: Koeln"
    assert transliterated("Größe", "UNOC") == "Größe"
    with pytest.raises(ValueError, match="cannot be written in UNOA"):
        transliterated("東京", "UNOA")
    with pytest.raises(ValueError, match="Without a release mark"):
        segment(Delimiters(release=""), ("FTX", "it's"))


def test_latin_1_is_written_as_it_is_named() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        interchange(HEADER, [(MessageKind("DESADV", "D", "01B", "UN"), [("FTX", "5 €")])], Style())
