"""Programs load faster where nobody looks for rubbish meanwhile."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import in it: all of it stays, and the collector would go through it again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
