"""What a person sees while it runs: one line a step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TextIO

Note = Callable[[int], None]
"""Told how many more of a step are done."""


@dataclass(frozen=True)
class Progress:
    """Writes to a stream; on a terminal the line of the running step counts up."""

    stream: TextIO

    @contextmanager
    def step(self, name: str, to_do: int) -> Iterator[Note]:
        """Show one step. to_do: how many there may be to do."""
        start, done = monotonic(), 0

        def line() -> str:
            seconds = monotonic() - start
            rate = done / seconds if seconds else 0
            return f"{name:<24}{done:>5} of {to_do:>5} {seconds:>7.1f} s {rate:>7.0f}/s"

        def note(count: int) -> None:
            nonlocal done
            done += count
            if self.stream.isatty():
                self.stream.write(f"\r{line()}")
                self.stream.flush()

        yield note
        start_of_line = "\r" if self.stream.isatty() else ""
        text = line() if done else f"{name:<24}nothing to do"
        self.stream.write(f"{start_of_line}{text}\n")
        self.stream.flush()
