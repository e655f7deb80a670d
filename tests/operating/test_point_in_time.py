"""The embedded server archives what it writes, and goes back to an instant (docs/OPERATIONS.md)."""

from pathlib import Path
from urllib.parse import urlsplit

from kit import embedded
from kit.embedded import binaries
from tests.kit.programs import ask, ask_each, home_of, is_empty

ROWS = "SELECT array_agg(n ORDER BY n) FROM kept"


def administered(folder: Path, server: embedded.Server, *statements: str) -> None:
    """Run statements as the superuser, whose password is the first one in the folder."""
    password = home_of(folder).passwords.read_text().split()[0]
    address = f"postgresql://postgres:{password}@127.0.0.1:{urlsplit(server.owner_url).port}"
    ask_each(f"{address}/abruf", statements)


def copied(folder: Path, server: embedded.Server, into: Path) -> None:
    """Take a base backup while the server goes on."""
    password = home_of(folder).passwords.read_text().split()[0]
    port = urlsplit(server.owner_url).port
    run = [binaries.program("pg_basebackup"), "--host=127.0.0.1", f"--port={port}"]
    run += ["--username=postgres", "--checkpoint=fast", f"--pgdata={into}"]
    binaries.run_program(run, password=password)


def test_what_was_dropped_is_there_again_as_it_was_an_instant_before(tmp_path: Path) -> None:
    archive, folder, back = (tmp_path / it for it in ("archive", "data", "back"))
    archive.mkdir()
    with embedded.running(folder, durable=False) as server:
        archiving = f"ALTER SYSTEM SET archive_command = 'cp %p {archive}/%f'"
        administered(folder, server, "ALTER SYSTEM SET archive_mode = on", archiving)
    recovered = home_of(back)
    recovered.path.mkdir(parents=True, mode=0o700)
    with embedded.running(folder, durable=False) as server:
        ask_each(server.owner_url, ["CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)"])
        copied(folder, server, recovered.cluster)
        ask(server.owner_url, "INSERT INTO kept VALUES (2)")
        ((instant,),) = ask(server.owner_url, "SELECT clock_timestamp()::text")
        ask(server.owner_url, "DROP TABLE kept")
        administered(folder, server, "SELECT pg_switch_wal()")
    recovered.passwords.write_text(home_of(folder).passwords.read_text())
    settings = recovered.cluster / "postgresql.auto.conf"
    settings.write_text(
        f"restore_command = 'cp {archive}/%f %p'\n"
        f"recovery_target_time = '{instant}'\n"
        "recovery_target_action = 'promote'\n"
        "hot_standby = off\n"
    )
    (recovered.cluster / "recovery.signal").touch()
    with embedded.running(back, durable=False) as server:
        assert ask(server.owner_url, ROWS) == [([1, 2],)]
        assert ask(server.owner_url, "SELECT pg_is_in_recovery()") == [(False,)]
    assert is_empty(folder)
    assert is_empty(back)
