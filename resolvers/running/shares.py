"""Shares: what a merchant has of something bounded, and in it each company or key."""

from collections import Counter
from uuid import UUID

from models.access.viewers import Viewer

Lane = tuple[UUID, ...]
"""A merchant; or a merchant and in it a company, channel, location, carrier or key."""


def lane_of(viewer: Viewer) -> Lane:
    """Return whose share a viewer has: keys of one company, channel, location or carrier share."""
    return viewer.merchant_id, viewer.bound_to or viewer.key_id


def levels(lane: Lane) -> tuple[Lane, ...]:
    """Return a lane's merchant and the lane."""
    return tuple(lane[: level + 1] for level in range(len(lane)))


class Shares:
    """Hands out an amount so that who has little of it finds some left.

    A lane gets more only while what it has, and what its merchant has, are together less than is
    left. So a merchant gets half at most, two get a third each; a lane alone in its merchant gets a
    third, and what is left of the half is for the merchant's others.
    """

    def __init__(self, own: int, every: int) -> None:
        """Take the most for one lane, and for all of them."""
        self._own, self._every = own, every
        self._had = Counter[Lane]()
        self.total = 0

    @property
    def lanes(self) -> int:
        """How many merchants and lanes have something."""
        return len(self._had)

    @property
    def are_given(self) -> bool:
        """Tell whether nothing is left for anybody."""
        return self.total >= self._every

    def of(self, lane: Lane) -> int:
        """Return what a merchant or a lane has."""
        return self._had[lane]

    def add(self, lane: Lane, amount: int) -> None:
        """Give a lane more, or take some back."""
        self.total += amount
        for level in levels(lane):
            self._had[level] += amount
            if not self._had[level]:
                del self._had[level]

    def may_have_more(self, lane: Lane) -> bool:
        """Tell whether a lane may get more."""
        has = sum(map(self.of, levels(lane)))
        return self.of(lane) < self._own and has < self._every - self.total
