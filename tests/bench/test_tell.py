"""The form of followers tells of all that it writes, and how soon."""

from pathlib import Path

import pytest

from bench.figures import report
from bench.tell import tell
from kit.embedded import Server


async def test_a_follower_is_told_of_all_events_and_the_page_says_at_what_cost(
    server: Server, worker_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await tell(server, events=600, alone=2, name=f"bench_tell_{worker_id}")
    assert {*found["summary"]} == {"bare", "told", "ratio", "soon"}
    (tmp_path / "benchmarks.md").write_text("# Old\n")
    monkeypatch.setattr(report, "DOCS", tmp_path)
    report.write({"tell": {**found, "date": "2026-11-29", "machine": {"machine": "2 cores"}}})
    written = (tmp_path / "benchmarks.md").read_text()
    assert "told of 600 events of one merchant" in written
