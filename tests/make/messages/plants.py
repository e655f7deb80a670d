"""One customer whose plants write differently: its files, and what they mean computed by hand."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kit.ids import to_global
from tests.make import Ask, World
from tests.make.master import parties
from tests.make.messages import files
from tests.make.trade import contracts
from tests.make.trade.orders import products

PLANTS = Path(__file__).parents[2] / "commands" / "messages" / "plants"
ZONE = ZoneInfo("Europe/Berlin")
FILES = [(it.parent.name, it.stem) for it in sorted(PLANTS.glob("*/*.json"))]
"""(plant, name) of each file."""


def content(plant: str, name: str) -> bytes:
    (found,) = (it for it in (PLANTS / plant).glob(f"{name}.*") if it.suffix != ".json")
    return found.read_bytes()


def outcome(plant: str, name: str) -> dict[str, Any]:
    """Return what was computed by hand."""
    found: dict[str, Any] = json.loads((PLANTS / plant / f"{name}.json").read_text("utf-8"))
    return found


async def customer(ask: Ask, world: World) -> None:
    """Make the customer: three plants, a contract over three articles, a partner for each file."""
    codes = ("0310", "0420", "042")
    addresses = [parties.address(code=it, is_default=False) for it in codes]
    party = to_global("Party", await parties.company(world, number="WESER", addresses=addresses))
    pieces = await products(ask, "HX-100", "HX-200")
    weighed = await products(ask, "HX-300", unit="KILOGRAM", scale=3)
    lines = [contracts.line(it, "100000") for it in (*pieces, *weighed)]
    await contracts.contract(world, ask, partyId=party, lines=lines)
    for plant in sorted({plant for plant, _ in FILES}):
        own = outcome(plant, "first")["partner"]
        await files.partner(ask, partyNumber="WESER", timeZone=str(ZONE), **own)
