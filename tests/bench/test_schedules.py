"""The form of schedules takes its whole file in, by statements per article, and reads it back."""

from pathlib import Path

import pytest

from bench.figures import report
from bench.operations.schedules import Shape
from bench.schedules import schedule
from kit.embedded import Server


async def test_a_schedule_costs_statements_by_its_articles_and_a_page_of_demand_one(
    server: Server, worker_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = Shape(articles=2, places=2, buckets=60)
    name = f"bench_schedule_{worker_id}"
    found = await schedule(server, shape, seconds=0.2, name=name)
    file, demand = found["summary"]["file"], found["summary"]["demand"]
    assert file["messages"] == 1
    assert file["statements"] < shape.lines / 2
    assert {it["statements"] for it in demand.values()} == {1}
    (tmp_path / "benchmarks.md").write_text("# Old\n")
    monkeypatch.setattr(report, "DOCS", tmp_path)
    report.write({"schedule": {**found, "date": "2026-11-28", "machine": {"machine": "2 cores"}}})
    written = (tmp_path / "benchmarks.md").read_text()
    assert "240 lines, one DELFOR message" in written
    assert written.count("\n| ") == 1 + 1 + len(demand)
