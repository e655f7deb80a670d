"""What scalars take: the contract's texts, and nothing else that Python could read."""

from typing import Any

import pytest

from kit.errors import Wrong
from tests.make.everything import CORE
from tests.make.sweeps.leaves import NO_DAYS, NO_INSTANTS, NO_NUMBERS

REFUSED = [
    *(("DateTime", it) for it in NO_INSTANTS),
    *(("Date", it) for it in NO_DAYS),
    *(("Decimal", it) for it in NO_NUMBERS),
    *(("Decimal", it) for it in (True, 1.5, None, [], {})),
]
TAKEN = [
    ("Decimal", "-0.50", "-0.5"),
    ("Decimal", "007", "7"),
    ("Decimal", 12, "12"),
    ("Date", "2026-03-02", "2026-03-02"),
    ("DateTime", "2026-03-02t09:00:00z", "2026-03-02T09:00:00+00:00"),
    ("DateTime", "2026-03-02T09:00:00.5-12:30", "2026-03-02T09:00:00.500000-12:30"),
    ("DateTime", "2026-03-02T09:00:00.123456Z", "2026-03-02T09:00:00.123456+00:00"),
]


def scalar(name: str) -> Any:
    return CORE.type_map[name]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_is_no_text_of_a_scalar_is_refused(name: str, value: object) -> None:
    found = scalar(name).parse_value(value)
    assert isinstance(found, Wrong)
    assert found.message.startswith(f"A {name} is written")


@pytest.mark.parametrize(("name", "value", "found"), TAKEN)
def test_what_the_contract_allows_is_taken(name: str, value: object, found: str) -> None:
    assert scalar(name).serialize(scalar(name).parse_value(value)) == found
