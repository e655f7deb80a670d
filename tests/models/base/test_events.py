"""What the journal was ever told stays readable: an entry of every version of every event.

`written.json`: name and version -> `written`, a payload as it was written then, and `read`, the
same as it is told today, where that differs; `fields`, of which kinds its fields are. `make docs`
adds a line with a version; it never changes.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import CheckConstraint

from kit.ids import new_id
from models.access.journal import JournalEntry
from models.base.events import EVENTS, Versions, progressed, read_event
from models.base.tables import Base
from models.events.trade.orders import OrderPlaced
from tests.models.base import written

WRITTEN = json.loads(written.FILE.read_text())
TALLIED = sorted(
    (it.class_ for it in Base.registry.mappers if it.class_.__tally__), key=lambda it: it.__name__
)


def test_every_version_of_every_event_has_an_example() -> None:
    versions = [(name, 1 + it) for name, of in EVENTS.items() for it in range(of.versions.version)]
    advice = "Run `make docs`; where a version is new, say what the one before reads as."
    assert sorted(WRITTEN) == sorted(f"{name} {version}" for name, version in versions), advice


def changed(of: Mapping[str, Versions]) -> list[str]:
    """Return the events whose payloads have other fields than were stored with their version."""
    return [
        name
        for name, versions in of.items()
        if WRITTEN[f"{name} {versions.version}"]["fields"] != written.payload_fields(versions)
    ]


def test_a_changed_payload_is_a_new_version() -> None:
    advice = "A changed payload is a new version: give the class an upcaster, then `make docs`."
    assert changed({name: it.versions for name, it in EVENTS.items()}) == [], advice


def test_a_changed_payload_of_the_same_version_is_found() -> None:
    moved, lines = OrderPlaced.versions.values
    left_out = lines._replace(name="parcels", default=None)
    of_another_kind = lines._replace(kind=lines.kind._replace(word="quantity"))
    for values in ((moved,), (moved, lines, left_out), (moved, of_another_kind)):
        versions = OrderPlaced.versions._replace(values=values)
        assert changed({"order.placed": versions}) == ["order.placed"]


def test_an_example_that_is_missing_is_added_and_no_other_is_changed(monkeypatch, tmp_path) -> None:
    without = {name: it for name, it in WRITTEN.items() if not name.startswith("order.")}
    own = tmp_path / "written.json"
    own.write_text(json.dumps(without))
    monkeypatch.setattr(written, "FILE", own)
    found = written.examples()
    assert {name: found[name] for name in without} == without
    placed = found["order.placed 1"]["written"]
    assert read_event("order.placed", 1, new_id(), placed).payload() == placed
    newest = {f"{name} {of.versions.version}" for name, of in EVENTS.items()}
    assert found.keys() == without.keys() | newest


def test_the_examples_stand_a_line_each_in_order() -> None:
    assert written.FILE.read_text() == written.text(WRITTEN)


@pytest.mark.parametrize("example", WRITTEN)
def test_an_entry_is_read_as_its_event_whatever_its_version(example: str) -> None:
    name, version = example.split()
    about, fields = new_id(), WRITTEN[example]
    found = read_event(name, int(version), about, fields["written"])
    assert (type(found), found.id) == (EVENTS[name], about)
    assert found.payload() == fields.get("read", fields["written"])
    assert ("read" in fields) == (int(version) < found.versions.version)


def test_nothing_that_somebody_wrote_is_left_in_a_payload_of_today() -> None:
    of_today = [it for key, it in WRITTEN.items() if key.endswith("1") and "read" in it]
    assert "Anna" in json.dumps([it["written"] for it in of_today])
    assert "anna" not in json.dumps([it["read"] for it in of_today]).lower()


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, r"missing fields \['lines'\]"),
        ({"lines": 1, "note": "Anna"}, r"unknown fields \['note'\]"),
        ({"lines": "1"}, "'1' is not int"),
    ],
)
def test_an_entry_that_no_version_has_written_is_not_read(payload: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_event("order.placed", 1, new_id(), payload)


def test_the_journal_takes_entries_about_nouns_to_come() -> None:
    checks = [it for it in JournalEntry.__table__.constraints if isinstance(it, CheckConstraint)]
    about = [str(it.sqltext) for it in checks]
    assert [it for it in about if "aggregate" in it or "type" in it] == []


def test_an_event_is_frozen() -> None:
    placed = OrderPlaced(new_id(), lines=1)
    with pytest.raises(AttributeError):
        placed.lines = 2  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        placed.note = "Anna"  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", TALLIED, ids=lambda it: it.__name__)
def test_what_the_ledger_follows_can_be_told_by_an_event_of_its_own(table: Any) -> None:
    assert progressed(table.__tally__.of).about is table.__tally__.of
    assert {*table.__tally__.counters, table.__tally__.by} <= {*table.__table__.c.keys()}
