"""The browser that the tests and the README's picture use: `python -m web.chromium` provides it."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    # Chromium's own sandbox refuses to start as root, as in most containers.
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ADVICE = f"No browser found: install Chromium or Chrome (one of {', '.join(NAMES)} on PATH)."


def find_browser() -> Path | None:
    """Return the first browser on PATH that the tests can drive."""
    found = (shutil.which(name) for name in NAMES)
    return next((Path(path) for path in found if path), None)


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Start the machine's browser without a window. FileNotFoundError when there is none."""
    executable = find_browser()
    if executable is None:
        raise FileNotFoundError(ADVICE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


def may_install() -> bool:
    """Tell whether this is Debian (or a relative with apt) and we are root."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install Debian's packages. CalledProcessError when apt-get fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        command = ["apt-get", "--quiet", "--quiet", *arguments]
        subprocess.run(command, env=environment, check=True)  # noqa: S603


if __name__ == "__main__":
    if find_browser() is None and may_install():
        install("chromium")
    sys.stdout.write(f"{find_browser() or ADVICE}\n")
