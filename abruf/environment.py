"""What `make` does first, with nothing installed: an environment with what a lock names.

`python3 abruf/environment.py FOLDER LOCK`. What is missing on the machine is said in one line.
"""

import subprocess
import sys
from pathlib import Path

_NEEDS_VENV = (
    "This Python makes no environments: install Debian's package python{version}-venv, then try"
    " again."
)
_NO_PACKAGES = (
    "The packages of {lock} cannot be fetched: is there a network, or a mirror in pip's settings?"
    " pip says: {reason}"
)


def main(folder: Path, lock: Path) -> None:
    """Make the environment unless it is whole, and install what the lock names."""
    if not _has_pip(folder):
        _make(folder)
    names = [line for line in lock.read_text("utf-8").splitlines() if "==" in line]
    sys.stdout.write(f"Installing {len(names)} packages of {lock} into {folder}, once ...\n")
    sys.stdout.flush()
    install = ("install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
    done = _run(_python(folder), "-m", "pip", *install, str(lock))
    if done.returncode:
        errors = [it for it in done.stderr.splitlines() if it.startswith("ERROR:")]
        reason = errors[0].removeprefix("ERROR: ") if errors else done.stderr.strip()
        sys.exit(_NO_PACKAGES.format(lock=lock, reason=reason))


def _make(folder: Path) -> None:
    """Make it anew: one without pip is what a failed attempt has left."""
    try:
        import ensurepip  # noqa: F401, PLC0415 -- Debian has it in a package of its own.
    except ImportError:
        sys.exit(_NEEDS_VENV.format(version=".".join(map(str, sys.version_info[:2]))))
    done = _run(sys.executable, "-m", "venv", "--clear", str(folder))
    if done.returncode:
        sys.exit(done.stderr or done.stdout)


def _has_pip(folder: Path) -> bool:
    return (
        Path(_python(folder)).exists() and _run(_python(folder), "-c", "import pip").returncode == 0
    )


def _python(folder: Path) -> str:
    return str(folder / "bin" / "python")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
