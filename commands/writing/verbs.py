"""Verbs: what a client may do, each declared once, at the function that does it.

From the declaration come the mutation with its scope, input and description, the name under which
idempotency keys know it, the refusal of wrong states, `availableActions`, and docs/VERBS.md.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args

from commands.writing.transaction import Outcome, Writing
from kit.errors import MOST_OF_ITEM, Odd, Path, Problem, Refused, few
from kit.inputs import Alone, Command, Input
from kit.standins import alike, variations
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

    @cached_property
    def item(self) -> type[Input]:
        """Return the model of what is refused one by one."""
        (annotated,) = get_args(self.takes.model_fields[str(self.items)].annotation)
        found: type[Input] = get_args(annotated)[0]
        return found

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
MOST_TRIALS = 5
"""Of items with odd fields: what more would find is not told at once."""


class Remaining:
    """What remains of a bulk command: its items but those that were refused, for any reason.

    One odd item stops no other: it is taken out, and the verb runs again without it. Each run ends
    with the first rule that is broken, for all items that break it, so that there are few. What
    else is wrong with one that has odd fields, `trials` tell, of which nothing is kept.
    """

    def __init__(self, verb: AnyVerb, command: Command) -> None:
        """Take a command; where its verb does not answer item by item, all of it remains."""
        self._verb, self._command = verb, command
        items = getattr(command, verb.items) if verb.items else ()
        self._items, self._refused = items, dict[int, list[Problem]]()
        self._runs = 0
        for place, item in enumerate(items):
            if isinstance(item, Odd):
                self._refused[place] = [it.below(self._path(place)) for it in item.problems]

    def _path(self, place: int) -> Path:
        return (str(self._verb.items), place)

    @property
    def _places(self) -> Sequence[int]:
        return [place for place in range(len(self._items)) if place not in self._refused]

    def trials(self) -> Sequence["Trial"]:
        """Return the odd items, as they are tried; none where none can be."""
        found: Sequence[dict[int, Any]] = ({}, {}, {})
        for place in self._refused:
            item = self._items[place]
            odd = [it.path for it in item.problems]
            for trial, each in zip(
                found, variations(self._verb.item, item.value, odd), strict=False
            ):
                trial[place] = each
        return [Trial(self._verb, self._command, it) for it in found if it]

    def tell(self, trials: Sequence["Trial"]) -> None:
        """Tell of odd items what all trials have refused alike."""
        for place, problems in self._refused.items():
            odd = [it.path for it in problems]
            more = alike(odd, [it.found.get(place, ()) for it in trials])
            problems += [it for it in more if it not in problems]

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
