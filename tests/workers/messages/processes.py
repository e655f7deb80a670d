"""Servers and workers as processes of their own, to be killed, and a client of either server."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path

import httpx

from kit.ids import new_id
from kit.outgoing.mails import MailRoute
from tests import make
from tests.conftest import PATIENT
from tests.make.messages.notifications import PUBLIC_URL

ROOT = Path(__file__).parents[3]
WORKER = (str(ROOT / "tests" / "workers" / "messages" / "short.py"),)
SERVER = (str(ROOT / "start.py"),)
PATIENCE_S, PAUSE_S = 600, 0.5
"""Seconds in which one of the servers must answer, and after which another one is asked."""
_NOT_NOW = {429, 503}


class EitherServer(httpx.AsyncBaseTransport):
    """Asks the servers in turn until one answers; what writes has a key: it is done once.

    What an answer wants to be asked again (`retryAfter`) it asks under the same key, as clients do.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports, self._inner = cycle(ports), httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the first answer of any server."""
        body, headers = await request.aread(), dict(request.headers)
        if b'"mutation' in body or b'"\\nmutation' in body:
            headers["idempotency-key"] = new_id().hex
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if answer := await self._sent(request, headers, body):
                    return answer
                await asyncio.sleep(PAUSE_S)

    async def _sent(
        self, request: httpx.Request, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response | None:
        url = request.url.copy_with(host="127.0.0.1", port=next(self._ports))
        extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 30)}
        again = httpx.Request(
            request.method, url, headers=headers, content=body, extensions=extensions
        )
        try:
            answer = await self._inner.handle_async_request(again)
            content = await answer.aread()
        except httpx.TransportError:
            return None
        if answer.status_code in _NOT_NOW or b'"retryAfter"' in content:
            return None
        kind = {"content-type": answer.headers["content-type"]}
        return httpx.Response(answer.status_code, headers=kind, content=content)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()


class Processes:
    """Servers and workers of which one or another is killed with -9, and started again."""

    def __init__(
        self,
        database: make.Walled,
        folder: Path,
        receivers: Sequence[int],
        mails: MailRoute,
        chance: random.Random,
    ) -> None:
        inherited = {key: it for key, it in os.environ.items() if not key.startswith("ABRUF_")}
        ours = {
            "ABRUF_DATABASE_URL": database.url,
            "ABRUF_OWNER_URL": database.owner.url,
            "ABRUF_MIGRATE": "0",
            "ABRUF_WORKER": "0",
            "ABRUF_DATA_DIR": str(folder),
            "ABRUF_LIMIT_STATEMENT": str(PATIENT.statement),
            "ABRUF_LIMIT_DEADLINE": str(PATIENT.deadline),
            "ABRUF_LIMIT_UNPAID": str(PATIENT.unpaid),
            "ABRUF_LIMIT_EFFORT": str(PATIENT.effort),
            "ABRUF_WEBHOOK_HTTP": "1",
            "ABRUF_WEBHOOK_ALLOWED": "127.0.0.0/8",
            "ABRUF_WEBHOOK_PORTS": ",".join(map(str, receivers)),
            "ABRUF_SMTP_URL": f"smtp://{mails.host}:{mails.port}",
            "ABRUF_PUBLIC_URL": PUBLIC_URL,
            "ABRUF_MAIL_FROM": mails.sender,
        }
        self._environment = {**inherited, **ours, "PYTHONPATH": str(ROOT)}
        self._running: dict[asyncio.subprocess.Process, tuple[tuple[str, ...], int]] = {}
        self._chance, self._log = chance, folder / "log"

    async def start(self, program: tuple[str, ...], port: int = 0) -> None:
        own = {**self._environment, "ABRUF_PORT": str(port)}
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *program, env=own, cwd=ROOT, stdout=log, stderr=log
            )
        self._running[process] = program, port

    async def kill_one(self, program: tuple[str, ...]) -> None:
        """Kill one of a program's processes with -9, and start another in its place."""
        its = [process for process, (of, _) in self._running.items() if of == program]
        victim = self._chance.choice(its)
        victim.kill()
        await victim.wait()
        await self.start(*self._running.pop(victim))

    async def stop(self) -> str:
        """End all of them; gives what they have logged."""
        for each in self._running:
            each.terminate()
        # One that was started just now may not have heard that it shall end in peace.
        for each in self._running:
            assert await each.wait() in {0, -signal.SIGTERM}, self._log.read_text()
        return self._log.read_text()


@asynccontextmanager
async def working(
    processes: Processes, ports: Sequence[int], workers: int
) -> AsyncIterator[httpx.AsyncClient]:
    """Let servers and workers run meanwhile, and give a client of whichever server answers."""
    for port in ports:
        await processes.start(SERVER, port)
    for _ in range(workers):
        await processes.start(WORKER)
    async with httpx.AsyncClient(transport=EitherServer(ports), base_url="http://abruf") as client:
        yield client
    log = await processes.stop()
    assert "Traceback" not in log, log
