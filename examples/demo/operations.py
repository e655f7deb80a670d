"""The example operations with the demo's own ids and with dates to come, for GraphiQL's tabs.

Beside them lies a customer's schedule file.
"""

import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from string import Template

from examples.demo.client import CONTRACT
from examples.demo.goods import BELT, HAMBURG, PORTAL, SHOP, TOOLS
from examples.demo.story import Story
from kit.clock import Clock
from kit.clock import now as real_time
from kit.db.database import Database
from loaders.access.keys import viewer_of

SOURCE = Path(__file__).parent.parent / "operations"
PLANNED = "D-000011"
"""Number of the delivery that the story leaves planned."""
UNDER_WAY = "NP100200377"
"""Number of the parcel that the story leaves undelivered; an example reports its arrival."""

_IDS = f"""
query DemoIds {{
  shop: channel(code: "{SHOP}") {{ id }}
  portal: channel(code: "{PORTAL}") {{ id }}
  hamburg: location(code: "{HAMBURG}") {{ id }}
  belt: product(sku: "{BELT}") {{ id }}
  tools: product(sku: "{TOOLS}") {{ id }}
  planned: delivery(number: "{PLANNED}") {{ id }}
  contract(number: "{CONTRACT}") {{ id lines {{ id }} }}
  parcel(trackingNumber: "{UNDER_WAY}") {{ id delivery {{ orders {{ id }} }} }}
}}
"""


async def write(
    database: Database, staff_token: str, folder: Path, clock: Clock = real_time
) -> None:
    """Copy the operations into a folder, `$name` in their variables and schedules filled in.

    What an older demo does not have stays as it is. LookupError when the token is not valid.
    """
    _copy(folder, await _values(database, staff_token, clock))


def _copy(folder: Path, values: Mapping[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder)
    for path in (*folder.glob("variables/*.json"), *folder.glob("schedules/*.edi")):
        path.write_text(Template(path.read_text("utf-8")).safe_substitute(values), "utf-8")


async def _values(database: Database, staff_token: str, clock: Clock) -> dict[str, str]:
    """Return name -> what stands for it."""
    now = clock()
    reads = database.reading(None)
    viewer = await viewer_of(staff_token, reads, now)
    await reads.close()
    if viewer is None:
        message = "The demo's staff has no valid token."
        raise LookupError(message)
    story = Story(database, now, now, {"staff": viewer})
    found = await story.ask("staff", _IDS)
    ids = {name: node["id"] for name, node in found.items() if node is not None}
    if found["contract"] is not None:
        ids["shaft_line"] = found["contract"]["lines"][0]["id"]
    if found["parcel"] is not None:
        ids["followed"] = found["parcel"]["delivery"]["orders"][0]["id"]
    return {
        **ids,
        "day": f"{story.day(0):%Y%m%d}",
        "short": f"{story.day(0):%y%m%d}",
        "firm": f"{story.day(65):%Y%m%d}",
        "forecast": f"{story.day(70):%Y%m%d}",
        "soon": story.day(5).isoformat(),
        "later": story.day(8).isoformat(),
        "now": (now - timedelta(minutes=5)).isoformat(timespec="seconds"),
    }
