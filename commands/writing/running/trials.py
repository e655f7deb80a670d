"""What else is wrong with odd input: it is run with values that stand in, and nothing is kept."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from commands.writing.running.standins import Way, alike, variations
from commands.writing.verbs import AnyVerb
from kit.errors import Path, Problem
from kit.inputs import Command

Try: TypeAlias = Callable[[Command], Awaitable[Sequence[Problem]]]
"""Runs a command, keeps nothing of it, and returns what is refused."""
MOST_TRIALS = 5
"""Of items with odd fields, each way: what more would find is not told at once."""


async def find_beside(
    attempt: Try, verb: AnyVerb, values: object, odd: Sequence[Path], at: datetime
) -> list[Problem]:
    """Return what else is wrong with an input, whatever stands in place of what is odd.

    at: when it is asked.
    """
    found: list[Problem] | None = None
    for model, met in variations(verb.takes, values, odd, at):
        refused = () if model is None else await attempt(model)
        found = alike(odd, [*met, *refused], found)
        if not found:
            break
    return found or []


async def find_beside_items(
    attempt: Try,
    verb: AnyVerb,
    command: Command,
    odd: Mapping[int, tuple[object, Sequence[Path]]],
    at: datetime,
) -> dict[int, list[Problem]]:
    """Return the same of items of a bulk command. odd: place -> item, its odd paths."""
    ways = {place: variations(verb.item, *it, at, place) for place, it in odd.items()}
    found: dict[int, list[Problem]] = {}
    for way in Way:
        tried = {place: its[way] for place, its in ways.items() if found.get(place) != []}
        items = {place: it.model for place, it in tried.items() if it.model is not None}
        refused = await _refused_items(attempt, verb, command, items)
        for place, (_, met) in tried.items():
            problems = [*met, *refused.get(place, ())]
            found[place] = alike(odd[place][1], problems, found.get(place))
    return found


async def _refused_items(
    attempt: Try, verb: AnyVerb, command: Command, items: Mapping[int, Any]
) -> Mapping[int, Sequence[Problem]]:
    """Return what is refused of items, with paths inside of them.

    Each run ends with the first rule that is broken; it goes on with the items that keep it.
    """
    left, found = dict(items), defaultdict[int, list[Problem]](list)
    for _ in range(MOST_TRIALS):
        places, before = list(left), len(found)
        update = {str(verb.items): list(left.values())}
        for each in await attempt(command.model_copy(update=update)) if left else ():
            if is_of_item(verb, each):
                problem = at_its_place(each, places)
                found[int(problem.path[1])].append(replace(problem, path=problem.path[2:]))
        if len(found) == before:
            break
        left = {place: it for place, it in left.items() if place not in found}
    return found


def is_of_item(verb: AnyVerb, problem: Problem) -> bool:
    """Tell whether a problem is said of an item of a verb."""
    match problem.path:
        case (name, int(), *_):
            return name == verb.items
    return False


def at_its_place(problem: Problem, places: Sequence[int]) -> Problem:
    """Return a problem of an item of what remained with the path that it has in the whole input."""
    match problem.path:
        case (name, int(place), *below):
            return replace(problem, path=(name, places[place], *below))
    return problem
