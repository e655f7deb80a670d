"""What remains of a bulk command when items are refused, and what else is wrong with odd ones."""

from collections.abc import Sequence
from datetime import datetime

from commands.writing.running.trials import Try, at_its_place, find_beside_items, is_of_item
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import AnyVerb
from kit.errors import MOST_OF_ITEM, Odd, Problem, Refused, few
from kit.inputs import Command

MOST_RUNS = 20
"""Of one bulk command, each without what the ones before it have refused."""


class Remaining:
    """What remains of a bulk command: its items but those that were refused, for any reason.

    One odd item stops no other: it is taken out, and the verb runs again without it. Each run ends
    with the first rule that is broken, for all items that break it, so that there are few. What
    else is wrong with one that has odd fields, `tell_beside` finds.
    """

    def __init__(self, verb: AnyVerb, command: Command) -> None:
        """Take a command; where its verb does not answer item by item, all of it remains."""
        self._verb, self._command = verb, command
        items = getattr(command, verb.items) if verb.items else ()
        self._items, self._refused = items, dict[int, list[Problem]]()
        self._runs = 0
        for place, item in enumerate(items):
            if isinstance(item, Odd):
                self._refused[place] = self._below(place, item.problems)

    @property
    def _places(self) -> Sequence[int]:
        return [place for place in range(len(self._items)) if place not in self._refused]

    async def tell_beside(self, attempt: Try, at: datetime) -> None:
        """Tell what else is wrong with odd items, which are tried, and of which nothing is kept.

        at: when it is asked.
        """
        odd = {
            place: (item.value, [it.path for it in item.problems])
            for place, item in enumerate(self._items)
            if isinstance(item, Odd)
        }
        if odd:
            found = await find_beside_items(attempt, self._verb, self._command, odd, at)
            for place, problems in found.items():
                self._refused[place] += self._below(place, problems)

    def _below(self, place: int, problems: Sequence[Problem]) -> list[Problem]:
        return [it.below((str(self._verb.items), place)) for it in problems]

    async def run(self, writing: Writing) -> Outcome:
        """Run the verb with what remains, and tell few problems of each item."""
        found = await self._run(writing)
        for result in found.get("results") or ():
            if problems := result["problems"]:
                result["problems"] = few(problems, MOST_OF_ITEM, problems[0].path[:2])
        return found

    async def _run(self, writing: Writing) -> Outcome:
        if not self._refused:
            return await self._verb(writing, self._command)
        places, found = self._places, Outcome(results=[])
        if places:
            left = {str(self._verb.items): [self._items[place] for place in places]}
            found = await self._verb(writing, self._command.model_copy(update=left))
        results = dict(zip(places, found["results"], strict=True))
        for result in results.values():
            result["problems"] = [at_its_place(it, places) for it in result["problems"]]
        refused = {
            place: {"status": "REFUSED", "problems": problems}
            for place, problems in self._refused.items()
        }
        return found | {"results": [(results | refused)[it] for it in range(len(self._items))]}

    def take_out(self, refused: Refused) -> None:
        """Take the items out that a run has refused, before the next run.

        Refused: what is about more than items; all of them where too many rules are broken, so that
        no call runs without end.
        """
        if not all(is_of_item(self._verb, it) for it in refused.problems):
            raise refused
        places = self._places
        for problem in refused.problems:
            found = at_its_place(problem, places)
            self._refused.setdefault(int(found.path[1]), []).append(found)
        self._runs += 1
        if self._runs == MOST_RUNS:
            raise Refused.of([it for each in self._refused.values() for it in each])
