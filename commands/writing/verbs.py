"""Verbs: what a client may do, each declared once, at the function that does it.

From the declaration come the mutation with its scope, input and description, the name under which
idempotency keys know it, the refusal of wrong states, `availableActions`, and docs/VERBS.md.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

from commands.writing.transaction import Outcome, Writing
from kit.errors import MOST_OF_ITEM, Code, Odd, Problem, Refused, few
from kit.inputs import Alone, Command
from models.base.acts import Act

CommandT = TypeVar("CommandT", bound=Command)


@dataclass(frozen=True, eq=False)
class Verb(Generic[CommandT]):
    """A command with what is known of it. act: who may, and when; description: for clients."""

    act: Act
    description: str
    run: Callable[[Writing, CommandT], Awaitable[Outcome]]

    async def __call__(self, writing: Writing, command: CommandT) -> Outcome:
        """Run it in a transaction."""
        return await self.run(writing, command)

    @cached_property
    def takes(self) -> type[CommandT]:
        """Return the model of its input."""
        found: type[CommandT] = self.run.__annotations__["command"]
        return found

    @cached_property
    def items(self) -> str | None:
        """Return the field whose items are refused one by one, None where there is none."""
        fields = self.takes.model_fields.items()
        alone = (name for name, field in fields if Alone() in field.metadata)
        return next(alone, None)

    @property
    def name(self) -> str:
        """Return its name: that of the mutation, which clients know and which so never changes."""
        return f"{self.takes.__name__[:1].lower()}{self.takes.__name__[1:]}"

    @property
    def docstring(self) -> str:
        """Return what the function says of itself."""
        return self.run.__doc__ or ""


def verb(
    act: Act, description: str
) -> Callable[[Callable[[Writing, CommandT], Awaitable[Outcome]]], Verb[CommandT]]:
    """Declare that a function is a verb."""

    def declared(run: Callable[[Writing, CommandT], Awaitable[Outcome]]) -> Verb[CommandT]:
        return Verb(act, description, run)

    return declared


AnyVerb = Verb[Any]


MOST_RUNS = 20
"""Of one bulk command, each without what the ones before it have refused."""


_AGAIN = Refused(Code.INVALID, "What is odd was looked at, and is taken out.")
"""What ends a run with odd items: nothing of it is kept."""


class Remaining:
    """What remains of a bulk command: its items but those that were refused, for any reason.

    One odd item stops no other: it is taken out, and the verb runs again without it. Each run ends
    with the first rule that is broken, for all items that break it, so that there are few. One with
    odd fields runs without these until something else is found of it or nothing is, so that all is
    told at once; nothing of such a run is kept.
    """

    def __init__(self, verb: AnyVerb, command: Command) -> None:
        """Take a command; where its verb does not answer item by item, all of it remains."""
        self._verb, self._command = verb, command
        items = getattr(command, verb.items) if verb.items else ()
        self._items, self._refused = items, dict[int, list[Problem]]()
        self._runs = 0
        self._tried = dict[int, Any]()
        for place, item in enumerate(items):
            if isinstance(item, Odd):
                above = (str(verb.items), place)
                self._refused[place] = [it.below(above) for it in item.problems]
                if item.sound is not None:
                    self._tried[place] = item.sound

    @property
    def _places(self) -> Sequence[int]:
        every = range(len(self._items))
        return [place for place in every if place not in self._refused or place in self._tried]

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
            items = [self._tried.get(place, self._items[place]) for place in places]
            left = {str(self._verb.items): items}
            found = await self._verb(writing, self._command.model_copy(update=left))
        if self._tried:
            for place, result in zip(places, found["results"], strict=True):
                for problem in result["problems"] if place in self._tried else ():
                    self._note(self._at_its_place(problem, places))
            self._tried.clear()
            raise _AGAIN
        results = dict(zip(places, found["results"], strict=True))
        for result in results.values():
            result["problems"] = [self._at_its_place(it, places) for it in result["problems"]]
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
        places = self._places
        found = [self._at_its_place(it, places) for it in refused.problems if refused is not _AGAIN]
        if all(self._is_of_an_item(it) for it in found):
            for each in found:
                self._note(each)
            for each in found:
                self._tried.pop(int(each.path[1]), None)
        elif self._tried:
            # It may hang on what is odd: they say it again who are not.
            self._tried.clear()
        else:
            raise refused
        self._runs += 1
        if self._runs == MOST_RUNS:
            raise Refused.of([it for each in self._refused.values() for it in each])

    def _note(self, problem: Problem) -> None:
        """Note what is wrong with an item; of an odd one only what is said of its other fields."""
        _, place, *below = problem.path
        tried, noted = self._tried.get(int(place)), self._refused.setdefault(int(place), [])
        is_of_it = tried is None or not below or below[0] in tried.model_fields_set
        if is_of_it and problem not in noted:
            noted.append(problem)

    def _is_of_an_item(self, problem: Problem) -> bool:
        match problem.path:
            case (name, int(), *_):
                return name == self._verb.items
        return False

    def _at_its_place(self, problem: Problem, places: Sequence[int]) -> Problem:
        """Return a problem of what remained with the path that it has in the whole input."""
        if not self._is_of_an_item(problem):
            return problem
        name, place, *below = problem.path
        return replace(problem, path=(name, places[int(place)], *below))
