"""PostGraphile's Node and packages: of the machine where it is new enough, else from a wheel."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.progress import say
from web.build import Node, node_from_wheel, node_on_path, run

OLDEST = 22
"""What PostGraphile 5 needs."""
_HERE = Path(__file__).parent / "postgraphile"
_MARK = _HERE / "node_modules" / ".installed"


def node() -> Node:
    """Return a Node that is new enough. BuildFailedError where none can be had."""
    return node_on_path(OLDEST) or node_from_wheel()


def server() -> Sequence[str]:
    """Return the command that starts PostGraphile."""
    return (*node().node, str(_HERE / "server.mjs"))


def is_installed() -> bool:
    """Tell whether the packages of the lock are there."""
    lock = _HERE / "package-lock.json"
    return _MARK.exists() and _MARK.read_bytes() == lock.read_bytes()


def install() -> None:
    """Install PostGraphile by npm unless it is there. BuildFailedError when npm fails."""
    if is_installed():
        return
    say("Installing PostGraphile; this takes about 30 seconds.")
    run(*node().npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=_HERE)
    shutil.copyfile(_HERE / "package-lock.json", _MARK)
