"""One `python start.py` and what a person does with it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.walls.programs import free_port

ROOT = Path(__file__).parents[2]
HTTP = httpx.Client(
    verify=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0), trust_env=False
)
"""Asks without certificates: to load them costs ten times what a request does."""


class Abruf:
    """A started Abruf on a data folder."""

    COMMAND: tuple[str, ...] = (sys.executable, str(ROOT / "start.py"))

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = int(environment.get("ABRUF_PORT", free_port()))
        inherited = {key: it for key, it in os.environ.items() if not key.startswith("ABRUF_")}
        # A worker beside it loads all of Abruf once more: who asks for one gets it.
        ours = {"ABRUF_DATA_DIR": str(folder), "ABRUF_PORT": str(self.port), "ABRUF_WORKER": "0"}
        self.process = subprocess.Popen(
            self.COMMAND,
            cwd=ROOT,
            env={**inherited, **ours, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output: list[str] = []
        self._reader: threading.Thread | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tokens(self) -> dict[str, str]:
        return json.loads((self.folder / "demo-tokens.json").read_text())

    def wait_until_ready(self, until: str = "Three operations") -> str:
        """Read what it prints up to a line, its list of operations, and wait until it answers.

        Fails when it ends before that.
        """
        self.says(until)
        HTTP.get(f"{self.origin}/livez").raise_for_status()
        return "".join(self.output)

    def says(self, words: str) -> None:
        """Read what it prints up to a line with these words. Fails when it ends before that."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if words in line:
                return
        raise AssertionError("".join(self.output))

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask over HTTP as the demo's staff."""
        return self.ask_as(self.tokens["staff"], query, **variables)

    def ask_as(self, token: str, query: str, **variables: Any) -> dict[str, Any]:
        """Ask over HTTP as whoever holds a token."""
        answer = HTTP.post(
            f"{self.origin}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def read_on(self) -> None:
        """Read from now on what it says: one that speaks for minutes fills its pipe, and waits."""
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self.output.extend, args=(self.process.stdout,))
        self._reader.start()

    def _last_words(self) -> str:
        """Wait for its end, and return what it has said since it was read."""
        if self._reader is None:
            return self.process.communicate(timeout=60)[0]
        self.process.wait(timeout=60)
        self._reader.join(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return "".join(self.output)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send the signal and return the exit code; nothing may be said about an error."""
        self.process.send_signal(how)
        remaining = self._last_words()
        assert "Traceback" not in remaining, remaining
        return self.process.returncode

    def kill(self) -> None:
        """Kill it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self._last_words()
        elif self.process.stdout is not None:
            self.process.stdout.close()


class Made(Abruf):
    """The same by `make run`; what it needs to be set up is there."""

    COMMAND = ("make", "--old-file=.venv/runtime.stamp", "run")

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send the signal to make and all that it started, as a terminal does."""
        os.killpg(self.process.pid, how)
        remaining, _ = self.process.communicate(timeout=60)
        self.output.append(remaining)
        return self.process.returncode

    def kill(self) -> None:
        """Kill all of it, if make still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        super().kill()


Launch = Callable[..., Abruf]
