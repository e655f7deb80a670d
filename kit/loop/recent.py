"""What was used last of what is remembered, so that memory has a bound."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


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

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._kept)
