"""The form of subscribers tells each of them of what happens, and at what cost."""

from pathlib import Path

import pytest

from bench.figures import report
from bench.hear import hear
from kit.embedded import Server


async def test_all_subscribers_are_told_of_an_event_and_the_page_says_at_what_cost(
    server: Server, worker_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await hear(server, subscribers=8, events=1, name=f"bench_hear_{worker_id}")
    assert {*found["summary"]} == {"cpu", "seconds"}
    (tmp_path / "benchmarks.md").write_text("# Old\n")
    monkeypatch.setattr(report, "DOCS", tmp_path)
    report.write({"hear": {**found, "date": "2026-11-29", "machine": {"machine": "2 cores"}}})
    assert "8 streams (SSE) of one server" in (tmp_path / "benchmarks.md").read_text()
