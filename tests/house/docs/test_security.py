"""docs/SECURITY.md names tests that are there."""

import re

from tests.house.places import ROOT

NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def test_every_test_that_keeps_a_promise_is_there() -> None:
    named = NAMED.findall((ROOT / "docs" / "SECURITY.md").read_text())
    assert named
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"(?m)^ *(async )?def {name}\(", (ROOT / "tests" / file).read_text())
    ]
    assert missing == []
