"""Rows of releases that the database does not take."""

from decimal import Decimal
from typing import Any

import pytest

from commands.trade.releases.intake import ReleaseIntake

QUANTITY = Decimal(666)


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lines that want `QUANTITY` have more digits than their column holds once written."""
    add = ReleaseIntake._add  # noqa: SLF001 -- No input makes such rows.

    def adding(intake: ReleaseIntake, *about: Any) -> None:
        add(intake, *about)
        for row in intake.schedule:
            if row["quantity"] == QUANTITY:
                row["quantity"] = Decimal(10) ** 12

    monkeypatch.setattr(ReleaseIntake, "_add", adding)
