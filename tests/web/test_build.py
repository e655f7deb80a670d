"""The bundle is built once for each state of its inputs."""

import sys
from pathlib import Path

import pytest

from web.build import BuildFailedError, build, node_on_path, run


def test_an_unchanged_tree_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build()
    made_at = (folder / "main.js").stat().st_mtime_ns
    monkeypatch.setenv("PATH", "")
    assert build() == folder
    assert (folder / "main.js").stat().st_mtime_ns == made_at


def test_the_bundle_brings_every_file_that_the_page_names() -> None:
    names = {path.name for path in build().iterdir()}
    workers = {"editor.worker.js", "graphql.worker.js", "json.worker.js"}
    assert names >= {"main.js", "main.css", "icon.svg", "main.js.gz"} | workers


def test_a_node_that_is_too_old_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, version in (("node", "v18.19.0"), ("npm", "9.2.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node_on_path() is None
    (tmp_path / "node").write_text("#!/bin/sh\necho v20.1.0\n")
    found = node_on_path()
    assert found is not None
    assert found.npm == (str(tmp_path / "npm"),)


def test_a_failing_step_tells_what_it_printed() -> None:
    with pytest.raises(BuildFailedError, match="no such option"):
        run(sys.executable, "-c", "raise SystemExit('no such option')")
