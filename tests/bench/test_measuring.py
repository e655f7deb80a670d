import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import asyncpg
import pytest

from bench.data import plain
from bench.figures import report
from bench.figures.plot import svg
from bench.measuring.load import UNIQUE, Load, LoadError, Measured, measured
from bench.measuring.measure import Results, Series, ratio
from bench.measuring.requests import Request
from bench.measuring.wire import wire
from bench.operations import LIMIT, OURS
from bench.operations.answers import leaves
from bench.operations.answers import plain as values
from kit.embedded import Server


@asynccontextmanager
async def answering(answer: bytes, heard: list[bytes]) -> AsyncIterator[int]:
    """Answer every request with the same body; gives the port."""

    async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            while (line := await reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length"):
                    size = int(line.split()[1])
            assert head.startswith(b"POST /graphql")
            heard.append(await reader.readexactly(size))
            length = f"Content-Length: {len(answer)}".encode()
            writer.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n" + answer)
        writer.close()

    server = await asyncio.start_server(opened, "127.0.0.1")
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def load(port: int, text: str) -> Load:
    return Load([port], [Request("/graphql", "token", text).wire], 2, 0.05, 0.0, first=10)


async def test_every_request_that_is_sent_is_another_one() -> None:
    heard: list[bytes] = []
    async with answering(b'{"data":{}}', heard) as port:
        found = await measured(load(port, f"number {UNIQUE}"))
    assert found.sent >= 4
    assert sorted(set(heard)) == [b"number %06d" % (11 + it) for it in range(found.sent)]


async def test_an_answer_with_an_error_ends_the_load() -> None:
    async with answering(b'{"data":{"a":{"userErrors":[{"code":"TAKEN"}]}}}', []) as port:
        with pytest.raises(LoadError, match="TAKEN"):
            await measured(load(port, "{}"))


async def test_an_engine_that_does_not_listen_ends_the_load() -> None:
    async with answering(b"", []) as port:
        pass
    with pytest.raises(LoadError, match="refused"):
        await measured(load(port, "{}"))


async def test_statements_are_counted_on_the_wire(server: Server) -> None:
    async with wire(plain(server.app_url)) as way:
        connection = await asyncpg.connect(way.url)
        opened = way.statements
        await connection.fetchval("SELECT $1::int", 1)
        async with connection.transaction():
            await connection.execute("SELECT 2")
        counted = way.statements - opened
        await connection.close()
    assert counted == 4


def test_the_forms_of_the_engines_make_no_difference() -> None:
    ours = {
        "nodes": [
            {
                "id": "T3JkZXI6MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx",
                "placedAt": "2026-01-05T08:00:00Z",
                "unitPrice": {"amount": "2.5", "currency": "EUR"},
                "lines": {"nodes": []},
            }
        ]
    }
    limit = [
        {
            "id": "00000000-0000-4000-8000-000000000001",
            "placedAt": "2026-01-05T09:00:00+01:00",
            "amount": 2.500000,
            "currency": "EUR",
            "lines": [],
        }
    ]
    assert values(ours) == values(limit)
    assert leaves(values(ours)) == 4
    assert values(ours) != values([{**limit[0], "amount": 2.6}])


def series(engine: str, *throughput: float) -> Series:
    return Series(1, 8, "list", engine, [Measured(it, 1, 1.0, 1.0, 0.1) for it in throughput])


def test_a_ratio_compares_rounds_that_were_measured_in_turn() -> None:
    assert ratio(series(OURS, 20, 100, 30), series(LIMIT, 40, 100, 50)) == 0.6


def test_the_plot_shows_every_engine_that_was_measured() -> None:
    drawn = svg({"list": {OURS: series(OURS, 1234), LIMIT: series(LIMIT, 2468)}}, "Caption")
    assert "1,234 requests/s" in drawn
    assert drawn.count("requests/s") == 2
    assert "Caption" in drawn


def test_what_one_form_measured_leaves_the_pages_other_sections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Old\n\n## Load\n\nBy hand.\n\n## Memory under load\n\nOld.\n")
    monkeypatch.setattr(report, "DOCS", tmp_path)
    summary = {"after_a_minute": 1, "at_the_end": 2, "minutes": 3, "growth": 2.0}
    found = {"date": "2026-11-28", "machine": {"machine": "2 cores"}, "summary": summary}
    report.write({"soak": found})
    written = page.read_text()
    assert written.startswith("# Benchmarks")
    assert written.count("\n## ") == 2
    assert "## Load\n\nBy hand.\n" in written
    assert "1 MB after one minute" in written
    assert "Old" not in written


def test_the_page_tells_half_and_slowest_of_each_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "DOCS", tmp_path)
    (tmp_path / "benchmarks.md").write_text("# Old\n")
    every = [
        Series(1, connections, "list", engine, [Measured(rate, 1, 2.5, 7.25, 0.0)] * 3)
        for connections, rate in ((8, 100.0), (64, 90.0))
        for engine in (OURS, LIMIT)
    ]
    size, plan = {"merchants": 2, "orders": 3}, {"rounds": 3, "seconds": 1.0}
    found = {"date": "2026-11-28", "machine": {"machine": "2 cores"}, "size": size, "plan": plan}
    report.write({"loads": {**found, **asdict(Results(every))}})
    written = (tmp_path / "benchmarks.md").read_text()
    for wanted in ("100 (100–100)", "1.00", "64 | 90", "| list | 64 | 2.5 / 7.2 | 2.5 / 7.2 |"):
        assert wanted in written
