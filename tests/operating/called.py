"""`abruf` in the process of the test, and in one of its own."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from operating.main import main

ROOT = Path(__file__).parents[2]
Called = Callable[..., Awaitable[tuple[int, str, str]]]
"""Runs the command with the environment's variables by name; gives exit code, output, errors."""


def calling(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    """Return what runs the command as Python would."""

    def called(words: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = 0
        try:
            main(words)
        except SystemExit as stopped:
            if isinstance(stopped.code, str):
                sys.stderr.write(f"{stopped.code}\n")
            code = stopped.code if isinstance(stopped.code, int) else 1
        return code, *capsys.readouterr()

    async def run(*words: str, **environment: str) -> tuple[int, str, str]:
        # In a thread, since the command starts an event loop of its own.
        return await asyncio.to_thread(called, words, environment)

    return run


async def started(tmp_path: Path, *words: str, **environment: str) -> asyncio.subprocess.Process:
    """Start the command in a process of its own."""
    inherited = {key: it for key, it in os.environ.items() if not key.startswith("ABRUF_")}
    own = {"ABRUF_DATA_DIR": str(tmp_path), "ABRUF_LOG": "json", "ABRUF_MIGRATE": "0"}
    own["ABRUF_WORKER"] = "0"
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "abruf", *words),
        cwd=ROOT,
        env={**inherited, **own, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
