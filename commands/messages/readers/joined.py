"""Articles of which one message speaks more than once at one place."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import RecordedRelease
from kit.standards.schedules.messages import MOST_LINES, PORTION, ArticleSchedule

SentSchedule = tuple[ArticleSchedule, RecordedRelease]
LINES_HELD = 8 * PORTION
"""Lines of deliveries that are held at a time; those of the last one's place are, too."""


class NamedTwice(Exception):
    """A message names places in several portions, of which some were taken in before it showed."""

    def __init__(self, places: frozenset[ReleasePlace]) -> None:
        """Take the places that it names more than once."""
        super().__init__()
        self.places = places


class HeldDeliveries:
    """Deliveries (SEQ) of a message by place: together they are one schedule, wherever they stand.

    only: places of which any is held, None for all. left: those for which there was no room.
    """

    def __init__(self, only: Collection[ReleasePlace] | None = None) -> None:
        """Begin with none."""
        self.only = only
        self.left = set[ReleasePlace]()
        self._held, self._lines = dict[ReleasePlace, list[SentSchedule]](), 0
        self._of = Counter[ReleasePlace]()

    def take(self, article: ArticleSchedule, release: RecordedRelease) -> None:
        """Hold a delivery, or note that its place is left, of which none is held then.

        Of a place that has more lines than one may have no more are held: none of it is taken in.
        """
        place = ReleasePlace.of(release)
        if self.only is not None and place not in self.only:
            return
        if not self._of[place] and self._lines >= LINES_HELD:
            self.left.add(place)
        elif self._of[place] <= MOST_LINES:
            self._of[place] += _size(release)
            self._lines += _size(release)
            its = self._held.setdefault(place, [])
            if its and _is_same(its[-1][1], release):
                its[-1][1].lines.extend(release.lines)
            else:
                its.append((replace(article, lines=[]), release))

    def portions(self) -> Iterator[Sequence[SentSchedule]]:
        """Give up what is held, place by place, no more than a portion and a place at a time."""
        some, lines = list[SentSchedule](), 0
        while self._held:
            its = self._held.pop(next(iter(self._held)))
            some += its
            lines += sum(_size(release) for _, release in its)
            if lines >= PORTION:
                yield some
                some, lines = [], 0
        yield some


def _size(release: RecordedRelease) -> int:
    """Return as how many lines a release counts that is one of several."""
    return max(1, len(release.lines))


def are_too_many(releases: Iterable[RecordedRelease]) -> bool:
    """Tell whether releases have more lines together than one may have."""
    return sum(map(_size, releases)) > MOST_LINES


def joined_release(
    releases: Sequence[RecordedRelease], *, are_deliveries: bool = False
) -> RecordedRelease | None:
    """Return releases of one place as one, of which each is for another point of use there.

    Goods are counted by the place where they are unloaded: what is wanted at each point of use
    stays a line, whose code says for which. None where two are for one point of use, or say
    different things of the place itself. are_deliveries: each is one delivery of several (SEQ).
    """
    first, points = releases[0], list(dict.fromkeys(it.point_of_use for it in releases))
    are_apart = None not in points and len(points) == len(releases)
    is_one = all(_of_place(it) == _of_place(first) for it in releases)
    if not (are_apart or are_deliveries) or not is_one:
        return None
    lines = [
        line.model_copy(update={"code": _code(line.code, each.point_of_use, points)})
        for each in releases
        for line in each.lines
    ]
    if are_too_many(releases):
        return None
    notes = {note.delivery_note: note for it in releases for note in it.last_receipts}
    own: dict[str, Any] = {
        "point_of_use": ", ".join(it for it in points if it is not None) or None,
        "last_receipts": list(notes.values()),
    }
    rests = [it.rest_of_forecast for it in releases if it.rest_of_forecast is not None]
    own["rest_of_forecast"] = sum(rests) if rests else None
    return first.model_copy(update={"lines": lines, **own})


def _code(code: str | None, point: str | None, points: Sequence[str | None]) -> str | None:
    """Return a line's code with the point for which it is, where there are several."""
    return f"{code or ''} {point or ''}".strip() or None if len(points) > 1 else code


def _is_same(release: RecordedRelease, other: RecordedRelease) -> bool:
    """Tell whether two releases say the same but for their lines."""
    own, its = (it.model_dump(exclude={"lines"}) for it in (release, other))
    return own == its


def _of_place(release: RecordedRelease) -> dict[str, Any]:
    return release.model_dump(
        exclude={"point_of_use", "lines", "last_receipts", "rest_of_forecast"}
    )
