"""The table of all verbs in docs/VERBS.md, made of their declarations."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from commands.writing.verbs import AnyVerb
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
        _refused(verb.docstring),
    )


def _states(states: Collection[StrEnum]) -> str:
    """Name states in the order of their life."""
    if not states:
        return ""
    every: list[Any] = list(type(next(iter(states))))
    return "any" if len(states) == len(every) else ", ".join(it for it in every if it in states)


def _refused(docstring: str) -> str:
    """Return what a docstring tells of refusals."""
    _, _, refused = " ".join(docstring.split()).partition("Refused: ")
    return refused.replace("|", "\\|")
