"""Segment groups by declared tables: what a directory says of a message, as data.

A table is a sequence of `Seg` and `Group` in the order of the directory; a group begins with its
trigger, the first segment of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from kit.standards.edifact.faults import Fault, Finding
from kit.standards.edifact.segments import Segment

GROUP_STEP = 100
"""Segments that are put in their place between two places to pause."""
MOST_MISPLACED = 200
"""Of one message."""
SEGMENTS_HELD = 20_000
"""That are kept at a time: of a group that is given by itself, and of what stands around it."""


@dataclass(frozen=True)
class Seg:
    """A segment that may stand here, up to `most` times. is_needed: whether it must."""

    tag: str
    most: int = 1
    is_needed: bool = False


@dataclass(frozen=True)
class Group:
    """A group that may stand here, up to `most` times. parts: its trigger is the first.

    is_lone: it is given by itself once it is whole, and kept by nothing that it stands in, so that
    a message may have any number of it.
    """

    name: str
    parts: Sequence["Seg | Group"]
    most: int = 1
    is_needed: bool = False
    is_lone: bool = False

    @property
    def tag(self) -> str:
        """Return the tag of its trigger."""
        return self.parts[0].tag


@dataclass(slots=True)
class Branch:
    """What stands in a message, or in one group of it.

    segments: tag -> those of its own, in order. groups: name -> those in it, in order.
    """

    segments: dict[str, list[Segment]] = field(default_factory=dict)
    groups: dict[str, list["Branch"]] = field(default_factory=dict)

    def all(self, tag: str) -> Sequence[Segment]:
        """Return its own segments of a tag."""
        return self.segments.get(tag, ())

    def one(self, tag: str) -> Segment | None:
        """Return the first of its own segments of a tag."""
        return next(iter(self.all(tag)), None)

    def within(self, name: str) -> Sequence["Branch"]:
        """Return the groups of a name that stand directly in it."""
        return self.groups.get(name, ())


class LoneGroup(NamedTuple):
    """A group that is given by itself. around: what it stands in, from the inside out.

    is_whole: whether all segments were kept, its own and those around it. findings: what its table
    does not allow in it, in the groups around it that are given by themselves, or before those.
    """

    branch: Branch
    around: Sequence[Branch]
    is_whole: bool
    findings: Sequence[Finding] = ()


Parsed: TypeAlias = tuple[Branch, list[Finding]]
"""A message in its groups, and what its table does not allow."""


class _Feed:
    """Segments that are taken one by one. Those that no table knows are told and left out."""

    def __init__(self, segments: Iterable[Segment], known: frozenset[str]) -> None:
        self.findings: list[Finding] = []
        self._inside: list[list[Finding]] = [self.findings]
        self.next: Segment | None = None
        self._segments, self._known, self._gone = iter(segments), known, 0
        self._rooms = [SEGMENTS_HELD]

    def advance(self) -> Iterator[None]:
        """Go on to the next segment, with pauses."""
        for each in self._segments:
            self._gone += 1
            if self._gone % GROUP_STEP == 0:
                yield
            if each.tag in self._known:
                self.next = each
                return
            self.keep(misplaced(each, f"{each.tag} is no segment of this message."))
        self.next = None

    def has_room(self, segments: int = 1) -> bool:
        """Take the room of segments in what is given next."""
        self._rooms[-1] -= segments
        return self._rooms[-1] >= 0

    @property
    def is_full(self) -> bool:
        """Whether no segment more is kept in what is given next."""
        return self._rooms[-1] <= 0

    def begin(self) -> None:
        """Begin what is given by itself."""
        self._rooms.append(SEGMENTS_HELD)
        self._inside.append([])

    def end(self) -> tuple[bool, Sequence[Finding]]:
        """End that; tells whether all had room, also what is around it, and what is wrong."""
        has_all = min(self._rooms) >= 0
        found = [finding for findings in self._inside for finding in findings]
        self._rooms.pop()
        self._inside.pop()
        return has_all, found

    def keep(self, finding: Finding) -> None:
        """Tell what is wrong in what is taken now."""
        if len(self._inside[-1]) < MOST_MISPLACED:
            self._inside[-1].append(finding)


def misplaced(segment: Segment, text: str) -> Finding:
    """Return that a segment does not belong where it stands."""
    return Finding(
        Fault.NOT_IN_THIS_PLACE, text, segment.offset, segment.tag, segment.number or None
    )


def parse(table: Sequence[Seg | Group], segments: Iterable[Segment]) -> Parsed:
    """Put the segments of a message into groups, and tell what the table does not allow."""
    found: Parsed
    *_, found = filter(None, parse_in_steps(table, segments))  # type: ignore[assignment]
    return found


def parse_in_steps(
    table: Sequence[Seg | Group], segments: Iterable[Segment]
) -> Iterator[LoneGroup | Parsed | None]:
    """Do the same; give groups that are given by themselves first, in order, and the rest last.

    None: a pause for who does it in turn with others.
    """
    feed = _Feed(segments, frozenset(_tags(table)))
    yield from feed.advance()
    found, counts = Branch(), [0] * len(table)
    yield from _fill(table, feed, (found,), counts)
    while feed.next is not None:
        over = feed.next
        yield from feed.advance()
        feed.keep(misplaced(over, f"{over.tag} does not belong here."))
        yield from _fill(table, feed, (found,), counts, is_again=True)
    if not feed.has_room(0):
        feed.keep(Finding(Fault.TOO_MANY, f"More than {SEGMENTS_HELD:,} segments.", 0))
    yield found, feed.findings


def _tags(table: Sequence[Seg | Group]) -> Iterator[str]:
    for part in table:
        yield part.tag
        if isinstance(part, Group):
            yield from _tags(part.parts)


def _fill(
    table: Sequence[Seg | Group],
    feed: _Feed,
    into: Sequence[Branch],
    counts: list[int],
    behind: frozenset[str] = frozenset(),
    *,
    is_again: bool = False,
) -> Iterator[LoneGroup | None]:
    """Take what a table allows, in its order, with pauses. is_again: gaps were told before.

    into: what is filled, then what that stands in. counts: of each part of the table, how many are
    there. behind: tags that may follow what is filled.
    """
    for place, part in enumerate(table):
        while (taken := feed.next) is not None and taken.tag == part.tag:
            if counts[place] == part.most:
                break
            counts[place] += 1
            if isinstance(part, Group):
                yield from _group(part, feed, into, behind.union(it.tag for it in table[place:]))
                continue
            yield from feed.advance()
            if feed.has_room():
                into[0].segments.setdefault(part.tag, []).append(taken)
        if part.is_needed and not counts[place] and not is_again:
            at = feed.next
            text = f"{part.tag} is missing."
            offset, number = (0, None) if at is None else (at.offset, at.number)
            feed.keep(Finding(Fault.MISSING, text, offset, part.tag, number))


def _group(
    part: Group, feed: _Feed, around: Sequence[Branch], behind: frozenset[str]
) -> Iterator[LoneGroup | None]:
    """Take a group, and give it or keep it in what it stands in.

    What follows one that is given by itself and may stand nowhere behind it is wrong in it.
    """
    below, counts = Branch(), [0] * len(part.parts)
    if not part.is_lone:
        if not feed.is_full:
            around[0].groups.setdefault(part.name, []).append(below)
        yield from _fill(part.parts, feed, (below, *around), counts, behind)
        return
    feed.begin()
    yield from _fill(part.parts, feed, (below, *around), counts, behind)
    while (over := feed.next) is not None and over.tag not in behind:
        yield from feed.advance()
        feed.keep(misplaced(over, f"{over.tag} does not belong here."))
        yield from _fill(part.parts, feed, (below, *around), counts, behind, is_again=True)
    yield LoneGroup(below, around, *feed.end())
