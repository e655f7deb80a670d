"""A fault of ours in one article of a message stops no other."""

import pytest

from commands.messages.readers.resolving import Resolving
from commands.trade.releases import intake
from tests.commands.messages import test_schedules as schedules
from tests.make.messages import files
from tests.make.trade import too_large

TEXT = "4712: INVALID: We failed to take this in; the log tells why."
OTHERS = {("4711-A", "PLANT10", "D1"), ("4711-A", "PLANT20", "E5")}
partner = schedules.partner


def _fails(real):
    """Return what it does, but for what is of 4712, which is weighed."""

    def look(first, *others):
        its = next((it for it in (first, *others[:1]) if hasattr(it, "line")), None)
        of = others[-1].articles.values() if its is None else [its.line.unit.value]
        if {"4712", "KILOGRAM"}.intersection(of):
            raise KeyError(first)
        return real(first, *others)

    return look


@pytest.mark.parametrize(
    ("where", "name"),
    [(intake, "findings_of"), (Resolving, "release"), (intake.ReleaseIntake, "_add")],
    ids=["release", "resolving", "writing"],
)
async def test_an_article_whose_reading_fails_stops_no_other(
    ask, world, partner, monkeypatch, where, name
):
    monkeypatch.setattr(where, name, _fails(getattr(where, name)))
    await files.received(ask, schedules.sent(partner, schedules.NORTH.read_bytes()))
    await files.read_all(world)
    (found,) = await schedules.findings(ask)
    assert found["text"].startswith(TEXT)
    assert set(await schedules.releases(ask)) == OTHERS


async def test_an_article_whose_rows_cannot_be_written_stops_no_other(
    ask, world, partner, monkeypatch
):
    too_large.refuse(monkeypatch)
    wanted = b"QTY+113:12,5:KGM'\nDTM+10:20260310:102'"
    odd = wanted.replace(b"12,5", str(too_large.QUANTITY).encode())
    content = schedules.NORTH.read_bytes().replace(wanted, odd)
    await files.received(ask, schedules.sent(partner, content))
    await files.read_all(world)
    (found,) = await schedules.findings(ask)
    assert found["text"].startswith("4712: OUT_OF_RANGE: ")
    assert set(await schedules.releases(ask)) == OTHERS
