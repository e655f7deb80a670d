"""`make bench` and `make bench-quick`: builds the data, starts the engines, measures, reports."""

import argparse
import asyncio
import shutil
import signal
import sys
from dataclasses import asdict
from typing import Any, NoReturn

from bench import data
from bench.check import DifferentError, checked
from bench.data import Size, plain
from bench.engines import EngineError, node
from bench.load import LoadError
from bench.measure import Bench, Plan
from bench.operations import ENGINES, OPERATIONS, POSTGRAPHILE
from bench.progress import say
from bench.requests import asked
from bench.summary import summary
from kit import embedded
from kit.config import from_environment

QUICK = Plan(Size(5, 1000), (1,), (8,), rounds=3, seconds=0.7, warm=0.2)


def full(scale: float) -> Plan:
    """Return what `make bench` measures: about half an hour."""
    return Plan(Size.of(scale), (1, 2), (1, 8, 64), rounds=5, seconds=2.0, warm=0.5)


def _terminated(*_: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data, one load; no page")
    parser.add_argument("--scale", type=float, default=1, help="of the data; 10: 1,000,000 orders")
    parser.add_argument("--clean", action="store_true", help="remove the data that are kept")
    return parser.parse_args()


async def _run(server: embedded.Server, plan: Plan) -> dict[str, Any]:
    names = [it for it in ENGINES if it != POSTGRAPHILE or node.is_installed()]
    await data.kept(server, plan.size, plan.size.name)
    async with data.copied(server, plan.size.name) as copy:
        whom, url = await asked(copy), plain(copy.app_url)
        say("Comparing the answers and counting statements.")
        known = await checked(url, whom, list(OPERATIONS.values()), names)
        results = await Bench(plan, whom, names, url).run()
    line = summary(results, known)
    return {
        "line": line,
        "checked": {name: asdict(it) for name, it in known.items()},
        **results.plain(),
    }


def main() -> None:
    """Run until the end or Ctrl-C; what was started is stopped in either case."""
    signal.signal(signal.SIGTERM, _terminated)
    arguments = _arguments()
    folder = from_environment().data_dir / "bench"
    if arguments.clean:
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        if not arguments.quick:
            node.install()
        with embedded.running(folder) as server:
            told = asyncio.run(_run(server, QUICK if arguments.quick else full(arguments.scale)))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except (DifferentError, EngineError, LoadError, node.BuildFailedError) as error:
        sys.exit(str(error))
    sys.stdout.write(told["line"] + "\n")


if __name__ == "__main__":
    main()
