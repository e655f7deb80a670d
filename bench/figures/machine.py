"""What the figures were measured on and with, without names and places."""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from bench.engines import node
from kit.embedded import binaries
from web.build import run

_PACKAGES = ("strawberry-graphql", "graphql-core", "sqlalchemy", "asyncpg", "uvicorn", "uvloop")
_GIB = 1024**3


def machine() -> dict[str, str]:
    """Return what was there -> which or how much."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    facts = {
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, "
        f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        "PostgreSQL": binaries.run_program([binaries.program("postgres"), "--version"]).split()[-1],
    }
    facts |= {package: version(package) for package in _PACKAGES}
    if node.is_installed():
        facts["Node"] = run(*node.node().node, "--version").strip().removeprefix("v")
        facts["PostGraphile"] = _locked("postgraphile")
    return facts


def _locked(package: str) -> str:
    lock = Path(node.__file__).parent / "postgraphile" / "package-lock.json"
    return str(json.loads(lock.read_text())["packages"][f"node_modules/{package}"]["version"])
