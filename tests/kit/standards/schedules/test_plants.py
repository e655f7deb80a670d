"""Plants of articles in messages that somebody changed: none changes its plant without a word."""

from collections.abc import Iterator

import pytest

from kit.standards.schedules.habits import Habits
from kit.standards.schedules.messages import ScheduleMessage
from tests.kit.standards.schedules.test_dialects import read

_PLANTS = {"W1": ("A", "B"), "W2": ("C", "A")}
_ARTICLES, _FIRM = 4, "SCC+1++Y"

_OTHERS = {"LIN+1++B:IN", "LIN+2++A:IN"}


def _article(sku: str, place: int) -> list[str]:
    lines = [f"QTY+113:{place}0{it}:PCE DTM+2:202603{it + 10}:102" for it in range(2)]
    return [f"LIN+{place}++{sku}:IN", "LOC+11+D1", "QTY+70:0", _FIRM, *" ".join(lines).split()]


def _message(shape: str) -> list[str]:
    """Return the segments of a message of two plants with two articles each."""
    found = ["BGM+241+1+5", "DTM+137:20260302:102", "NAD+BY+C", "UNS+D"]
    for at, (plant, skus) in enumerate(_PLANTS.items()):
        begin = [f"NAD+ST+{plant}"]
        found += ["GIS+37", *begin] if shape == "GIS" else begin if shape == "NAD" else []
        for sku in skus:
            article = _article(sku, 1 + at)
            found += [*article[:2], *begin, *article[2:]] if shape == "LIN" else article
    return [*found, "UNS+S"]


def _read(segments: list[str]) -> ScheduleMessage:
    every = ["UNH+1+DELFOR:D:97A:UN", *segments, f"UNT+{len(segments) + 2}+1"]
    return read("".join(f"{it}'" for it in every).encode(), Habits())


def _changed(segments: list[str]) -> Iterator[list[str]]:
    """Drop, double, cut and swap each segment, and move those that say plants to any place."""
    for place, own in enumerate(segments):
        before, after = segments[:place], segments[place + 1 :]
        for inside in ([], [own, own], [own[: len(own) // 2]], [own[:4]]):
            yield [*before, *inside, *after]
        yield [*before, *after[:1], own, *after[1:]]
        if own.startswith(("NAD", "GIS", "UNS")):
            others = [*before, *after]
            yield from ([*others[:at], own, *others[at:]] for at in range(len(segments)))


def _plants(message: ScheduleMessage) -> set[tuple[str, str | None]]:
    """Return (plant as its quantities tell it, plant as it is read) of each line."""
    names = dict(enumerate(_PLANTS, 1))
    return {
        (names[int(line.quantity) // 100], article.places.get("SHIP_TO"))
        for article in message.articles
        for line in article.lines
    }


def _may_be_meant(segments: list[str]) -> bool:
    """Tell whether a message may be one that nobody changed.

    Where a plant begins with its party alone, and that is missing, or in the head, or before
    another article than the first one of its plant.
    """
    if "NAD+ST+W2" not in segments:
        return True
    behind = segments[segments.index("NAD+ST+W2") + 1 :]
    return "UNS+D" in behind or not _OTHERS.isdisjoint(behind[:1])


def _is_as_firm(message: ScheduleMessage, segments: list[str]) -> bool:
    """Tell whether all that is wanted is firm, as long as each article says so once or more."""
    lines = [line for article in message.articles for line in article.lines]
    return segments.count(_FIRM) < _ARTICLES or all(it.commitment == "FIRM" for it in lines)


@pytest.mark.parametrize("shape", ["GIS", "NAD", "LIN"])
def test_no_article_changes_its_plant_or_how_firm_it_is_without_a_word(shape: str) -> None:
    whole, kept = _read(_message(shape)), 0
    right = {(it, it) for it in _PLANTS}
    assert _plants(whole) == right
    for segments in _changed(_message(shape)):
        found = _read(segments)
        findings = [*found.findings, *(one for it in found.articles for one in it.findings)]
        has_error = any(it.is_error for it in findings)
        as_meant = shape == "NAD" and _may_be_meant(segments)
        assert _plants(found) <= right or has_error or as_meant, segments
        assert _is_as_firm(found, segments) or has_error, segments
        kept += not has_error
    assert kept > len(_message(shape))


@pytest.mark.parametrize("party", ["BY+1", "SE+1", "ST+W1", "ST+W2"])
@pytest.mark.parametrize("before", [[], ["NAD+ST+W1"]])
def test_what_a_party_parts_from_its_schedule_waits(before: list[str], party: str) -> None:
    head = _message("GIS")[:4]
    first, second = (["QTY+113:5", f"DTM+2:2026031{it}:102"] for it in (1, 2))
    article = ["LIN+1++A:IN", *before, _FIRM, *first, f"NAD+{party}", *second]
    parted = _read([*head, *article, "SCC+4++Y", *first, "UNS+S"])
    assert parted.articles
    for each in parted.articles:
        (finding,) = (it for it in each.findings if it.tag == "QTY")
        assert (finding.is_error, finding.number) == (True, 11 + len(before))
    whole = _read([*head, *article[:-2], _FIRM, *second, "UNS+S"])
    assert {it.tag for each in whole.articles for it in each.findings} <= {"LIN"}


def test_parties_that_stand_before_the_segment_of_their_plant_are_its_own() -> None:
    segments = _message("GIS")
    at = segments.index("NAD+ST+W2")
    segments[at - 1 : at + 1] = segments[at - 1 : at + 1][::-1]
    found, whole = _read(segments), _read(_message("GIS"))
    assert [it.places for it in found.articles] == [it.places for it in whole.articles]
    assert found.findings == []
