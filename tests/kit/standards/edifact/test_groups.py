"""Tables of directories put segments into groups; numbers are those of the standard."""

from decimal import Decimal

import pytest

from kit.standards.edifact.delimiters import DEFAULT
from kit.standards.edifact.faults import Fault, Faulty
from kit.standards.edifact.groups import Group, Seg, parse
from kit.standards.edifact.headers import Component
from kit.standards.edifact.segments import Segment
from kit.standards.edifact.values import number_at

QUANTITIES = Group("QUANTITY", (Seg("QTY"), Seg("DTM", 2)), 99)
ARTICLE = Group("ARTICLE", (Seg("LIN"), Seg("LOC", 9), QUANTITIES), 99, is_needed=True)
TABLE = (Seg("UNH", is_needed=True), Seg("BGM", is_needed=True), Seg("DTM", 9), ARTICLE, Seg("UNT"))


def segments(text: str) -> list[Segment]:
    return [Segment(it, DEFAULT, place, 0) for place, it in enumerate(text.split(), 1)]


def test_segments_stand_in_the_groups_of_their_table() -> None:
    found, findings = parse(
        TABLE, segments("UNH BGM DTM+a LIN+1 LOC QTY+1 DTM+b QTY+2 LIN+2 QTY+3 UNT")
    )
    assert findings == []
    assert [it.text for it in found.all("DTM")] == ["DTM+a"]
    first, second = found.within("ARTICLE")
    assert first.one("LIN").text == "LIN+1"
    assert second.one("LOC") is None
    quantities = first.within("QUANTITY")
    assert [it.one("QTY").text for it in quantities] == ["QTY+1", "QTY+2"]
    assert [it.text for it in quantities[0].all("DTM")] == ["DTM+b"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("UNH BGM LIN ABC QTY UNT", [(Fault.NOT_IN_THIS_PLACE, "ABC", 4)]),
        ("UNH BGM QTY LIN UNT", [(Fault.MISSING, "LIN", 3), (Fault.NOT_IN_THIS_PLACE, "QTY", 3)]),
        ("UNH LIN UNT", [(Fault.MISSING, "BGM", 2)]),
        ("UNH BGM LIN LOC LIN QTY DTM DTM DTM UNT", [(Fault.NOT_IN_THIS_PLACE, "DTM", 9)]),
        ("", [(Fault.MISSING, it, None) for it in ("UNH", "BGM", "LIN")]),
    ],
)
def test_what_a_table_does_not_allow_is_found(text: str, found: list[object]) -> None:
    _, findings = parse(TABLE, segments(text))
    assert [(it.fault, it.tag, it.number) for it in findings] == found


@pytest.mark.parametrize(
    ("text", "number"), [("1", "1"), ("-1.50", "-1.50"), ("1,5", "1.5"), ("007", "7")]
)
def test_a_number_has_a_point_or_a_comma(text: str, number: str) -> None:
    assert number_at(Component(Segment(f"QTY+113:{text}", DEFAULT, 1, 0), 1, 2)) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MISSING),
        (" ", Fault.MISSING),
        (",5", Fault.NO_DIGIT_BEFORE_DECIMAL_MARK),
        *((it, Fault.INVALID_DECIMAL) for it in ("1.", "1.2.3", "1 0", "+1", "1e5", "\u0661", "x")),
        *((it, Fault.INVALID_DECIMAL) for it in ("1.234,5", "NaN", "9" * 20, "1\n")),
        ("9" * 40, Fault.TOO_LONG),
    ],
)
def test_what_is_no_number_is_found(text: str, fault: Fault) -> None:
    escaped = DEFAULT.escaped(text)
    with pytest.raises(Faulty) as raised:
        number_at(Component(Segment(f"QTY+113:{escaped}", DEFAULT, 1, 0), 1, 2))
    found = raised.value.finding
    assert (found.fault, found.element, found.component) == (fault, 1, 2)
