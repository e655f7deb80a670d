"""What is said around quantities: places, references and planner, by the group that says it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple, TypeVar

from kit.standards.edifact.faults import Fault, Finding
from kit.standards.edifact.groups import SEGMENTS_HELD, Branch, LoneGroup, misplaced
from kit.standards.edifact.headers import Component
from kit.standards.edifact.segments import Segment
from kit.standards.schedules.habits import OTHER, Habits

T = TypeVar("T")
DEMANDED = ("DEMAND", "BACKLOG", "IMMEDIATE")
"""Meanings of quantities of a schedule."""
_NAMED_IN = (2, 3, 4, 5)
"""Elements of NAD and LOC that name somebody, or a place."""
OTHERWISE = "It says otherwise what was said before it."


class MeaningCodes(dict[str, str]):
    """Meaning -> the code that a group says first. others: meaning -> who says another code.

    of_nobody: the first segment that says no code, or not of what.
    """

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.others: dict[str, Segment] = {}
        self.of_nobody: Segment | None = None

    def add(self, meaning: str | None, code: str, segment: Segment) -> None:
        """Add what a segment says."""
        if code and meaning and meaning != OTHER and self.setdefault(meaning, code) != code:
            self.others.setdefault(meaning, segment)


class ReadBranch(NamedTuple):
    """What was read of a branch, which it keeps, and what is wrong there."""

    branch: Branch
    value: object
    findings: Sequence[Finding]


@dataclass(eq=False)
class Surrounding:
    """A group that others stand in, read once however many those are.

    has_parties: whether its parties are its own; else each has a schedule of its own.
    """

    branch: Branch
    habits: Habits
    has_parties: bool = True

    @cached_property
    def places(self) -> "MeaningCodes":
        """Return what its places are, its own before those of its parties."""
        found = MeaningCodes()
        for segment in self._placing():
            code = f"{segment.tag} {segment.get(1)}"
            found.add(self.habits.meaning("PLACE", code), segment.get(2), segment)
            if not (segment.get(1) and any(map(segment.get, _NAMED_IN))):
                found.of_nobody = found.of_nobody or segment
        return found

    def _placing(self) -> Iterator[Segment]:
        for group in (self.branch, *self._parties()):
            yield from group.all("NAD")
            yield from group.all("LOC")

    def _parties(self) -> Iterable[Branch]:
        return self.branch.within("PARTY") if self.has_parties else ()

    @cached_property
    def references(self) -> "MeaningCodes":
        """Return what it refers to."""
        found = MeaningCodes()
        for group in self.branch.within("REFERENCE"):
            for rff in group.all("RFF"):
                found.add(self.habits.meaning("REFERENCE", rff.get(1)), rff.get(1, 2), rff)
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


def surroundings_of(
    branches: Sequence[Branch], before: Sequence[Surrounding], habits: Habits
) -> Sequence[Surrounding]:
    """Return the scopes of branches; those that were known before are not read again."""
    known = {id(it.branch): it for it in before}
    return [known.get(id(it)) or Surrounding(it, habits) for it in branches]


def innermost(words: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """Return each meaning with what is said of it first, from the inside out."""
    found: dict[str, T] = {}
    for each in words:
        for meaning, named in each.items():
            found.setdefault(meaning, named)
    return found


def placed(scopes: Sequence[Surrounding]) -> dict[str, str]:
    """Return meaning -> code of places, from the inside out; the docks of no other plant."""
    found: dict[str, str] = {}
    for its in (it.places for it in scopes):
        plant = its.get("SHIP_TO")
        is_other = plant is not None and found.get("SHIP_TO", plant) != plant
        for meaning, code in its.items():
            if not (is_other and meaning in DOCKS):
                found.setdefault(meaning, code)
    return found


def doubts(scopes: Sequence[Surrounding]) -> Iterator[Finding]:
    """Yield places and references that differ from others that mean the same, where one is meant.

    What is said of a meaning from the inside out counts first, and what is said beside that.
    """
    places, references = ([getattr(it, name) for it in scopes] for name in ("places", "references"))
    order = "CONTRACT" if any("CONTRACT" in it for it in references) else "ORDER"
    for each in filter(None, (it.of_nobody for it in places)):
        text = "It names no party and no place."
        yield Component(each, 1).faulty(Fault.MISSING, text).finding
    for words, meanings in ((places, _PLACES), (references, ("NUMBER", order))):
        for meaning in meanings:
            its = next((it for it in words if meaning in it), None)
            if its is not None and meaning in its.others:
                text = f"{its[meaning]!r} means the same and stands beside it: which one is it?"
                yield misplaced(its.others[meaning], text)


@dataclass
class Plants:
    """Whether articles of a message name their plants: all of them do, or none.

    findings: what is odd about those that were read before it was known.
    """

    are_named: bool | None = None
    findings: list[Finding] = field(default_factory=list)

    def of(self, inside: Sequence[Surrounding], around: Sequence[Surrounding]) -> Iterator[Finding]:
        """Yield what is odd about the plant of an article. around: the head is the last one.

        That it has none and others have, and that it names another one than that under which it
        stands: nobody knows then for whom the next one is.
        """
        lin, before = inside[-1].branch.all("LIN")[0], self.are_named
        named = [it.places.get("SHIP_TO") for it in (*inside, *around)]
        self.are_named = any(named) or bool(before)
        if before and not any(named):
            text = "Nothing says to which plant it goes, and others of the message name theirs."
            yield Component(lin, 1).faulty(Fault.MISSING, text).finding
        if before is False and any(named):
            text = "This article names its plant, and those before it name none."
            self.findings.append(misplaced(lin, text))
        own, plants = named[: len(inside)], named[len(inside) : -1]
        if any(own) and any(plants) and next(filter(None, own)) != next(filter(None, plants)):
            yield misplaced(lin, "It names another plant than the one under which it stands.")


def empty_plants(plant: Branch, before: Sequence[Surrounding]) -> Iterator[Finding]:
    """Yield that parties begin a plant in which no article stands. before: around what stood last.

    Behind the articles of another one they may be of the last of those, or have lost their own.
    """
    parties = [it.all("NAD")[0] for it in plant.within("PARTY")]
    if "PLANT" in plant.segments and all(it.branch is not plant for it in before):
        text = "These parties stand behind articles of another plant, and no article behind them."
        yield misplaced(parties[0], text)


DOCKS = ("UNLOADING_POINT", "POINT_OF_USE")
"""Meanings of places that are within a plant."""
_PLACES = ("SHIP_TO", *DOCKS)


def contradicting(scope: Branch, habits: Habits) -> Iterator[Finding]:
    """Yield that cumulative quantities received differ from the first one."""
    every = (it.all("QTY")[0] for it in scope.within("QUANTITY"))
    its = [it for it in every if habits.meaning("QUANTITY", it.get(1)) == "RECEIVED"]
    for each in its:
        if each.get(1, 2) != its[0].get(1, 2):
            yield Component(each, 1, 2).faulty(Fault.INVALID_VALUE, OTHERWISE).finding


def names_of(article: Branch, habits: Habits) -> dict[str, str]:
    """Return meaning -> number of an article, of LIN and PIA."""
    found: dict[str, str] = {}
    numbers = [(article.all("LIN")[0], 3)]
    numbers += [(pia, at) for pia in article.all("PIA") for at in range(2, 7)]
    for segment, element in numbers:
        named, kind, *_ = [*segment.element(element), "", ""]
        meaning = habits.meaning("ARTICLE", kind)
        if named and meaning and meaning != OTHER:
            found.setdefault(meaning, named)
    return found


def notes_in(scope: Branch, habits: Habits) -> Sequence[Branch]:
    """Return the groups that stand directly in it and name a delivery note."""
    return [
        group
        for group in scope.within("REFERENCE")
        if habits.meaning("REFERENCE", group.all("RFF")[0].get(1)) == "NOTE"
    ]


def stray_periods(scope: Branch, habits: Habits) -> Iterator[Finding]:
    """Yield days from which it is counted that stand under no cumulative quantity."""
    text = "It says from when it is counted, and not of the cumulative quantity: not read."
    groups = list(scope.within("REFERENCE"))
    for group in scope.within("QUANTITY"):
        groups += group.within("REFERENCE")
        meaning = habits.meaning("QUANTITY", group.all("QTY")[0].get(1))
        groups += [group] if meaning not in ("RECEIVED", "CUMULATIVE") else []
    for dtm in chain.from_iterable(it.all("DTM") for it in groups):
        if habits.meaning("DATE", dtm.get(1)) == "PERIOD_START":
            yield misplaced(dtm, text)


def wrong_in(lone: LoneGroup, article: Branch, habits: Habits) -> Iterator[Finding]:
    """Yield what is wrong in an article's group, for which all of it waits.

    article: the group as it is read. That a party wants something under no schedule (SCC), and one
    stands before it, is wrong: a party may part them, and nobody knows then how firm it is.
    """
    yield from lone.findings
    if not lone.is_whole:
        text = f"It has more than {SEGMENTS_HELD:,} segments, or what stands before it has."
        lin = article.all("LIN")[0]
        yield Finding(Fault.TOO_MANY, text, lin.offset, "LIN", lin.number)
    has_schedules = bool(article.within("SCHEDULE"))
    for party in article.within("PARTY"):
        for group in party.within("QUANTITY") if has_schedules else ():
            if not group.all("SCC") and _means(group, habits, DEMANDED[:1]):
                yield misplaced(group.all("QTY")[0], "Its party stands between it and its SCC.")
        has_schedules = has_schedules or bool(party.within("SCHEDULE"))


def with_quantities_first(scope: Branch, habits: Habits, *, may_be_backlog: bool) -> Branch:
    """Return a group in which each quantity has the schedule behind it, if it is written so.

    The directory D.96A has QTY, SCC, DTM; all later ones have SCC, DTM, QTY, by which the table
    reads both: then the first quantity stands alone, and under the last schedule none.
    may_be_backlog: whether the first one may be overdue. Elsewhere that is one without a date.
    """
    parties = [
        with_quantities_first(each, habits, may_be_backlog=may_be_backlog)
        for each in scope.within("PARTY")
    ]
    scope = Branch(scope.segments, scope.groups | {"PARTY": parties})
    quantities, schedules = ([*scope.within(it)] for it in _QUANTITIES)
    firsts = DEMANDED if may_be_backlog else DEMANDED[:1]
    if (
        not quantities
        or not schedules
        or quantities[-1].all("DTM")
        or not _means(quantities[-1], habits, firsts)
        or any(_means(it, habits, DEMANDED) for it in schedules[-1].within("QUANTITY"))
        or not all(it.within("QUANTITY") for it in schedules[:-1])
    ):
        return scope
    for schedule in schedules:
        before = quantities.pop()
        together = Branch(before.segments | schedule.segments, before.groups | schedule.groups)
        together.groups.pop("QUANTITY", None)
        quantities += [together, *schedule.within("QUANTITY")]
    return Branch(scope.segments, scope.groups | {"QUANTITY": quantities, "SCHEDULE": []})


def _means(quantity: Branch, habits: Habits, meanings: Collection[str]) -> bool:
    return habits.meaning("QUANTITY", quantity.all("QTY")[0].get(1)) in meanings


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
