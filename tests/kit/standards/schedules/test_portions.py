"""Messages are read portion by portion: they say the same, and no more is held at a time."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from kit.standards.edifact import groups
from kit.standards.edifact.delimiters import Delimiters
from kit.standards.edifact.faults import LONGEST_TEXT, Fault
from kit.standards.schedules import edifact, messages, vda
from kit.standards.schedules.habits import Habits
from kit.standards.schedules.messages import ArticleSchedule, PlannedQuantity, ScheduleMessage
from tests.kit.standards.schedules.test_dialects import DIALECTS, FILES, read, segments
from tests.kit.standards.schedules.test_vda import FILE, QUIET

HEAD = b"UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'"
WANTED = b"QTY+113:%d'DTM+2:20260309:102'"


def portions(content: bytes, habits: Habits) -> Iterator[ScheduleMessage]:
    found = segments(content)
    return filter(None, edifact.schedule_portions(found, found[0].get(2), habits))


@pytest.mark.parametrize("name", DIALECTS)
def test_a_message_says_the_same_in_portions_of_one_article(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (FILES / f"{name}.edi").read_bytes().replace(b"QTY+113:", b"QTY+113:x", 1)
    whole = read(content, DIALECTS[name])
    monkeypatch.setattr(messages, "MOST_ARTICLES", 1)
    *before, last = portions(content, DIALECTS[name])
    assert [len(it.articles) for it in (*before, last)] == [1] * len(whole.articles) + [0]
    assert [each for it in before for each in it.articles] == whole.articles
    assert (last.findings, last.is_last) == (whole.findings, True)
    assert {(it.number, it.function, it.issued, it.is_last) for it in before} == {
        (whole.number, whole.function, whole.issued, False)
    }


def test_transmissions_say_the_same_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(vda.schedules_of(FILE + b"\n" + QUIET))
    monkeypatch.setattr(messages, "PORTION", 1)
    found = list(filter(None, vda.transmission_portions(FILE + b"\n" + QUIET)))
    assert [len(it.articles) for it in found] == [1, 1, 0, 1, 0]
    assert [each for it in found for each in it.articles] == [
        each for it in whole for each in it.articles
    ]
    assert [it.is_last for it in found] == [False, False, True, False, True]


def test_of_a_long_message_no_more_is_held_than_a_portion_and_an_article(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(messages, "PORTION", 100)
    article = b"LIN+1++A:IN'" + b"".join(WANTED % it for it in range(20))
    edi = segments(HEAD + article * 200)
    records = FILE.partition(b"519")[0]
    first = records.index(b"512")
    transmission = records[:first] + records[first:] * 100
    gc.collect()
    gc.freeze()  # What stands here already is not looked at.
    for found in (
        edifact.schedule_portions(edi, "DELFOR", Habits()),
        vda.transmission_portions(transmission),
    ):
        most = total = 0
        for portion in filter(None, found):
            total += len(portion.articles)
            held = [type(it) for it in gc.get_objects()]
            most = max(most, held.count(ArticleSchedule) + held.count(PlannedQuantity))
            del portion
        assert total == 200
        assert most <= 100 + 2 * 21


def test_what_stands_before_several_places_is_of_none_of_them() -> None:
    places = (b"NAD+ST+P%d'" % place + WANTED % place for place in (1, 2))
    content = HEAD + b"LIN+1++A:IN'" + WANTED % 100 + b"".join(places)
    first, *others = read(content, Habits()).articles
    assert (first.places, [it.quantity for it in first.lines]) == ({}, [100])
    assert [(it.places, [one.quantity for one in it.lines]) for it in others] == [
        ({"SHIP_TO": f"P{place}"}, [place]) for place in (1, 2)
    ]


@pytest.mark.parametrize("where", ["article", "plant", "head"])
def test_where_too_much_is_said_no_article_of_it_is_whole(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "SEGMENTS_HELD", 12)
    many = {it: b"NAD+ST+P'" * (13 if it == where else 0) for it in ("article", "plant", "head")}
    article = b"LIN+1++A:IN'" + WANTED % 1
    content = HEAD + many["head"] + b"GIS+37'" + many["plant"] + article + many["article"]
    found = read(content + b"GIS+37'NAD+ST+P'" + article, Habits())
    faults = [[it.fault for it in each.findings] for each in found.articles]
    assert faults == [[Fault.TOO_MANY], [Fault.TOO_MANY] if where == "head" else []]
    assert [it.fault for it in found.findings] == [Fault.TOO_MANY] * (where == "head")


@pytest.mark.parametrize("most", range(4, 14))
def test_an_article_of_more_than_is_held_is_none_and_the_next_one_is(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "SEGMENTS_HELD", most)
    under = b"SCC+1'" + b"QTY+113:2'DTM+2:20260309:102'RFF+AAK:1'" * 4
    content = HEAD + b"LIN+1++A:IN'" + under + b"LIN+2++B:IN'" + WANTED % 1
    faults = [[it.fault for it in each.findings] for each in read(content, Habits()).articles]
    assert [Fault.TOO_MANY in it for it in faults] == [True, False]


@dataclass(frozen=True)
class Counted(Habits):
    """Habits that count of what they are asked."""

    elements: list[str] = field(default_factory=list)

    def meaning(self, element: str, code: str) -> str | None:
        self.elements.append(element)
        return super().meaning(element, code)


def lines(*segments: bytes) -> bytes:
    return b"".join(it + b"'" for it in segments)


PARTY = lines(b"NAD+ST+P", b"CTA+IC")
QUANTITY = WANTED % 1
MESSAGES = {
    "parties of the head": lambda many: HEAD + PARTY * many + (b"LIN+1++A:IN'" + QUANTITY) * many,
    "places of an article": lambda many: (
        HEAD + b"LIN+1++A:IN'" + QUANTITY + (PARTY + QUANTITY) * many
    ),
    "dates before quantities": lambda many: (
        HEAD + b"LIN+1++A:IN'" + lines(b"DTM+2:20260309:102") * many + lines(b"QTY+113:1") * many
    ),
    "dates before places": lambda many: (
        HEAD
        + b"LIN+1++A:IN'"
        + lines(b"DTM+2:20260309:102") * many
        + lines(b"NAD+ST+P", b"QTY+113:1") * many
    ),
    "names before places": lambda many: (
        HEAD + b"LIN+1++A:IN'" + lines(b"PIA+1+B:SA") * many + (PARTY + QUANTITY) * many
    ),
    "notes before places": lambda many: (
        HEAD + b"LIN+1++A:IN'" + lines(b"RFF+AAK:1") * many + (PARTY + QUANTITY) * many
    ),
    "dates of a schedule": lambda many: (
        HEAD
        + b"LIN+1++A:IN'"
        + lines(b"SCC+1++W")
        + lines(b"QTY+113:1") * many
        + lines(b"DTM+2:20260309:102") * many
    ),
}


@pytest.mark.parametrize("shape", MESSAGES)
def test_the_work_is_linear_in_what_stands_around(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parted = list[str]()
    parts = Delimiters.parts

    def counted(self: Delimiters, text: str, separator: str) -> list[str]:
        parted.append(text)
        return parts(self, text, separator)

    monkeypatch.setattr(Delimiters, "parts", counted)
    counts = []
    for many in (20, 40, 60):
        habits = Counted()
        parted.clear()
        read(MESSAGES[shape](many), habits)
        counts.append((len(habits.elements), sum(map(len, parted))))
    first, second = ((b - a, d - c) for (a, c), (b, d) in pairwise(counts))
    assert first == second


def test_what_a_finding_says_is_bounded_however_long_the_code_that_it_quotes() -> None:
    (article,) = read(HEAD + b"LIN+1++A:IN'" + b"QTY+%s:1'" % (b"9" * 1_900), Habits()).articles
    assert [(len(it.text), it.text[-1]) for it in article.findings] == [(LONGEST_TEXT, "…")]
