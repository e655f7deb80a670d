"""Windows of time, before anything is asked of a place or a contract."""

import pytest

from commands.trade.contracts.times import Window
from kit.errors import Refused


@pytest.mark.parametrize("latest", ["2026-03-02T08:00:00+01:00", "2026-03-02T07:59:59+01:00"])
def test_a_window_ends_after_it_starts(latest: str) -> None:
    with pytest.raises(Refused) as refused:
        Window.read(
            {"earliest": "2026-03-02T07:00:00Z", "latest": latest, "time_zone": "Europe/Berlin"}
        )
    assert [it.code for it in refused.value.problems] == ["INVALID_WINDOW"]
