"""The rules that every input shares, told with code and path."""

import re
import sys
import unicodedata
from decimal import Decimal
from typing import Annotated, get_origin

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from kit import inputs
from kit.errors import _CODES, _MESSAGES, Code, Refused, Wrong
from kit.inputs import (
    Bulk,
    Country,
    Currency,
    Day,
    Each,
    Gtin,
    Input,
    Instant,
    Money,
    Name,
    Note,
    Place,
    Quantity,
    Reference,
    Zone,
    refuse_duplicates,
    spelled,
)
from kit.standards.unicode import normal
from tests.make.sweeps.leaves import INVISIBLE


class Sample(Input):
    name: Name | None = None
    reference: Reference | None = None
    note: Note | None = None
    zone: Zone | None = None
    currency: Currency | None = None
    country: Country | None = None
    gtin: Gtin | None = None
    at: Instant | None = None
    on: Day | None = None
    quantity: Quantity | None = None
    money: Money | None = None
    names: Bulk[Name] | None = None
    place: Place | None = None
    counts: list[int] = Field([])


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("names", [""], "BLANK"),
        ("names", ["   "], "BLANK"),
        ("name", "a\0b", "INVALID_CHARACTER"),
        ("name", "a\x1bb", "INVALID_CHARACTER"),
        ("name", "x" * 256, "TOO_LONG"),
        ("note", "x" * 100_000, "TOO_LONG"),
        ("name", "\ud800", "INVALID"),
        ("zone", "Europe/Atlantis", "INVALID_TIME_ZONE"),
        ("zone", "../etc/passwd", "INVALID_TIME_ZONE"),
        ("zone", "localtime", "INVALID_TIME_ZONE"),
        ("zone", "Factory", "INVALID_TIME_ZONE"),
        ("at", "0001-01-01T00:00:00+14:00", "INVALID_DATE"),
        ("at", "1900-01-01T00:00:00+00:01", "INVALID_DATE"),
        ("at", "2199-12-31T23:59:59-00:01", "INVALID_DATE"),
        ("name", "a\x9fb", "INVALID_CHARACTER"),
        ("name", "a" + "\u0301\u0316" * 16, "INVALID_CHARACTER"),
        ("reference", "A\u200bB", "INVALID_CHARACTER"),
        ("reference", "A\nB", "INVALID_CHARACTER"),
        ("reference", "A\u3164B", "INVALID_CHARACTER"),
        ("currency", "XXY", "INVALID_CURRENCY"),
        ("country", "ZZ", "INVALID_COUNTRY"),
        ("gtin", "4006381333932", "INVALID_CHECK_DIGIT"),
        ("gtin", "４００６３８１３３３９３１", "INVALID_CHECK_DIGIT"),
        ("at", "0001-01-01T00:00:00Z", "INVALID_DATE"),
        ("at", "9999-12-31T23:59:59Z", "INVALID_DATE"),
        ("at", "2026-03-02T08:00:00", "INVALID"),
        ("on", "0001-01-01", "INVALID_DATE"),
        ("on", "9999-12-31", "INVALID_DATE"),
        ("quantity", Decimal(0), "NOT_POSITIVE"),
        ("quantity", Decimal(-1), "NOT_POSITIVE"),
        ("quantity", Decimal("0.0000001"), "SCALE_EXCEEDED"),
        ("quantity", Decimal("NaN"), "OUT_OF_RANGE"),
        ("quantity", Decimal("Infinity"), "OUT_OF_RANGE"),
        ("quantity", Decimal("1e13"), "OUT_OF_RANGE"),
        ("names", [], "TOO_FEW_ITEMS"),
        ("names", ["x"] * 251, "TOO_MANY_ITEMS"),
    ],
)
def test_a_broken_rule_is_told_with_code_and_path(field, value, code):
    with pytest.raises(Refused) as refused:
        Sample.read({field: value})
    (problem,) = refused.value.problems
    assert (problem.code.value, problem.path[0]) == (code, field)


@pytest.mark.parametrize("name", ["Müller & Söhne", "שלום עולם", "🚚📦", "x" * 255, "漢字"])
def test_every_script_is_kept_as_it_is(name):
    assert Sample.read({"name": name}).name == name


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("A\u030a-1", "\u00c5-1"),
        ("\u212b-1", "\u00c5-1"),
        ("\u1112\u1161\u11ab" * 100, "\ud55c" * 100),
    ],
)
def test_what_looks_the_same_is_the_same_and_as_long(fields, kept):
    assert Sample.read({"reference": fields}).reference == kept


TEXTS = {name: it for name, it in vars(inputs).items() if get_origin(it) is Annotated}
TEXTS = {name: it for name, it in TEXTS.items() if isinstance(it.__metadata__[0], inputs._UpTo)}  # noqa: SLF001 -- the one declaration of a text's length.


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_too_long_however_it_is_spelled_is_not_spelled_anew(name, monkeypatch):
    spelled = list[str]()
    monkeypatch.setattr(inputs, "normal", lambda text: spelled.append(text) or normal(text))
    longest = TEXTS[name].__metadata__[0].longest
    read = TypeAdapter(TEXTS[name]).validate_python
    assert read(" \u1f82") == "\u1f82"
    assert read("\u03b1\u0313\u0300\u0345" * longest) == "\u1f82" * longest
    for text in (("a" + "\u0301" * 29) * 15_000, "\u03b1\u0313\u0300\u0345" * longest + "a"):
        with pytest.raises(ValidationError, match=f"at most {longest} characters"):
            read(text)
    assert max(map(len, spelled)) == 4 * longest


def test_every_mark_is_found():
    marks = [chr(code) for code in range(sys.maxunicode) if unicodedata.combining(chr(code))]
    for mark in marks:
        with pytest.raises(ValueError, match="at most 30 marks"):
            normal("a" + mark * 31 + "\u0301\u0316")


@pytest.mark.parametrize("char", INVISIBLE)
def test_a_key_has_nothing_that_nobody_sees(char):
    for text in (f"A{char}B", f"{char}A{char}" if not char.isspace() else f"A{char}B"):
        with pytest.raises(Refused) as refused:
            Sample.read({"reference": text})
        assert [it.code.value for it in refused.value.problems] == ["INVALID_CHARACTER"]


@pytest.mark.parametrize("text", ["a\tb\r\nc", "\u202eabc\u202c", "👩🏽\u200d🔧", "می\u200cخواهم"])
def test_people_write_as_they_like(text):
    assert Sample.read({"note": text}).note == text


@pytest.mark.parametrize("char", [it for it in INVISIBLE if not it.isspace()])
@pytest.mark.parametrize("field", ["name", "note"])
def test_what_nobody_sees_is_no_text(field, char):
    with pytest.raises(Refused) as refused:
        Sample.read({field: char * 2})
    assert [it.code.value for it in refused.value.problems] == ["INVALID_CHARACTER"]


@pytest.mark.parametrize("name", [".", "--", "?!", "。", "\u0301", ". \u200b-"])
def test_punctuation_is_no_name(name):
    with pytest.raises(Refused) as refused:
        Sample.read({"name": name})
    assert [it.code.value for it in refused.value.problems] == ["INVALID_CHARACTER"]
    assert Sample.read({"name": f"{name}7"}).name == f"{name}7"


def test_all_problems_are_told_at_once():
    with pytest.raises(Refused) as refused:
        Sample.read({"name": "\0", "quantity": Decimal(0), "names": ["a", ""]})
    assert [it.path for it in refused.value.problems] == [("name",), ("quantity",), ("names", 1)]


class Parts(Input):
    parts: Each[Sample]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_text_is_as_if_left_out_where_it_may_be(text):
    fields = {"name": text, "reference": text, "zone": text, "gtin": text, "at": text}
    fields |= {"quantity": Wrong(Code.INVALID, "No number.", text), "on": text, "names": ["a"]}
    place = {"name": text, "region": None}
    assert Sample.read({**fields, "place": place}) == Sample.read({"names": ["a"]})


def test_null_is_as_if_left_out_where_a_field_is_never_empty():
    read = Sample.read({"note": None, "counts": None})
    assert (read.counts, read.model_fields_set) == ([], {"note"})


@pytest.mark.parametrize("value", ["", None, Wrong(Code.INVALID, "No number.", " ")])
def test_what_is_empty_and_must_be_given_is_told_so(value):
    with pytest.raises(Refused) as refused:
        Money.read({"amount": value, "currency": "EUR"})
    assert [(it.message, it.path) for it in refused.value.problems] == [
        ("This must be given.", ("amount",))
    ]


def test_what_breaks_rules_of_its_own_stands_alone_in_its_list():
    wrong = Wrong(Code.INVALID_DATE, "Not so.", "soon")
    parts = Parts.read({"parts": [{"note": "a"}, {"at": wrong, "quantity": "0"}, 5, None]}).parts
    assert parts[0] == Sample(note="a")
    refusals = [[(it.code, it.path) for it in each.problems] for each in parts[1:]]
    assert refusals == [
        [("INVALID_DATE", ("at",)), ("NOT_POSITIVE", ("quantity",))],
        [("INVALID", ())],
        [("INVALID", ())],
    ]


def test_an_instant_is_kept_in_utc():
    read = Sample.read({"at": "2026-03-02T08:00:00+01:00"}).at
    assert read is not None
    assert read.isoformat() == "2026-03-02T07:00:00+00:00"


def test_the_second_of_two_equal_keys_is_refused():
    with pytest.raises(Refused) as refused:
        refuse_duplicates(["a", None, None, "a"], ("lines",), "sku")
    assert refused.value.path == ("lines", 3, "sku")


PYDANTIC = re.compile(r"(?i)\binput\b|should|string|decimal input|value error|pydantic|instance")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "x" * 256, "This must have at most 255 characters."),
        ("name", 5, "This is no value for this field."),
        ("names", ["", "a"], "This must not be empty."),
        ("at", "2026-03-02T08:00:00", "This must be an instant with an offset"),
        ("on", "soon", "This is no value for this field."),
        ("quantity", Decimal(0), "This must be greater than 0."),
        ("quantity", Decimal("0.1234567"), "This must have at most 6 decimals."),
        ("quantity", Decimal(10) ** 12, "This must have at most 12 digits before the point."),
        ("quantity", Decimal("Infinity"), "This must be a finite number."),
        ("quantity", "many", "This is no value for this field."),
        ("names", [], "There must be at least 1 of these."),
        ("names", ["x"] * 251, "There must be at most 250 of these."),
        ("money", {}, "This must be given."),
        ("money", "much", "This is no value for this field."),
        ("strange", 1, "There is no such field."),
    ],
)
def test_a_client_reads_our_words(field, value, message):
    with pytest.raises(Refused) as refused:
        Sample.read({field: value})
    for problem in refused.value.problems:
        assert problem.message.startswith(message)
        assert not PYDANTIC.search(problem.message)


def test_how_a_text_is_written_is_told():
    with pytest.raises(Refused) as refused:
        Timed.read({"at": "6:00"})
    assert refused.value.message == "This is a time of day, for example 06:00."
    assert Timed.read({"at": "06:00"}).at == "06:00"


class Timed(Input):
    at: Annotated[str, spelled("[0-9]{2}:[0-9]{2}", "a time of day, for example 06:00")]


def test_every_rule_that_has_a_code_has_words():
    assert _CODES.keys() <= _MESSAGES.keys()


class Part(Input):
    quantity: Quantity


class Whole(Input):
    name: Name
    parts: Bulk[Part] = Field([])


class Wholes(Input):
    each: Each[Whole]


def test_what_has_odd_lines_and_is_refused_tells_them_too():
    odd = {"name": "", "parts": [{"quantity": "0"}, {"quantity": "1"}, {}]}
    paths = {("name",), ("parts", 0, "quantity"), ("parts", 2, "quantity")}
    with pytest.raises(Refused) as refused:
        Whole.read(odd)
    assert {it.path for it in refused.value.problems} == paths
    good = {"name": "A", "parts": [{"quantity": "0"}]}
    first, second = Wholes.read({"each": [odd, good]}).each
    assert {it.path for it in first.problems} == paths
    assert {it.path for it in second.problems} == {("parts", 0, "quantity")}
