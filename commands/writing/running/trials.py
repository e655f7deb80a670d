"""Odd items of a bulk command, run with values that stand in, of which nothing is kept."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from commands.writing.verbs import AnyVerb
from kit.errors import Problem
from kit.inputs import Command

MOST_TRIALS = 5
"""Of items with odd fields: what more would find is not told at once."""


class Trial:
    """Odd items of a bulk command as they are tried. found: place -> what was refused of each.

    Each run ends with the first rule that is broken; it goes on with the items that keep it.
    """

    def __init__(self, verb: AnyVerb, command: Command, items: Mapping[int, Any]) -> None:
        """Take the command, and place -> item, all of them sound."""
        self._verb, self._command, self._items = verb, command, dict(items)
        self.found = defaultdict[int, list[Problem]](list)

    def commands(self) -> Iterator[Command]:
        """Give what is to be run, as long as `note` was told something of it."""
        for _ in range(MOST_TRIALS):
            if not self._items:
                return
            items = {str(self._verb.items): list(self._items.values())}
            yield self._command.model_copy(update=items)

    def note(self, problems: Sequence[Problem]) -> None:
        """Note what a run has refused; of the others nothing is known where it is no item's."""
        places = list(self._items)
        for problem in problems:
            if is_of_item(self._verb, problem):
                found = at_its_place(problem, places)
                self.found[int(found.path[1])].append(found)
        kept = {place: it for place, it in self._items.items() if place not in self.found}
        self._items = kept if len(kept) < len(self._items) else {}


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
