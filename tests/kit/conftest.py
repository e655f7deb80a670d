"""Folders with a server's data, and programs that end with the test."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from kit import embedded
from tests.kit.programs import Program, Start, ask, is_empty


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder whose cluster is made and holds one row; no server runs there."""
    folder = tmp_path_factory.mktemp("made")
    with embedded.running(folder, durable=False) as server:
        ask(server.owner_url, "CREATE TABLE kept AS SELECT 1 AS id")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Give a copy of the made folder."""
    return shutil.copytree(made, tmp_path / "data")


@pytest.fixture
def start() -> Iterator[Start]:
    """Give `Program` in a form that sees, at the end of the test, that nothing of it is left."""
    started: list[Program] = []

    def program(
        folder: Path,
        before: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
    ) -> Program:
        started.append(Program(folder, before, env or {}, python))
        return started[-1]

    yield program
    for each in started:
        each.kill()
    assert all(is_empty(each.folder) for each in started)
