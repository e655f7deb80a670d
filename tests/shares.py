"""Where the time of a run goes, file by file, with `--shares`: a pytest plugin.

A file's time is that of its tests with their set-up and tear-down; what a session shares counts
for the file that asks first. Nothing fails: it is for whoever reads the run.
"""

from collections import Counter

import pytest

SHOWN = 15
SHARE = 0.05
"""Of all the time, what a file may take in a run of many files."""
FAIR = 3
"""How many times the mean a file may take in a run of few files."""
_SECONDS = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shares", action="store_true", help="tell which files take the time")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SECONDS] = Counter()
    config.pluginmanager.register(_Clerk(config.stash[_SECONDS]), "shares of time")


class _Clerk:
    """Adds up what is reported; with pytest-xdist every worker's reports come here."""

    def __init__(self, seconds: Counter[str]) -> None:
        self.seconds = seconds

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid.partition("::")[0]] += report.duration


def lines(seconds: Counter[str]) -> list[str]:
    """Return the slowest files with their seconds and share, then those over their share."""
    whole = seconds.total() or 1
    allowed = min(max(SHARE, FAIR / max(len(seconds), 1)), 1)
    slowest = seconds.most_common(SHOWN)
    return [
        *(f"{spent:7.1f} s {spent / whole:6.1%}  {file}" for file, spent in slowest),
        *(
            f"warning: {file} took {spent / whole:.0%} of all, its share is {allowed:.0%}"
            for file, spent in slowest
            if spent / whole > allowed
        ),
    ]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell before the line with which pytest ends."""
    if config.getoption("--shares"):
        seconds = config.stash[_SECONDS]
        terminalreporter.section(f"{seconds.total():.0f} seconds of {len(seconds)} files")
        for line in lines(seconds):
            terminalreporter.line(line)
