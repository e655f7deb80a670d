"""Abruf started as a newcomer starts it, in a process of its own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.programs import is_empty
from tests.prepared import Once
from tests.run.abruf import Abruf, Launch


@pytest.fixture(scope="session")
def used(shared: Path, once: Once[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the worker's copy of a data folder after a first run that has ended."""

    def made() -> str:
        first = Abruf(shared / "used")
        first.wait_until_ready()
        assert first.stop() == 130
        return str(first.folder)

    folder = tmp_path_factory.mktemp("used")
    # Whoever runs PostgreSQL owns its files.
    subprocess.run(["cp", "-a", f"{once('used', made)}/.", folder], check=True)
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
