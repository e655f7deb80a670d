"""What happens to the browser's tests where there is no browser: a pytest plugin."""

import os
from typing import Any

import pytest

from web.chromium import ADVICE, find_browser

LEFT_OUT = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to leave anything out in CI."""
    config.stash[LEFT_OUT] = set()
    if os.environ.get("CI") == "true" and find_browser() is None:
        raise pytest.UsageError(ADVICE)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the browser's tests out where there is no browser."""
    if find_browser() is not None:
        return
    left_out = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
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
        terminalreporter.section("left out: no browser")
        for line in (ADVICE, *left_out):
            terminalreporter.line(line)
