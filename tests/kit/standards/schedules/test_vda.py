"""VDA 4905: fixed records, beside what was reckoned by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from kit.standards.edifact.faults import Fault
from kit.standards.schedules.messages import ScheduleMessage
from kit.standards.schedules.vda import schedules_of


def record(kind: str, *fields: str) -> bytes:
    return (kind + "01" + "".join(fields)).ljust(128).encode("latin-1")


def pairs(*dates: tuple[str, int]) -> str:
    return "".join(f"{date}{quantity:09}" for date, quantity in dates)


def article(number: str, buyers: str, dock: str = "D1") -> bytes:
    head = f"010{number:>09}260302{0:09}000000{buyers:<22}{'B-77':<22}{'550001':<12}{dock:<5}"
    return record("512", head, "MUELST")


def quantities(*dates: tuple[str, int], received: int = 400, note: str = "00001001") -> bytes:
    last = f"260227{note}260226{60_000:012}{received:010}"
    return record("513", last, pairs(*dates))


def end(*counts: int) -> bytes:
    return record("519", "".join(f"{it:07}" for it in counts))


OPEN = record("511", "CUSTOMER ", "778899   ", "00016", "00017", "260302", "260101")
FIRST = quantities(("333333", 27), ("444444", 5), ("260309", 120), ("260309", 80), ("261200", 0))
MORE = record("514", pairs(("260013", 500), ("555555", 0), ("261417", 900), ("999999", 4000)))
GO_AHEADS = record(
    *("515", "260302", "260430", f"{2000:010}", "260302", "260630", f"{3000:010}"),
    *(f"{'C':<22}", " " * 9, "260901", f"{'LINE-7':<14}"),
)
PACKED = record("517", "KLT-4314")
SECOND = quantities(("222222", 0), ("000000", 0), received=0, note="0" * 8).replace(
    b"000000060000", b"0" * 12
)
FILE = b"\n".join(
    [
        *(OPEN, article("17", "4711-A"), FIRST, MORE, GO_AHEADS, PACKED),
        *(article("18", "4712", "D2"), SECOND, end(1, 2, 2, 1, 1, 0, 1, 1)),
    ]
)
QUIET = b"\n".join([OPEN, article("18", "4712"), SECOND, end(1, 1, 1, 0, 0, 0, 1, 0), b""])


def only(content: bytes) -> ScheduleMessage:
    (found,) = schedules_of(content)
    return found


BY_HAND = """
BACKLOG   FIRM     DAY    -          -          27   333333 3
IMMEDIATE FIRM     DAY    -          -          5    444444 3
SCHEDULED FORECAST DAY    2026-03-09 2026-03-10 120  260309 3
SCHEDULED FORECAST DAY    2026-03-09 2026-03-10 80   260309 3
SCHEDULED FORECAST MONTH  2026-12-01 2027-01-01 0    261200 3
SCHEDULED FORECAST WEEK   2026-03-23 2026-03-30 500  260013 4
SCHEDULED FORECAST PERIOD 2026-03-30 2026-04-27 900  261417 4
"""


@pytest.mark.parametrize("breaks", [b"\n", b"\r\n", b""])
def test_a_file_says_what_was_reckoned_by_hand(breaks: bytes) -> None:
    found = only(FILE.replace(b"\n", breaks))
    assert found.findings == []
    assert (found.number, found.function, found.is_just_in_time) == ("00017", "ARTICLE", False)
    first, second = found.articles
    assert first.articles == {
        "BUYERS": "4711-A",
        "SUPPLIERS": "B-77",
        "REVISION": "C",
        "PACKAGING": "KLT-4314",
    }
    assert first.places == {"SHIP_TO": "010", "UNLOADING_POINT": "D1", "POINT_OF_USE": "LINE-7"}
    assert (first.number, first.planner, first.received) == ("000000017", "MUEL", Decimal(400))
    (receipt,) = first.receipts
    assert (receipt.note, receipt.quantity) == ("1001", Decimal(60))
    # What is forecast without a day is no line.
    assert (first.remainder.quantity, first.remainder.unit, first.remainder.segment) == (
        4000,
        "PCE",
        4,
    )
    assert (first.production.quantity, first.material.quantity) == (2000, 3000)
    rows = [
        [
            *(line.kind, line.commitment, line.bucket),
            *(("-", "-") if line.span is None else (line.span.start, line.span.end)),
            *(str(line.quantity), line.code, str(line.segment)),
        ]
        for line in first.lines
    ]
    shown = [[str(it).removesuffix(" 00:00:00") for it in row] for row in rows]
    assert shown == [it.split() for it in BY_HAND.split("\n") if it]
    assert (second.lines, second.receipts, second.received) == ([], [], Decimal(0))
    assert {it.period_start.start.isoformat() for it in found.articles} == {"2026-01-01T00:00:00"}


def test_counts_that_differ_and_an_end_that_is_missing_are_told() -> None:
    wrong = FILE.replace(end(1, 2, 2, 1, 1, 0, 1, 1), end(1, 2, 3, 1, 1, 0, 1, 1))
    assert [it.fault for it in only(wrong).findings] == [Fault.COUNTS_DIFFER]
    cut = FILE[: FILE.index(b"519")]
    assert [it.fault for it in only(cut).findings] == [Fault.MISSING]


def test_what_is_no_date_is_told_and_stops_no_other_quantity() -> None:
    first, second = only(FILE.replace(b"261417", b"266117")).articles
    assert [it.code for it in first.lines][-1] == "260013"
    assert first.remainder is not None
    assert [(it.fault, it.number) for it in first.findings] == [(Fault.INVALID_VALUE, 4)]
    assert second.is_whole


@pytest.mark.parametrize(
    ("code", "fault"),
    [("000000", "No date stands"), ("222222", "222222 is no date"), ("555555", "555555 is no")],
)
def test_no_quantity_stands_behind_what_is_no_date(code: str, fault: str) -> None:
    first, _ = only(FILE.replace(b"260309000000120", code.encode() + b"000000120")).articles
    (found,) = first.findings
    assert found.is_error
    assert found.text.startswith(fault)


def test_a_file_holds_several_transmissions() -> None:
    assert [len(it.articles) for it in schedules_of(FILE + b"\r\n" + QUIET)] == [2, 1]


@pytest.mark.parametrize(
    ("written", "unit"),
    [("ST", "PCE"), ("KG", "KGM"), ("M ", "MTR"), ("ZZ", "ZZ"), ("  ", "")],
)
def test_all_that_is_said_of_an_article_is_in_the_unit_of_its_512(written: str, unit: str) -> None:
    (first, _) = only(FILE.replace(b"MUELST", f"MUEL{written}".encode())).articles
    units = {it.unit for it in (*first.lines, *first.receipts)}
    units |= {first.received_unit, first.production.unit, first.material.unit}
    assert units == {unit}


def test_blanks_that_are_left_out_at_the_end_change_nothing() -> None:
    stripped = only(b"\n".join(it.rstrip() for it in FILE.split(b"\n")))
    assert [replace(it, offset=0) for it in stripped.articles] == [
        replace(it, offset=0) for it in only(FILE).articles
    ]
    assert [it.findings for it in stripped.articles] == [[], []]


@pytest.mark.parametrize(
    ("place", "length", "fault"),
    [
        (1, 60, Fault.MISSING),
        (2, 44, Fault.MISSING),
        (2, 47 + 10, Fault.MISSING),
        (2, 47 + 6, Fault.INVALID_DECIMAL),
        (3, 5 + 3, Fault.MISSING),
        (3, 5 + 15 + 13, Fault.MISSING),
        (4, 12, Fault.MISSING),
    ],
)
def test_an_article_of_which_a_record_is_cut_waits(place: int, length: int, fault: Fault) -> None:
    lines = FILE.split(b"\n")
    lines[place] = lines[place][:length]
    first, second = only(b"\n".join(lines)).articles
    assert (first.is_whole, second.is_whole) == (False, True)
    assert (fault, place + 1) in [(it.fault, it.number) for it in first.findings]


@pytest.mark.parametrize(
    ("places", "waiting"),
    [
        ([0, 2, 1, 3, 4, 5, 6, 7], [0]),
        ([0, 1, 3, 2, 4, 5, 6, 7], [0]),
        ([0, 1, 2, 4, 3, 5, 6, 7], [0]),
        ([0, 1, 2, 3, 4, 5, 7, 6], [0, 1]),
        ([0, 1, 3, 4, 5, 6, 7], [0]),
        ([0, 1, 2, 3, 4, 5, 6], [1]),
        ([0, 1, 2, 3, 4, 5, 7], [0]),
        ([0, 1, 2, 2, 3, 4, 5, 6, 7], [0]),
        ([0, 1, 2, 3, 3, 4, 5, 6, 7], [0]),
        ([0, 1, 1, 2, 3, 4, 5, 6, 7], [0]),
    ],
)
def test_an_article_of_which_a_record_is_missing_or_misplaced_waits(
    places: list[int], waiting: list[int]
) -> None:
    lines = FILE.split(b"\n")
    found = only(b"\n".join([*(lines[it] for it in places), lines[-1]])).articles
    assert [at for at, it in enumerate(found) if not it.is_whole] == waiting


def test_for_what_is_not_understood_at_the_beginning_all_articles_wait() -> None:
    opened, *others = FILE.split(b"\n")
    odd = {
        b"\n".join([opened, record("516", "?"), *others]): "516",
        b"\n".join([opened[:42], *others]): "511",
        b"\n".join([opened.replace(b"260302", b"261332"), *others]): "511",
        b"\n".join(others): "512",
    }
    for content, tag in odd.items():
        found = only(content)
        assert found.findings[0].tag == tag
        assert [it.is_whole for it in found.articles] == [False, False]


def test_of_a_transmission_that_is_cut_off_the_last_article_waits() -> None:
    first, second = only(FILE[: FILE.index(b"519")]).articles
    assert (first.is_whole, second.is_whole) == (True, False)
