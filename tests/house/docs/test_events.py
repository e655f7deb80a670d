"""The journal's events: written down, named once, and each of them recorded by a command."""

import ast
import re
from collections.abc import Iterator

from models.base.events import EVENTS, Progressed, nouns
from models.base.markdown import events_markdown
from models.events.schemas import schemas_text
from models.matrix import entities
from schema.schema import schema
from tests.house.places import ROOT, tracked


def _nodes(*floors: str) -> Iterator[ast.AST]:
    """Yield the syntax of all code of some floors."""
    for file in tracked():
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in floors:
            yield from ast.walk(ast.parse(file.read_text("utf-8")))


def test_events_are_the_ones_in_events_md() -> None:
    written = (ROOT / "docs" / "EVENTS.md").read_text("utf-8")
    assert written == f"{events_markdown()}\n", "The events have changed: run `make docs`."


def test_the_schemas_of_webhooks_are_those_of_the_events() -> None:
    written = (ROOT / "docs" / "events.schema.json").read_text("utf-8")
    assert written == f"{schemas_text()}\n", "The events have changed: run `make docs`."


def test_every_event_is_recorded_by_a_command() -> None:
    """By its name, by the state that it stands for (`ARRIVALS`, `REPORTED`), or by the ledger."""
    used = {it.id for it in _nodes("models", "commands") if isinstance(it, ast.Name)}
    used |= {it.attr for it in _nodes("models", "commands") if isinstance(it, ast.Attribute)}
    events = [it for it in EVENTS.values() if not issubclass(it, Progressed)]
    assert [it.__name__ for it in events if it.__name__ not in used] == []


def test_no_name_of_an_event_is_built() -> None:
    declared = [
        each.args[0]
        for each in _nodes("models")
        if isinstance(each, ast.Call)
        and isinstance(each.func, ast.Name)
        and each.func.id == "event"
    ]
    names = [it.value for it in declared if isinstance(it, ast.Constant)]
    assert sorted(names) == sorted(EVENTS)


def test_what_an_event_is_about_is_a_type_that_clients_read() -> None:
    assert [it for it in nouns().values() if schema.get_type_by_name(it) is None] == []


def test_every_id_says_of_which_type_it_is() -> None:
    rows = [it for it in events_markdown().splitlines() if it.startswith("| `")]
    kinds = [it.split(" | ")[1] for it in rows]
    assert [it for it in kinds if re.search(r"\bid\b(?! of `)", it)] == []
    types = {name for it in kinds for name in re.findall(r"(?:of|or) `(\w+)`", it)}
    assert types <= {it.__name__ for it in entities()}
