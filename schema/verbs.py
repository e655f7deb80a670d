"""The table of all verbs in docs/VERBS.md, made of their declarations."""

import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any

from commands.writing.verbs import AnyVerb
from kit.errors import Code
from kit.ids import Names
from models.base.acts import Transition
from schema.graphql.mutations import VERB

_HEAD = """\
# Verbs

What clients may do: the declarations at the functions that do it, written down by `make docs`.
Where a verb is about one row, the row is in one of the states, and what it needs holds; else it is
refused, and does not stand among `availableActions`. What it refuses is told as `userErrors`; a
token without the scope is refused before.

| Verb | Scope | In the states | Needs that | Stopped when | Leads to | Refuses |
| --- | --- | --- | --- | --- | --- | --- |
"""


def verbs(mutation: Any) -> list[AnyVerb]:
    """Return the verbs of a schema's mutation type, in its order."""
    return [field.metadata[VERB] for field in mutation.__strawberry_definition__.fields]


def verbs_markdown(mutation: Any) -> str:
    """Return the text of docs/VERBS.md."""
    return _HEAD + "".join(f"| {' | '.join(_cells(it))} |\n" for it in verbs(mutation))


def _cells(verb: AnyVerb) -> tuple[str, ...]:
    act = verb.act
    return (
        f"`{verb.name}`",
        act.scope,
        _states(act.states),
        "; ".join(need.words for need in act.needs),
        "; ".join(stop.words for stop in act.stopped_by),
        act.becomes if isinstance(act, Transition) else "",
        _refused(verb),
    )


def _states(states: Collection[StrEnum]) -> str:
    """Name states in the order of their life."""
    if not states:
        return ""
    every: list[Any] = list(type(next(iter(states))))
    return "any" if len(states) == len(every) else ", ".join(it for it in every if it in states)


def refusals(verb: AnyVerb) -> str:
    """Return what a verb refuses: as its docstring says, and its input and act beside that."""
    _, _, text = " ".join(verb.docstring.split()).partition("Refused: ")
    named = set(re.findall(r"[A-Z_]+", text))
    beside = [] if text.startswith("as `") else [it for it in implied(verb) if it not in named]
    return f"{', '.join(beside)}; {text}" if beside else text


def codes(among: Mapping[str, AnyVerb], name: str) -> frozenset[str]:
    """Return the codes with which a verb may refuse: its own, and those of the verbs it names."""
    found, left = set[str](), [name]
    seen = {name}
    while left:
        text = refusals(among[left.pop()])
        found |= set(re.findall(r"[A-Z_]{2,}", text))
        left += [it for it in re.findall(r"`(\w+)`", text) if it in among and it not in seen]
        seen |= {*left}
    return frozenset(found)


def implied(verb: AnyVerb) -> Iterator[Code]:
    """Yield the codes that follow from the declaration: of ids, versions and states."""
    fields = verb.takes.model_fields
    if any(isinstance(it, Names) for field in fields.values() for it in field.metadata):
        yield Code.NOT_FOUND
    if "expected_version" in fields:
        yield Code.VERSION_CONFLICT
    if verb.act.states and _states(verb.act.states) != "any":
        yield Code.WRONG_STATE


def _refused(verb: AnyVerb) -> str:
    return refusals(verb).replace("|", "\\|")
