"""The first step on a fresh machine says in one line what it lacks."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.walls.programs import free_port

SCRIPT = Path(__file__).parents[2] / "abruf" / "environment.py"


def made(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Make an environment for a lock of one package that nobody has."""
    lock = folder / "lock.txt"
    lock.write_text(f"no-such-package-of-ours==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    command = [sys.executable, str(SCRIPT), str(folder / "venv"), str(lock)]
    nowhere = {"PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/", "PIP_RETRIES": "0"}
    known = {key: it for key, it in os.environ.items() if not key.startswith("PIP_")}
    return subprocess.run(
        command,
        env={**known, "PIP_CONFIG_FILE": os.devnull, **nowhere, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_makes_no_environments_names_debians_package(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
    done = made(tmp_path, PYTHONPATH=str(tmp_path))
    version = ".".join(map(str, sys.version_info[:2]))
    assert done.stderr == (
        f"This Python makes no environments: install Debian's package python{version}-venv,"
        " then try again.\n"
    )
    assert done.returncode == 1


def test_what_a_failed_attempt_has_left_is_made_anew(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    assert "is there a network" in made(tmp_path).stderr
    assert (tmp_path / "venv" / "bin" / "pip").exists()


def test_without_a_network_one_line_asks_for_it(tmp_path: Path) -> None:
    done = made(tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("Installing 1 packages of ")
    (line,) = done.stderr.splitlines()
    assert "is there a network" in line
    assert "no-such-package-of-ours" in line


@pytest.mark.parametrize("target", ["run", "test"])
def test_a_machine_with_an_old_python_only_is_told_which_it_needs(
    target: str, tmp_path: Path
) -> None:
    make = subprocess.run(["which", "make"], capture_output=True, text=True, check=True)
    command = [make.stdout.strip(), f"VENV={tmp_path / 'venv'}", target]
    environment = {"PATH": str(tmp_path)}
    (tmp_path / "sh").symlink_to("/bin/sh")
    done = subprocess.run(
        command,
        cwd=SCRIPT.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Abruf needs Python 3.11 or newer; no such python3 is on the PATH." in done.stderr
    assert done.returncode == 2
