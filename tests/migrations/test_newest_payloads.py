"""Every entry of the journal has the newest form of its event, whenever it was written."""

import json
from collections.abc import Callable

from alembic import command

import migrations
from models.base.events import EVENTS
from tests.kit.programs import ask
from tests.migrations.test_typed_events import AT, ENTRIES, ENTRY, KEY, MERCHANT
from tests.models.base import written

TYPED = {
    *(f"api_key.{it}" for it in ("created", "revoked")),
    *(f"contract.{it}" for it in ("activated", "suspended", "resumed", "terminated")),
    *(f"delivery.{it}" for it in ("held", "hold_released", "rescheduled")),
    *(f"order.{it}" for it in ("held", "hold_released", "lines_cancelled", "rejected")),
    "parcel.tracking_number_added",
    "party.updated",
}
"""Events whose version 1 was written before migration 0007, which leaves none of it."""
MADE = f"""
INSERT INTO merchants (id, slug, name, created_at)
VALUES ('{MERCHANT}', 'm', 'M', now())
"""


def test_what_was_written_in_an_older_form_is_told_in_the_newest(
    new_database: Callable[[str], str],
) -> None:
    url = new_database("older")
    configured = migrations.configured(url)
    command.upgrade(configured, "0041")
    ask(url, MADE)
    kept = []
    for example, shown in written.examples().items():
        name, version = example.split()
        if version == "1" and name in TYPED:
            continue
        kept.append((name, shown.get("read", shown["written"])))
        fields = {"type": name, "about": KEY, "place": len(kept), "hours": 0}
        fields |= {"aggregate": EVENTS[name].aggregate, "payload": json.dumps(shown["written"])}
        entry = ENTRY.format(merchant=MERCHANT, key=KEY, at=AT, **fields)
        ask(url, entry.replace(", 1);", f", {version});"))
    command.upgrade(configured, "head")
    found = ask(f"{url}?app.merchant={MERCHANT}", ENTRIES)
    assert [(name, json.loads(payload)) for name, _, _, payload in found] == kept
    assert all(version == EVENTS[name].versions.version for name, version, *_ in found)
