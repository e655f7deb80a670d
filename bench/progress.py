"""A bar on standard error for steps that take long."""

import sys

_WIDTH = 40


class Progress:
    """Counts steps up to a total; draws only on a terminal, else says when a quarter is done."""

    def __init__(self, what: str, total: int) -> None:
        """Take what is done and how many steps it has."""
        self._what, self._total, self._done = what, total, 0

    def step(self, now: str = "") -> None:
        """One more step is done. now: what comes next."""
        self._done += 1
        share = self._done / self._total
        if sys.stderr.isatty():
            bar = "#" * round(share * _WIDTH)
            end = "\n" if self._done == self._total else ""
            sys.stderr.write(f"\r\033[K{self._what} [{bar:<{_WIDTH}}] {share:4.0%} {now}{end}")
        elif self._done * 4 // self._total > (self._done - 1) * 4 // self._total:
            sys.stderr.write(f"{self._what}: {share:.0%}\n")
        sys.stderr.flush()


def say(text: str) -> None:
    """Tell the person at the terminal what happens; standard output is for the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
