"""What is said around quantities: places, references and planner, by the group that says it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from kit.standards.edifact.groups import Branch
from kit.standards.edifact.segments import Segment
from kit.standards.schedules.habits import OTHER, Habits

T = TypeVar("T")


@dataclass(eq=False)
class Surrounding:
    """A group that others stand in, read once however many those are.

    has_parties: whether its parties are its own; else each has a schedule of its own.
    """

    branch: Branch
    habits: Habits
    has_parties: bool = True

    @cached_property
    def places(self) -> Mapping[str, str]:
        """Return meaning -> code of its places, its own before those of its parties."""
        found: dict[str, str] = {}
        for segment in self._placing():
            meaning = self.habits.meaning("PLACE", f"{segment.tag} {segment.get(1)}") or ""
            if named := segment.get(2):
                found.setdefault(meaning, named)
        found.pop(OTHER, None)
        return found

    def _placing(self) -> Iterator[Segment]:
        for group in (self.branch, *self._parties()):
            yield from group.all("NAD")
            yield from group.all("LOC")

    def _parties(self) -> Iterable[Branch]:
        return self.branch.within("PARTY") if self.has_parties else ()

    @cached_property
    def references(self) -> Mapping[str, str]:
        """Return meaning -> reference."""
        found: dict[str, str] = {}
        for group in self.branch.within("REFERENCE"):
            for rff in group.all("RFF"):
                meaning = self.habits.meaning("REFERENCE", rff.get(1)) or ""
                if named := rff.get(1, 2):
                    found.setdefault(meaning, named)
        found.pop(OTHER, None)
        return found

    @cached_property
    def planner(self) -> str:
        """Return who plans, "" for nobody."""
        for group in (self.branch, *self._parties()):
            for contact in group.within("CONTACT"):
                cta = contact.all("CTA")[0]
                if found := cta.get(2) or cta.get(2, 2):
                    return found
        return ""


def innermost(words: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """Return each meaning with what is said of it first, from the inside out."""
    found: dict[str, T] = {}
    for each in words:
        for meaning, named in each.items():
            found.setdefault(meaning, named)
    return found


def parted(
    article: Branch, habits: Habits, plants: Iterable[Surrounding]
) -> Iterator[tuple[Surrounding, Surrounding]]:
    """Yield (the article, what has the quantities) of each schedule in an article's group.

    Those of one place may stand before it. What stands before several, or where the article or the
    plant around it names another place, is of none of them: it is a schedule of its own.
    """
    parties = [it for it in article.within("PARTY") if has_quantities(it)]
    around = Surrounding(article, habits, has_parties=not parties)
    named = innermost(it.places for it in (around, *plants))
    own = [Surrounding(it, habits).places for it in parties]
    are_others = len(parties) > 1 or any(
        named.get(meaning, place) != place for it in own for meaning, place in it.items()
    )
    if not parties or (has_quantities(article) and are_others):
        yield around, around
    if are_others:
        groups = {name: it for name, it in article.groups.items() if name not in _QUANTITIES}
        around = Surrounding(Branch(article.segments, groups), habits, has_parties=False)
    for party in parties:
        yield around, Surrounding(party, habits)


_QUANTITIES = ("QUANTITY", "SCHEDULE")


def has_quantities(group: Branch) -> bool:
    """Tell whether a group says how much is wanted or was received."""
    return any(group.within(it) for it in _QUANTITIES)
