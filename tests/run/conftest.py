"""Abruf started as a newcomer starts it, in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.programs import is_empty
from tests.run.abruf import Abruf, Launch


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Give `Abruf` in a form that sees that nothing of it is left."""
    started: list[Abruf] = []

    def start(folder: Path, kind: type[Abruf] = Abruf, **environment: str) -> Abruf:
        started.append(kind(folder, **environment))
        return started[-1]

    yield start
    for each in started:
        each.kill()
    assert all(is_empty(each.folder) for each in started)
