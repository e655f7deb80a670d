"""A fault of ours in one article of a message stops no other."""

import pytest

from commands.messages.readers.resolving import Resolving
from commands.trade.releases import intake
from tests.commands.messages import test_schedules as schedules
from tests.make.messages import files

TEXT = "4712: INVALID: We failed to take this in; the log tells why."
partner = schedules.partner


def _fails(real):
    """Return what it does, but for what is of 4712, which is weighed."""

    def look(first, *others):
        of = others[-1].articles.values() if others else [first.line.unit.value]
        if {"4712", "KILOGRAM"}.intersection(of):
            raise KeyError(first)
        return real(first, *others)

    return look


@pytest.mark.parametrize(
    ("where", "name"),
    [(intake, "findings_of"), (Resolving, "values")],
    ids=["release", "resolving"],
)
async def test_an_article_whose_reading_fails_stops_no_other(
    ask, world, partner, monkeypatch, where, name
):
    monkeypatch.setattr(where, name, _fails(getattr(where, name)))
    await files.received(ask, schedules.sent(partner, schedules.NORTH.read_bytes()))
    await files.read_all(world)
    (found,) = await schedules.findings(ask)
    assert found["text"].startswith(TEXT)
    assert set(await schedules.releases(ask)) == {
        ("4711-A", "PLANT10", "D1"),
        ("4711-A", "PLANT20", "E5"),
    }
