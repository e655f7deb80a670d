"""An operator's day with a database of Debian's PostgreSQL 15, as `docs/OPERATIONS.md` tells it.

Abruf is installed from its wheel into an empty environment. A server of a former revision answers
clients that go on all the time; the newer one looks, backs up, migrates, starts beside it, and
takes over. Then the database is backed up, dropped, restored and compared, past its walls and
through them.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import ClassVar

from tests.kit.programs import ask, ask_each
from tests.operating.day.load import Load
from tests.walls.programs import free_port, postgresql_15, serving

ROOT = Path(__file__).parents[3]
BEFORE = "a730c289^"
"""The revision before there was an `abruf` command."""
ENOUGH = 60
"""Answers that clients have to get before the day goes on."""
_SERVED = {"ABRUF_DRAIN_SECONDS": "2", "ABRUF_AT_ONCE": "64"}
ROLES = (
    "CREATE ROLE day_owner LOGIN",
    "CREATE ROLE day_app LOGIN",
    "CREATE ROLE day_backup LOGIN BYPASSRLS",
    "GRANT pg_read_all_data TO day_backup",
)
MADE = "CREATE DATABASE day OWNER day_owner"
_TABLES = """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
    AND relnamespace = 'public'::regnamespace AND relname <> 'cost_buckets' AND {readable}
    ORDER BY relname"""
_HELD = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {table} AS t"


class Installed:
    """The command `abruf` of an environment of its own, on one database."""

    inherited: ClassVar = {k: it for k, it in os.environ.items() if not k.startswith("ABRUF_")}

    def __init__(self, folder: Path, server: str) -> None:
        """Take where its data are, and where PostgreSQL is."""
        self.folder = folder
        self.program = folder / "environment" / "bin" / "abruf"
        url = f"postgresql://{{}}@{server}/day"
        self.environment = {
            "ABRUF_DATA_DIR": str(folder / "data"),
            "ABRUF_DATABASE_URL": url.format("day_app"),
            "ABRUF_OWNER_URL": url.format("day_owner"),
        }
        self.backup = {"ABRUF_BACKUP_URL": url.format("day_backup")}

    def install(self) -> None:
        """Pack the wheel; install what it needs by its locks, then itself."""
        pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
        wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"]
        subprocess.run([*wheel, str(self.folder), str(ROOT)], check=True)
        (packed,) = self.folder.glob("abruf-*.whl")
        venv.create(self.folder / "environment")
        into = [*pip, "--python", str(self.program.parent / "python"), "install"]
        locks = ["--require-hashes", "-r", str(ROOT / "requirements" / "runtime.txt")]
        subprocess.run([*into, *locks], check=True)
        subprocess.run([*into, "--no-deps", str(packed)], check=True)

    def __call__(self, *words: str, **more: str) -> str:
        """Run one of its verbs; returns what it prints. CalledProcessError where it fails."""
        done = subprocess.run(
            [str(self.program), *words],
            cwd=self.folder,
            env={**self.inherited, **self.environment, **more},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"abruf {' '.join(words)}: {done.returncode}\n{done.stdout}"
        return done.stdout


def main() -> None:
    """Play the day; whatever is not as it should be ends it."""
    words = argparse.ArgumentParser(prog="python -m tests.operating.day", description=__doc__)
    words.add_argument("--before", default=BEFORE, help="the revision that is upgraded from")
    before = words.parse_args().before
    with tempfile.TemporaryDirectory(prefix="abruf-day-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgresql_15(folder) as server:
            _run(folder, server, before)


def _run(folder: Path, server: str, before: str) -> None:
    abruf = Installed(folder, server)
    abruf.install()
    _tell(f"installed: {abruf('--version').strip()}")
    admin = f"postgresql://postgres@{server}/postgres"
    ask_each(admin, [*ROLES, MADE])
    _upgrade(abruf, folder, before)
    _lose_and_restore(abruf, admin, folder / "day.dump")


def _upgrade(abruf: Installed, folder: Path, before: str) -> None:
    """Go from the old server to a new one while clients go on."""
    former = (sys.executable, str(_unpacked(before, folder / "old") / "start.py"))
    newer = (str(abruf.program), "serve")
    with ExitStack() as olds, ExitStack() as news:
        old = olds.enter_context(_served(abruf, former, folder / "old.log", ABRUF_DEMO="1"))
        tokens = json.loads((folder / "data" / "demo-tokens.json").read_text())
        load = Load(tokens["staff"], old)
        news.enter_context(load.running())
        load.wait_for(ENOUGH, old)
        _migrate(abruf, folder / "before.dump")
        load.wait_for(ENOUGH, old)
        new = news.enter_context(_served(abruf, newer, folder / "new.log", ABRUF_MIGRATE="0"))
        load.origins.append(new)
        load.wait_for(ENOUGH, new)
        load.wait_for(ENOUGH, old)
        olds.close()
        load.wait_for(ENOUGH, new)
        load.end()
    _tell(f"answered: {dict(load.answers)}; tried again: {dict(load.retried)}")
    assert not load.failed, load.failed[:10]
    for log in (folder / "old.log", folder / "new.log"):
        assert "Traceback" not in log.read_text(), log.read_text()
    _are_kept(abruf, load.placed)
    findings = json.loads(abruf("doctor", "--json"))
    assert {it["state"] for it in findings} == {"ok"}, findings


def _migrate(abruf: Installed, file: Path) -> None:
    plan = abruf("migrate", "--plan").splitlines()
    abruf("backup", str(file), **abruf.backup)
    assert abruf("migrate").splitlines() == plan
    _tell(f"migrated under load: {len(plan) - 1} steps")


def _are_kept(abruf: Installed, placed: Mapping[str, str]) -> None:
    """Look whether each order that was answered is there once, under the number that was said."""
    rows = ask(
        abruf.backup["ABRUF_BACKUP_URL"],
        "SELECT purchase_order_number, number FROM orders WHERE purchase_order_number ~ '^DAY-'",
    )
    kept = {str(name): str(number) for name, number in rows}
    assert len(kept) == len(rows), "an order was placed twice"
    lost = {name: number for name, number in placed.items() if kept.get(name) != number}
    assert not lost, lost
    _tell(f"{len(placed)} orders were answered, each is there once")


def _lose_and_restore(abruf: Installed, admin: str, file: Path) -> None:
    """Drop the database and read it back; what is compared is counted here, too."""
    abruf("backup", str(file), **abruf.backup)
    ((merchant,),) = ask(abruf.backup["ABRUF_BACKUP_URL"], "SELECT id::text FROM merchants")
    held = _held(abruf, str(merchant))
    ask_each(admin, ["DROP DATABASE day", MADE])
    output = abruf("restore", str(file))
    assert output.endswith("all is as it was counted.\n"), output
    again = _held(abruf, str(merchant))
    assert again == held, set(held.items() ^ again.items())
    rows = sum(int(count) for count, _ in held.values())
    _tell(f"restored: {len(held)} tables past and through the walls, {rows} rows, all alike")
    assert '"state": "FAILED"' not in abruf("doctor", "--json")


def _held(abruf: Installed, merchant: str) -> dict[str, tuple[str, str]]:
    """Return table and who reads it -> number of rows, checksum."""
    found: dict[str, tuple[str, str]] = {}
    ways = {
        "past the walls": (abruf.backup["ABRUF_BACKUP_URL"], "true"),
        "through them": (
            abruf.environment["ABRUF_DATABASE_URL"],
            "has_table_privilege(oid, 'SELECT')",
        ),
    }
    for way, (url, readable) in ways.items():
        tables = [str(name) for (name,) in ask(url, _TABLES.format(readable=readable))]
        statements = [
            f"SELECT set_merchant('{merchant}')",
            *(_HELD.format(table=it) for it in tables),
        ]
        if way == "past the walls":
            statements[0] = "SELECT 1"
        _, *counts = ask_each(url, statements)
        for table, ((count, checksum),) in zip(tables, counts, strict=True):
            found[f"{table} {way}"] = (str(count), str(checksum))
    return found


def _unpacked(revision: str, into: Path) -> Path:
    """Write the tree of a revision into a folder."""
    run = ["git", "-C", str(ROOT), "archive", revision]
    packed = subprocess.run(run, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as tree:
        tree.extractall(into, filter="data")
    return into


@contextmanager
def _served(abruf: Installed, command: Sequence[str], log: Path, **more: str) -> Iterator[str]:
    """Run a server on the database; gives its address. It ends by SIGTERM, and drains first."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    probe = f"import urllib.request as it; it.urlopen('{origin}/readyz')"
    env = {**abruf.inherited, **abruf.environment, **_SERVED, "ABRUF_PORT": str(port), **more}
    with serving(command, port, log, (sys.executable, "-c", probe), env):
        yield origin


def _tell(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
