"""How many lines one call touches: bounded before anything is changed, and paid for."""

from typing import Any

from kit.errors import Code, Path, Refused


class Extent:
    """Counts the lines that a call names, reads to change, and writes.

    most: of one call. in_input: entries of all lists in its input. touched: those, and what the
    attempt that ran last has read. later: what a worker has to do because of it, as lines, which
    are paid alike and bounded by nobody's patience. tried: what each run has touched of which
    nothing was kept: a trial, or one that went on without what it refused.
    """

    def __init__(self, most: int, in_input: int = 0) -> None:
        """Take the limit of who calls. Refused: as `touch`."""
        self.most, self.in_input, self.touched, self.later = most, in_input, 0, 0
        self.tried = list[int]()
        self.begin()

    def begin(self) -> None:
        """Begin an attempt: what one before has read counts no more."""
        self.touched = self.later = 0
        self.touch(self.in_input)

    def set_aside(self) -> None:
        """End a run of which nothing is kept."""
        self.tried.append(self.touched)
        self.begin()

    def touch(self, count: int, path: Path = ()) -> None:
        """Add lines. Refused: TOO_MANY_ITEMS for more than one call may touch; no more is paid."""
        self.touched += count
        if self.touched > self.most:
            text = (
                f"This call touches {self.touched:,} lines, and {self.most:,} fit in one:"
                " send less at a time."
            )
            self.touched = self.most
            raise Refused(Code.TOO_MANY_ITEMS, text, path)


def entries(value: Any) -> int:
    """Return how many entries all lists of an input have, those inside of others too."""
    count, ahead = 0, [value]
    while ahead:
        item = ahead.pop()
        if isinstance(item, dict):
            ahead += [it for it in item.values() if isinstance(it, (dict, list))]
        elif isinstance(item, list):
            count += len(item)
            ahead += [it for it in item if isinstance(it, (dict, list))]
    return count
