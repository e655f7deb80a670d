"""Abruf started as a newcomer starts it, in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.programs import is_empty
from tests.run.abruf import Abruf, Launch


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder after a first run that has ended."""
    folder = tmp_path_factory.mktemp("used")
    first = Abruf(folder)
    first.wait_until_ready()
    assert first.stop() == 130
    return folder


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Give `Abruf` in a form that sees that nothing of it is left."""
    started: list[Abruf] = []

    def start(folder: Path, **environment: str) -> Abruf:
        started.append(Abruf(folder, **environment))
        return started[-1]

    yield start
    for each in started:
        each.kill()
    assert all(is_empty(each.folder) for each in started)
