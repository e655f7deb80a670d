"""The README's picture of a contract tells what its call-offs have drawn."""

from datetime import date
from xml.etree import ElementTree as ET

from web.burn_down import Step, steps, svg

LINES = [
    {"lineNo": 1, "agreed": "100", "remaining": "25", "delivered": "0", "product": {"name": "A&B"}},
    {"lineNo": 2, "agreed": "10", "remaining": "10", "delivered": "0", "product": {"name": "C"}},
]
DRAWN = [
    ("2026-02-01T10:00:00+00:00", "50", "0"),
    ("2026-03-01T10:00:00+00:00", "30", "5"),
]
CONTRACT = {
    "number": "RV-1",
    "validFrom": "2026-01-01",
    "validTo": "2026-12-31",
    "lines": LINES,
    "party": {"name": "Köster & Sohn"},
    "callOffs": {
        "nodes": [
            {
                "placedAt": at,
                "lines": [{"contractLine": {"lineNo": 1}, "ordered": much, "cancelled": less}],
            }
            for at, much, less in DRAWN
        ]
    },
}


def test_each_call_off_is_a_step_down() -> None:
    first, second = (steps(CONTRACT, line) for line in LINES)
    days = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert first == [Step(*it) for it in zip(days, (1.0, 0.5, 0.25), strict=True)]
    assert second == [Step(days[0], 1.0)]


def test_what_is_drawn_is_well_formed_and_names_what_is_left() -> None:
    drawn = ET.fromstring(svg(CONTRACT, date(2026, 6, 1)))
    texts = [it.text for it in drawn.iter() if it.tag.endswith("text")]
    assert {"A&B", "25 of 100 left, 0 delivered"} <= set(texts)
