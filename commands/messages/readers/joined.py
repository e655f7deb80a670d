"""Articles of which one message speaks more than once at one place."""

from collections.abc import Sequence
from typing import Any

from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import RecordedRelease
from kit.standards.schedules.messages import MOST_LINES


class NamedTwice(Exception):
    """A message names places in several portions, of which some were taken in before it showed."""

    def __init__(self, places: frozenset[ReleasePlace]) -> None:
        """Take the places that it names more than once."""
        super().__init__()
        self.places = places


def joined_release(releases: Sequence[RecordedRelease]) -> RecordedRelease | None:
    """Return releases of one place as one, of which each is for another point of use there.

    Goods are counted by the place where they are unloaded: what is wanted at each point of use
    stays a line, whose code says for which. None where two are for one point of use, or say
    different things of the place itself.
    """
    first, points = releases[0], {it.point_of_use: it for it in releases}
    lines = [
        line.model_copy(update={"code": f"{line.code or ''} {point}".strip()})
        for point, each in points.items()
        for line in each.lines
    ]
    is_one = all(_of_place(it) == _of_place(first) for it in releases)
    if None in points or len(points) < len(releases) or not is_one or len(lines) > MOST_LINES:
        return None
    notes = {note.delivery_note: note for it in releases for note in it.last_receipts}
    own: dict[str, Any] = {
        "point_of_use": ", ".join(map(str, points)),
        "last_receipts": list(notes.values()),
    }
    rests = [it.rest_of_forecast for it in releases if it.rest_of_forecast is not None]
    own["rest_of_forecast"] = sum(rests) if rests else None
    return first.model_copy(update={"lines": lines, **own})


def _of_place(release: RecordedRelease) -> dict[str, Any]:
    return release.model_dump(
        exclude={"point_of_use", "lines", "last_receipts", "rest_of_forecast"}
    )
