"""Play a Northwind export through the API: `python -m examples.northwind FOLDER --token ...`.

Exit code 0 when the API afterwards answers as the files say; 1 when it does not, when a file is
bad, or when the API refuses something. What was done stays; run it again to go on.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import httpx

from examples.northwind.client import Client, Failed
from examples.northwind.files import BadFile, Export, read
from examples.northwind.progress import Progress
from examples.northwind.questions import answered, expected, table
from examples.northwind.run import Run

TIMEOUT_S = 60


def main() -> None:
    """Read the files, play them, compare."""
    arguments = _arguments()
    try:
        export = read(arguments.folder)
        sys.exit(asyncio.run(_run(export, arguments.url, arguments.token)))
    except (BadFile, Failed) as problem:
        sys.exit(str(problem))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m examples.northwind", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the six CSV files are")
    parser.add_argument("--url", default="http://127.0.0.1:8000/graphql", help="the endpoint")
    token = os.environ.get("ABRUF_TOKEN")
    parser.add_argument(
        "--token", default=token, required=token is None, help="of staff; else ABRUF_TOKEN"
    )
    return parser.parse_args()


async def _run(export: Export, url: str, token: str) -> int:
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as http:
        client = Client(http, url, token)
        channel_id = await Run(client, export, Progress(sys.stderr)).all()
        answers, files = await answered(client, channel_id), expected(export)
    print(table(answers, files))  # noqa: T201 -- The answers are what this program is for.
    return int(answers != files)


if __name__ == "__main__":
    main()
