"""APERAK: what is written stands in the groups of D.96A, and is read again as it was meant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from kit.standards.edifact.answers import content
from kit.standards.edifact.answers.content import Remark, Reply, Verdict
from kit.standards.edifact.envelopes import split
from kit.standards.edifact.groups import parse
from kit.standards.edifact.messages import segments_of
from kit.standards.edifact.parts import Header, Identification
from kit.standards.edifact.writing import Style, interchange

NOW = datetime(2026, 3, 2, 9)  # noqa: DTZ001 -- EDIFACT knows no zone.
HEADER = Header(
    *("UNOC", "3", Identification("US", "ZZ"), Identification("THEM", "14"), NOW, "7", ""),
    wants_answer=False,
    is_test=False,
)


def written(verdict: Verdict, *remarks: Remark, notes: Sequence[str] = ()) -> tuple[Any, Any]:
    """Return the segments of an APERAK as they are read, and its groups."""
    reply = Reply(verdict, remarks, notes)
    body = content.application_body("REF1", "M1", reply, NOW)
    raw = interchange(HEADER, [(content.KIND, body)], Style())
    (found,) = split(raw)
    assert found.is_whole
    segments = list(segments_of(raw, found, found.messages[0]))
    branch, misplaced = parse(content.TABLE, segments)
    assert misplaced == []
    return [it.text for it in segments], branch


def test_what_was_taken_in_is_told_without_an_error() -> None:
    texts, branch = written(Verdict.ALL)
    assert texts == [
        "UNH+1+APERAK:D:96A:UN",
        "BGM+312+REF1/M1+29",
        "DTM+137:202603020900:203",
        "RFF+AGO:REF1",
        "RFF+ACW:M1",
        "UNT+6+1",
    ]
    assert branch.within("ERROR") == ()


def test_each_remark_is_an_error_with_its_text_in_parts() -> None:
    long = "LIN 39: " + "no such article, " * 40
    texts, branch = written(Verdict.SOME, Remark(12, "LIN 7: 4799?"), Remark(None, long))
    assert [it for it in texts if it[:3] == "ERC"] == ["ERC+12::91", "ERC+18::91"]
    first, second = branch.within("ERROR")
    assert first.one("FTX").get(4) == "LIN 7: 4799?"
    parts = [second.one("FTX").get(4, place) for place in range(1, 6)]
    assert max(map(len, parts)) <= 70
    assert long.startswith(" ".join(parts))
    assert len(" ".join(parts)) > 4 * 55


def test_what_is_no_error_stands_before_what_it_is_about() -> None:
    texts, branch = written(Verdict.HELD, notes=[f"{it} waits." for it in range(12)])
    assert texts[1] == "BGM+312+REF1/M1+23"
    assert [it.get(4) for it in branch.all("FTX")] == [f"{it} waits." for it in range(9)]
    assert branch.within("ERROR") == ()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_is_a_function_of_the_message(verdict: Verdict) -> None:
    (texts, _) = written(verdict, Remark(12, "x"))
    assert texts[1] == f"BGM+313+REF1/M1+{verdict.value}"
