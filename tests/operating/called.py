"""`abruf` in the process of the test."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest

from operating.main import main

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
