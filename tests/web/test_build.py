"""The bundle is built once for each state of its inputs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands.access.documents import hash_of
from web import build as building
from web.build import BuildFailedError, build, node_from_wheel, node_on_path, run


def test_an_unchanged_tree_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build()
    made_at = (folder / "main.js").stat().st_mtime_ns
    monkeypatch.setenv("PATH", "")
    assert build() == folder
    assert (folder / "main.js").stat().st_mtime_ns == made_at


def test_the_portals_code_is_of_one_type_with_the_schema() -> None:
    build()
    node = (node_on_path() or node_from_wheel()).node
    run(*node, "src/building/documents.mjs")
    assert run(*node, "node_modules/typescript/lib/tsc.js", "-p", "src/portal") == ""


def test_no_operation_is_in_what_browsers_get() -> None:
    folder = build()
    documents = json.loads((folder / "documents.json").read_text("utf-8"))
    assert set(documents) == {hash_of(it) for it in documents.values()}
    scripts = "".join(it.read_text("utf-8") for it in folder.glob("portal/assets/*.js"))
    assert all(it in scripts for it in documents)
    assert not any(f"query {name}" in scripts for name in ("Orders", "Contract", "Today"))


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


def test_a_failed_build_leaves_what_was_built_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "before" / "portal").mkdir(parents=True)
    monkeypatch.setattr(building, "DIST", tmp_path)
    steps = list[str]()

    def failing(*command: str, **_: object) -> str:
        steps.append(command[1])
        if command[1] == "build.mjs":
            Path(command[2]).mkdir()
            message = "The schema has no such field."
            raise BuildFailedError(message)
        return "v22.0.0"

    monkeypatch.setattr(building, "run", failing)
    with pytest.raises(BuildFailedError):
        build()
    assert steps[-1] == "build.mjs"
    assert [it.name for it in tmp_path.iterdir()] == ["before"]


@pytest.mark.parametrize(("status", "starts"), [(0, True), (1, True), (130, False)])
def test_the_server_starts_though_its_pages_cannot_be_built(
    tmp_path: Path, status: int, *, starts: bool
) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@"\n[ "$1" = start.py ] || exit {status}\n')
    python.chmod(0o755)
    stamp = tmp_path / "runtime.stamp"
    stamp.touch()
    make = ["make", "run", f"VENV={tmp_path}", f"PYTHON={python}", "-o", str(stamp)]
    done = subprocess.run(
        make, cwd=building.WEB.parent, capture_output=True, text=True, check=False
    )
    printed = done.stdout.splitlines()
    assert ("-m web.build" in printed, "start.py" in printed) == (True, starts)
