"""`make bench`: builds the data, starts the engines, measures them in turn, writes the page."""

import argparse
import asyncio
import json
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from bench import deliver, forms, hear, schedules, tell
from bench.engines import EngineError, node
from bench.figures import report
from bench.figures.machine import machine
from bench.measuring.check import DifferentError
from bench.measuring.load import LoadError
from bench.operations import LIMIT, OURS
from kit import embedded
from kit.config import from_environment
from kit.embedded.home import EmbeddedPostgresError
from web.build import BuildFailedError

KEPT = "results.json"
"""What each form has measured last, in the folder of the data; the page tells all of it."""


_FOLLOWING: Mapping[str, Callable[[embedded.Server], Coroutine[Any, Any, dict[str, Any]]]] = {
    "tell": tell.tell,
    "hear": hear.hear,
    "deliver": deliver.deliver,
}
"""Form -> what measures what follows from changes."""


def _terminated(*_: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="little data, one load, no page")
    form.add_argument("--growth", action="store_true", help="ten times the orders beside them")
    form.add_argument(
        "--soak", type=float, metavar="MINUTES", help="memory under load, for example 10 minutes"
    )
    form.add_argument(
        "--loads", action="store_true", help="beside the limit only: 1, 8 and 64 connections"
    )
    form.add_argument("--fair", action="store_true", help="one key's reads beside another's storms")
    form.add_argument(
        "--schedule", action="store_true", help="a customer's schedule of 90,000 lines"
    )
    form.add_argument("--tell", action="store_true", help="followers of the journal, and how soon")
    form.add_argument("--deliver", action="store_true", help="webhooks to a receiver of its own")
    form.add_argument("--hear", action="store_true", help="5,000 subscribers of one server")
    form.add_argument("--clean", action="store_true", help="remove the data that are kept")
    parser.add_argument("--scale", type=float, default=1.0, help="1: 100,000 orders")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each engine: 5")
    return parser.parse_args()


def _measured(arguments: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    """Return the form's name and what it measured."""
    ours = ("quick", "loads", "fair", "schedule", "tell", "hear", "deliver")
    if not any(getattr(arguments, it) for it in ours):
        node.install()
    with embedded.running(folder) as server:
        if arguments.fair:
            return "fair", asyncio.run(forms.fair(server))
        if arguments.schedule:
            return "schedule", asyncio.run(schedules.schedule(server))
        for form, measure in _FOLLOWING.items():
            if getattr(arguments, form):
                return form, asyncio.run(measure(server))
        if arguments.growth:
            return "growth", asyncio.run(forms.growth(server, arguments.scale))
        if arguments.soak:
            seconds = 60 * arguments.soak
            return "soak", asyncio.run(forms.soak(server, arguments.scale, seconds))
        name, plan, names = "compare", forms.full(arguments.scale, arguments.rounds), None
        if arguments.quick:
            name, plan = "quick", forms.QUICK
        elif arguments.loads:
            name, plan, names = "loads", forms.LOADS, (OURS, LIMIT)
        return name, asyncio.run(forms.compare(server, plan, names))


def _keep(file: Path, form: str, found: dict[str, Any]) -> None:
    """Keep what was measured beside what other forms did, and write the page of all of it."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    kept[form] = {"date": at, "machine": machine(), **found}
    file.write_text(json.dumps(kept))
    report.write(kept)


def main() -> None:
    """Run to the end or to Ctrl-C; what was started is stopped in either case."""
    signal.signal(signal.SIGTERM, _terminated)
    arguments, folder = _arguments(), from_environment().data_dir / "bench"
    if arguments.clean:
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        form, found = _measured(arguments, folder)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except (
        DifferentError,
        EngineError,
        LoadError,
        BuildFailedError,
        EmbeddedPostgresError,
    ) as error:
        sys.exit(str(error))
    if form != "quick":
        _keep(folder / KEPT, form, found)
    sys.stdout.write(json.dumps(found["summary"]) + "\n")


if __name__ == "__main__":
    main()
