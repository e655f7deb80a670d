"""Abruf is installed from its wheel, beside what it declares to need and nothing else."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kit.telemetry.version import VERSION
from tests.kit.programs import is_empty
from web.build import DIST
from web.welcome import SHIPPED

ROOT = Path(__file__).parents[2]
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
NO_DEPS = ("--no-deps", "--no-index")


def needed(of: Distribution, extras: tuple[str, ...] = ("",)) -> Iterator[Distribution]:
    """Give what a distribution declares to need, as far as it is declared."""
    for text in of.requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": it}) for it in extras):
            found = distribution(requirement.name)
            yield found
            yield from needed(found, ("", *requirement.extras))


def link(distributions: set[str], into: Path) -> None:
    """Let modules of our own environment be found in another: to install them takes a minute."""
    for name in distributions:
        own = distribution(name)
        for top in {it.parts[0] for it in own.files or () if it.parts[0] != ".."}:
            if not (into / top).exists():
                (into / top).symlink_to(Path(str(own.locate_file(top))))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of programs of an environment that has Abruf from its wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    run = [*PIP, "wheel", *NO_DEPS, "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(run, check=True)
    (wheel,) = folder.glob("abruf-*.whl")
    environment = folder / "environment"
    venv.create(environment)
    python = environment / "bin" / "python"
    packages = environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    install = [*PIP, "--python", str(python), "install", *NO_DEPS, "--no-compile", str(wheel)]
    subprocess.run(install, check=True)
    (metadata,) = packages.glob("abruf-*.dist-info")
    link({it.name for it in needed(Distribution.at(metadata))}, packages)
    return python.parent


def abruf(programs: Path, folder: Path, *words: str) -> str:
    """Run the command from any folder; returns what it prints."""
    environment = {key: it for key, it in os.environ.items() if not key.startswith("ABRUF_")}
    environment |= {"ABRUF_DATA_DIR": str(folder)}
    command = [str(programs / "abruf"), *words]
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_from_its_wheel_it_makes_a_database_and_finds_nothing_wrong(
    installed: Path, tmp_path: Path
) -> None:
    assert abruf(installed, tmp_path, "--version") == f"abruf {VERSION}\n"
    steps = abruf(installed, tmp_path, "migrate").splitlines()
    assert steps[0].startswith("0001  ")
    assert steps[-1] == f"The newest revision is {steps[-2][:4]}."
    findings = json.loads(abruf(installed, tmp_path, "doctor", "--json"))
    assert {it["check"]: it["state"] for it in findings} == {
        "environment": "ok",
        "version": "ok",
        "schema": "ok",
        "role": "ok",
        "walls": "ok",
        "indexes": "ok",
        "clock": "ok",
        "settings": "ok",
        "connections": "ok",
        "write": "warning",
    }
    assert is_empty(tmp_path)


def test_its_modules_lie_in_one_folder_with_all_that_they_read(installed: Path) -> None:
    (packages,) = installed.parent.glob("lib/*/site-packages")
    own = {it.name for it in packages.iterdir() if not it.is_symlink()}
    assert {it for it in own if not it.endswith(".dist-info")} == {"abruf"}
    house = packages / "abruf" / "house"
    reads = ("examples/operations/01_newest_orders.graphql", "migrations/script.py.mako")
    for read in (*reads, *SHIPPED):
        assert (house / read).is_file()
    assert not (house / "web" / "node_modules").exists()
    built = {it.relative_to(DIST) for it in DIST.rglob("*.js")}
    assert {it.relative_to(house / "web/dist") for it in house.rglob("dist/**/*.js")} == built
