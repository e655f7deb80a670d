"""What happens to tests where the program that they need is not there: a pytest plugin."""

import os
from typing import Any

import pytest

from tests.walls import programs
from web.chromium import ADVICE, find_browser

LEFT_OUT = pytest.StashKey[set[str]]()


def _lacking() -> dict[str, str]:
    """Return fixture -> advice for the programs that are not there."""
    browser = {} if find_browser() else {"browser": ADVICE}
    return browser | programs.lacking()


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to leave anything out in CI."""
    config.stash[LEFT_OUT] = set()
    if os.environ.get("CI") == "true" and (lacking := _lacking()):
        raise pytest.UsageError("\n".join(lacking.values()))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the tests out whose program is not there."""
    lacking = set(_lacking())
    left_out = [item for item in items if not lacking.isdisjoint(getattr(item, "fixturenames", ()))]
    if not left_out:
        return
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT].update(item.nodeid for item in left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that reports, where this one is a worker of pytest-xdist."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = sorted(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear what a worker left out."""
    node.config.stash[LEFT_OUT].update(getattr(node, "workeroutput", {}).get("left_out", ()))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the tests that were left out."""
    if left_out := sorted(config.stash[LEFT_OUT]):
        terminalreporter.section("left out")
        for line in (*_lacking().values(), *left_out):
            terminalreporter.line(line)
