"""Runs tests of gates with a guard taken away, which they must find out: a pytest plugin.

`--guards` runs every test of a gate once for each guard of it, and nothing else: at least one test
must fail for each guard. Else only those that say so (`sure=True`) run so, beside themselves, and
each of them must fail.
"""

from collections import defaultdict
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.gates.switches import SWITCHES, Switch

FOUND_OUT = pytest.StashKey[defaultdict[str, list[str]]]()
_SWITCH = "switched_off"
_FAILING = (AssertionError, LookupError, ValueError)
"""What a test fails by that looks for a refusal which does not come."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--guards", action="store_true", help="take each guard away in turn")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FOUND_OUT] = defaultdict(list)


@pytest.fixture(autouse=True)
def switched_off(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take a guard away, where the test is to find that out."""
    switch: Switch | None = getattr(request, "param", None)
    if switch is None:
        yield
        return
    with switch.off():
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    gates = list(metafunc.definition.iter_markers("gate"))
    every = bool(metafunc.config.getoption("--guards"))
    chosen = [it for it in gates if every or it.kwargs.get("sure")]
    switches = [it for it in SWITCHES if any(it.is_of(g.args[0], g.args[1:]) for g in chosen)]
    if switches:
        choices: list[Switch | None] = [*switches] if every else [None, *switches]
        ids = ["as it is" if it is None else f"without {it.name}" for it in choices]
        metafunc.parametrize(_SWITCH, choices, indirect=True, ids=ids)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes no guard away, where that is wanted."""
    if config.getoption("--guards"):
        left = [it for it in items if _switch_of(it) is None]
        items[:] = [it for it in items if _switch_of(it) is not None]
        config.hook.pytest_deselected(items=left)


def _switch_of(item: pytest.Item) -> Switch | None:
    found: Switch | None = getattr(item, "callspec", None) and item.callspec.params.get(_SWITCH)  # type: ignore[attr-defined]
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test round that ran without a guard: it passes where it failed."""
    report = yield
    switch = _switch_of(item)
    if switch is None or report.when != "call":
        return report
    is_found_out = call.excinfo is not None and call.excinfo.errisinstance(_FAILING)
    if is_found_out:
        item.config.stash[FOUND_OUT][switch.name].append(item.nodeid)
    if is_found_out or (call.excinfo is None and item.config.getoption("--guards")):
        report.outcome, report.longrepr = "passed", None
    elif call.excinfo is None:
        report.outcome = "failed"
        report.longrepr = f"Nothing failed without the guard {switch.name!r}."
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where nobody has missed a guard."""
    if session.config.getoption("--guards") and _unmissed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _unmissed(config: pytest.Config) -> list[Switch]:
    found_out = config.stash[FOUND_OUT]
    return [it for it in SWITCHES if it.rules != ("",) and it.name not in found_out]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell for each guard how many tests have missed it."""
    if not config.getoption("--guards"):
        return
    terminalreporter.section("guards that were taken away, and tests that failed then")
    for switch in SWITCHES:
        count = len(config.stash[FOUND_OUT].get(switch.name, ()))
        rules = ", ".join(switch.rules)
        terminalreporter.line(f"{count or 'NONE':>4}  {rules:<8} {switch.name}")
