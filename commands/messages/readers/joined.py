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
    if len(lines) > MOST_LINES:
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


def _of_place(release: RecordedRelease) -> dict[str, Any]:
    return release.model_dump(
        exclude={"point_of_use", "lines", "last_receipts", "rest_of_forecast"}
    )
