"""PostgreSQL's own programs on a database of any address."""

import subprocess
import sys
from collections.abc import Sequence

from sqlalchemy import URL

from kit.embedded import binaries
from kit.embedded.home import EmbeddedPostgresError


def run_client(name: str, major: int, words: Sequence[str], url: URL) -> None:
    """Run a program to its end, however long that takes; the password is not among its words.

    major: the server's version. SystemExit: what it says where it fails, or that it is missing.
    """
    try:
        program = binaries.client(name, major)
    except EmbeddedPostgresError as error:
        sys.exit(str(error))
    known = {"PGHOST": url.host, "PGUSER": url.username, "PGPASSWORD": url.password}
    known |= {"PGPORT": str(url.port or 5432), "PGDATABASE": url.database}
    if "ssl" in url.query:
        known["PGSSLMODE"] = str(url.query["ssl"])
    ended = subprocess.run(  # noqa: S603 -- a program of PostgreSQL and our own words.
        [program, "--no-password", *words],
        env={**binaries.environment(), **{name: it for name, it in known.items() if it}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(ended.stderr.strip())
