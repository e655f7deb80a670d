"""How many lines one call touches: bounded before anything is changed, and paid for."""

from collections.abc import Iterable, Mapping
from typing import Any

from kit.errors import Code, Path, Refused


class Extent:
    """Counts the lines that a call names, reads to change, and writes.

    most: of one call. given: that its input names. touched: those, and what the attempt that ran
    last has read.
    """

    def __init__(self, most: int, given: int = 0) -> None:
        """Take the limit of who calls. Refused: as `touch`."""
        self.most, self.given, self.touched = most, given, 0
        self.begin()

    def begin(self) -> None:
        """Begin an attempt: what one before has read counts no more."""
        self.touched = 0
        self.touch(self.given)

    def touch(self, count: int, path: Path = ()) -> None:
        """Add lines. Refused: TOO_MANY_ITEMS for more than one call may touch."""
        self.touched += count
        if self.touched > self.most:
            text = (
                f"This call touches {self.touched:,} lines, and {self.most:,} fit in one:"
                " send less at a time."
            )
            raise Refused(Code.TOO_MANY_ITEMS, text, path)


def named(given: Any) -> int:
    """Return how many entries all lists of an input have, those inside of others too."""
    if isinstance(given, Mapping):
        return sum(map(named, given.values()))
    if isinstance(given, Iterable) and not isinstance(given, str):
        inside = list(given)
        return len(inside) + sum(map(named, inside))
    return 0
