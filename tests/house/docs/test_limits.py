"""The decisions name every limit with its default."""

import re
from dataclasses import asdict
from pathlib import Path

from kit.limits import DEFAULT_LIMITS

DECISIONS = Path(__file__).parents[3] / "docs" / "decisions"
PLACES = ("0010-linear-limits.md", "0017-cost-bucket.md")
ROW = re.compile(r"(?m)^\| ((?:`[A-Z_]+`(?:, )?)+) \| ([^|]+) \|")
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})*")


def test_every_limit_is_named_with_its_default() -> None:
    named = dict[str, int]()
    for text in (path.read_text() for path in map(DECISIONS.joinpath, PLACES)):
        for names, defaults in ROW.findall(text):
            numbers = [int(it.replace(",", "")) for it in NUMBER.findall(defaults)]
            named |= zip(re.findall(r"[A-Z_]+", names), numbers, strict=True)
    assert named == {name.upper(): number for name, number in asdict(DEFAULT_LIMITS).items()}
