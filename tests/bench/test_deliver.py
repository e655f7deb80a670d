"""The form of webhooks sends all that it writes, and tells at what cost."""

from pathlib import Path

import pytest

from bench.deliver import deliver
from bench.figures import report
from kit.embedded import Server


async def test_all_events_are_sent_and_the_page_says_at_what_cost(
    server: Server, worker_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await deliver(server, events=12, name=f"bench_deliver_{worker_id}")
    assert {*found["summary"]} == {"bare", "sent", "ratio"}
    (tmp_path / "benchmarks.md").write_text("# Old\n")
    monkeypatch.setattr(report, "DOCS", tmp_path)
    report.write({"deliver": {**found, "date": "2026-11-29", "machine": {"machine": "2 cores"}}})
    assert "sends 12 events of one merchant" in (tmp_path / "benchmarks.md").read_text()
