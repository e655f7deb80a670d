"""The load: a closed loop over keep-alive connections, in a process of its own.

`python -m bench.measuring.load` reads one `Load` as JSON and prints what happened. Each connection
sends the next request as soon as its answer is whole, so that as many are under way as there are
connections.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httptools
import uvloop

UNIQUE = "@@@@@@"
"""Stands in a request where each one that is sent has another number of six digits."""
_WRONG = b'rrors":[{'
"""In the body of every answer that tells an error, the user's too."""
_OK = 200
_EACH = 2
_LONGEST_S = 120.0
"""After which an engine has failed."""


@dataclass(frozen=True)
class Load:
    """What to send. ports: connections are spread over them. first: number of the first request.

    warm: seconds that are not counted, before the seconds that are; these last longer where an
    engine has not given two answers to every connection. storm: refusals are answers, too. pause:
    seconds between an answer and the next request, so that a key's points last.
    """

    ports: Sequence[int]
    requests: Sequence[str]
    connections: int
    seconds: float
    warm: float
    first: int = 0
    storm: bool = False
    pause: float = 0


@dataclass(frozen=True)
class Measured:
    """What came back. busy: share of one core that the load itself took; times in ms."""

    per_second: float
    sent: int
    median: float
    p99: float
    busy: float


class LoadError(Exception):
    """An engine gave an answer that tells an error, or none."""


class _Run:
    def __init__(self, load: Load, ended: asyncio.Future[None]) -> None:
        self.requests = [each.encode() for each in load.requests]
        self.pause, self.storm = load.pause, load.storm
        self.varied = UNIQUE in load.requests[0]
        self.sent, self.ended, self.times = load.first, ended, list[float]()
        self.open, self.enough = load.connections, _EACH * load.connections
        self.start = time.perf_counter() + load.warm
        self.until = self.start + load.seconds
        self.seconds: float | None = None

    def next(self) -> bytes:
        request = self.requests[self.sent % len(self.requests)]
        self.sent += 1
        if self.varied:
            return request.replace(UNIQUE.encode(), b"%06d" % self.sent)
        return request

    def answered(self, sent_at: float, at: float) -> None:
        """Count an answer, and see whether it was the last one that counts."""
        if at < self.start or self.seconds is not None:
            return
        self.times.append(at - sent_at)
        if at >= self.until and len(self.times) >= self.enough:
            self.seconds = at - self.start

    def fail(self, message: str) -> None:
        if not self.ended.done():
            self.ended.set_exception(LoadError(message))


class _Connection(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run, self._body, self._sent_at = run, list[bytes](), 0.0
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._run.seconds is None:
            self._run.fail(f"The connection was lost: {error}.")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answered_at, body = time.perf_counter(), b"".join(self._body)
        self._body.clear()
        wrong = self._parser.get_status_code() != _OK or _WRONG in body
        if wrong and not self._run.storm:
            self._run.fail(body[:2000].decode(errors="replace"))
            return
        self._run.answered(self._sent_at, answered_at)
        if self._run.seconds is not None:
            self._close()
        elif self._run.pause:
            asyncio.get_running_loop().call_later(self._run.pause, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._run.next())

    def _close(self) -> None:
        self._transport.close()
        self._run.open -= 1
        if not self._run.open and not self._run.ended.done():
            self._run.ended.set_result(None)


async def _loaded(load: Load) -> Measured:
    loop = asyncio.get_running_loop()
    run, cpu = _Run(load, loop.create_future()), time.process_time()
    for number in range(load.connections):
        port = load.ports[number % len(load.ports)]
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
    await asyncio.wait_for(run.ended, _LONGEST_S)
    times, seconds = sorted(run.times), run.seconds or load.seconds
    return Measured(
        len(times) / seconds,
        run.sent - load.first,
        statistics.median(times) * 1000,
        times[len(times) * 99 // 100] * 1000,
        (time.process_time() - cpu) / (seconds + load.warm),
    )


async def measured(load: Load) -> Measured:
    """Load the engine from a process of its own. LoadError: with the answer that is wrong."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.measuring.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        answer, _ = await process.communicate(json.dumps(asdict(load)).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    result = json.loads(answer or '{"error": "The load died."}')
    if "error" in result:
        raise LoadError(result["error"])
    return Measured(**result)


def main() -> None:
    """Read a load, run it, print what was measured or the error."""
    load = Load(**json.loads(sys.stdin.read()))
    try:
        result = asdict(uvloop.run(_loaded(load)))
    except (LoadError, OSError) as error:
        result = {"error": str(error) or "The answers took too long."}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
