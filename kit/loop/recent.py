"""What was used last of what is remembered, so that memory has a bound."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Kept = TypeVar("Kept")
PLACE = 256
"""Bytes that a place takes beside its key and its value."""


class Recent(Generic[Kept]):
    """The values that were used last, by their keys; None is no value."""

    def __init__(self, size: int) -> None:
        """Take how many to keep, or how much they may weigh together."""
        self._size, self.weight = size, 0
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()

    def get(self, key: Hashable) -> Kept | None:
        """Return a kept value, which counts as used."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: Kept, weight: int = 1) -> Kept:
        """Keep a value and return it; forget those that were not used for longest.

        What weighs more than all may is not kept.
        """
        self.weight += weight - self._kept.pop(key, (value, 0))[1]
        self._kept[key] = value, weight
        while self.weight > self._size:
            _, (_, forgotten) = self._kept.popitem(last=False)
            self.weight -= forgotten
        return value

    def forget(self, key: Hashable) -> None:
        """Keep nothing under a key."""
        self.weight -= self._kept.pop(key, (None, 0))[1]

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._kept)


_Owner = tuple[Hashable, ...]
_LARGEST = 8
"""What takes more than such a part of all is not kept."""


@dataclass
class _Level:
    """What all, a group, or an owner has, least recently used first. members: who is below."""

    kept: OrderedDict[tuple[_Owner, Hashable], tuple[Any, int]] = field(default_factory=OrderedDict)
    weight: int = 0
    members: int = 0


class RecentOf(Generic[Kept]):
    """The values that were used last, of owners in groups, each owner's by its own keys.

    A group has half at most. Where all is full, who has more than others forgets its own, a group
    and in it an owner; who has less takes what nobody has used for longest. An owner is a pair: its
    group and itself. Values and weights as of `Recent`.
    """

    def __init__(self, size: int) -> None:
        """Take how much they may weigh together."""
        self._size = size
        self._levels: dict[_Owner, _Level] = {(): _Level()}

    @property
    def weight(self) -> int:
        """Return what they weigh together."""
        return self._levels[()].weight

    def get(self, owner: _Owner, key: Hashable) -> Kept | None:
        """Return a value that is kept for an owner, which counts as used."""
        place = owner, key
        if place not in self._levels[()].kept:
            return None
        for level in self._above(owner):
            level.kept.move_to_end(place)
        found: Kept = self._levels[()].kept[place][0]
        return found

    def keep(self, owner: _Owner, key: Hashable, value: Kept, weight: int) -> None:
        """Keep a value for an owner, unless it is too large; forget others in its place."""
        if (owner, key) in self._levels[()].kept:
            self._forget(owner, key)
        if weight > self._size // _LARGEST:
            return
        for depth in range(1, len(owner) + 1):
            if owner[:depth] not in self._levels:
                self._levels[owner[:depth]] = _Level()
                self._levels[owner[: depth - 1]].members += 1
        for level in self._above(owner):
            level.kept[owner, key] = value, weight
            level.weight += weight
        while (crowded := self._crowded(owner)) is not None:
            self._forget(*next(iter(crowded.kept)))

    def _above(self, owner: _Owner) -> Iterator[_Level]:
        return (self._levels[owner[:depth]] for depth in range(len(owner) + 1))

    def _crowded(self, owner: _Owner) -> _Level | None:
        """Return of what something is to be forgotten: the owner's own where it has its share."""
        if owner not in self._levels:
            return None
        every, group, own = self._above(owner)
        is_half = group.weight > self._size // 2
        if not is_half and every.weight <= self._size:
            return None
        if not is_half and group.weight * every.members < every.weight:
            return every
        return own if own.weight * group.members >= group.weight else group

    def _forget(self, owner: _Owner, key: Hashable) -> None:
        for depth in range(len(owner), -1, -1):
            level = self._levels[owner[:depth]]
            level.weight -= level.kept.pop((owner, key))[1]
            if depth and not level.kept:
                del self._levels[owner[:depth]]
                self._levels[owner[: depth - 1]].members -= 1
