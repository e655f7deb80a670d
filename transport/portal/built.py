"""What the server needs of the portal: one page for every address, its files, its operations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from web.build import DIST
from web.page import Assets

NONCE = "{{nonce}}"
"""Stands in the page where the nonce of one answer goes."""
NOT_BUILT = """<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Abruf</title></head>
  <body>
    <h1>The portal is not built yet</h1>
    <p>Run <code>python -m web.build</code> in Abruf's folder, then load this page again.</p>
    <p>The API itself answers at <a href="/graphql">/graphql</a>, and
      <a href="/portal/login">sign-in</a> works.</p>
  </body>
</html>
"""


def policy(nonce: str) -> str:
    """Return what the page may do: nothing of other origins, no script or style but our own."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            # Nothing is made of HTML text, but by the page's one policy, which lets no markup pass.
            "require-trusted-types-for 'script'",
            "trusted-types default",
        )
    )


@dataclass(frozen=True)
class BuiltPortal:
    """One build of the portal. folder: `web/dist/<hash>`."""

    folder: Path

    def page(self, nonce: str) -> str:
        """Return the page with the nonce of one answer."""
        return (self.folder / "portal" / "index.html").read_text("utf-8").replace(NONCE, nonce)

    def documents(self) -> Mapping[str, str]:
        """Return the operations of the pages: `sha256:` and hash -> text."""
        documents: Mapping[str, str] = json.loads(
            (self.folder / "documents.json").read_text("utf-8")
        )
        return documents


class Portal:
    """The newest build below a folder."""

    def __init__(self, dist: Path = DIST) -> None:
        """Take the folder of builds."""
        self._dist = dist

    def build(self) -> BuiltPortal | None:
        """Return the build that is there, None before the first one."""
        page = next(self._dist.glob("[!.]*/portal/index.html"), None)
        return None if page is None else BuiltPortal(page.parents[1])

    async def assets(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file of the build; what it has not is 404."""
        build = self.build()
        if build is None:
            raise HTTPException(404)
        files = Assets(directory=build.folder / "portal" / "assets", check_dir=False)
        await files(scope, receive, send)
