"""The journal's events: written down, and each of them recorded by a command."""

import ast

from models.base.events import EVENTS, Progressed
from models.base.page import page
from tests.house.places import ROOT, tracked


def _named(folder: str) -> set[str]:
    """Return every name that the code of a floor uses."""
    code = [it for it in tracked() if it.suffix == ".py" and it.is_relative_to(ROOT / folder)]
    nodes = [node for file in code for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_events_are_the_ones_in_events_md() -> None:
    written = (ROOT / "docs" / "EVENTS.md").read_text("utf-8")
    assert written == f"{page()}\n", "The events have changed: run `make events`."


def test_every_event_is_recorded_by_a_command() -> None:
    """By its name, by the state that it stands for (`ARRIVALS`, `REPORTED`), or by the ledger."""
    named = _named("models") | _named("commands")
    events = [it for it in EVENTS.values() if not issubclass(it, Progressed)]
    assert [it.__name__ for it in events if it.__name__ not in named] == []
