"""The page at `/`: what this is and where to go; and the documents to which it leads."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

HOUSE = Path(__file__).parents[1]
PAGES = {
    "TUTORIAL": "from a merchant to a webhook in ten minutes",
    "PORTAL": "for those who build a client",
    "VERBS": "what can be done, by whom, and what refuses it",
    "EVENTS": "what is told of it",
    "ERRORS": "codes of errors, and what to do",
    "OPERATIONS": "for those who run it",
    "UPGRADE": "what became stricter, and what to do about it",
    "SECURITY": "who sees what",
}
"""Document -> what it is for, in the order in which the page at `/` names them."""
NAMED = (
    *("docs/events.schema.json", "docs/lint/eslint.config.mjs", "examples/receiver.py"),
    *("deploy/Dockerfile", "deploy/compose.yaml", "deploy/nginx.conf", "deploy/alerts.yml"),
    *("deploy/systemd/abruf-server.service", "deploy/systemd/abruf-worker.service"),
)
"""Files to which documents lead."""
SHIPPED = (*(f"docs/{page}.md" for page in PAGES), *NAMED)
"""What is shown as it is written, each at its place in the house, so that links lead there."""

_STYLE = """
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 10vh auto; max-width: 34rem; padding: 0 1.25rem; }
h1 { font-size: 2rem; margin: 0; }
dt { font-weight: 600; margin-top: 1rem; }
dd { margin: 0; }
a { color: LinkText; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_DOCUMENTS = "\n        ".join(
    f'<dd><a href="/docs/{page}.md">{page}</a>, {meaning}</dd>' for page, meaning in PAGES.items()
)


def _page(title: str, main: str) -> str:
    return f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>{title}</title>
    <style>{_STYLE}</style>
  </head>
  <body>
    <main>
      <h1>{title}</h1>
      {main}
    </main>
  </body>
</html>
"""


_WELCOME = _page(
    "Abruf",
    f"""<p>A fulfilment back end behind one GraphQL API: orders line by line, call-off contracts
        drawn down in parts, deliveries at agreed times, parcels tracked to the doorstep.</p>
      <dl>
        <dt><a href="/graphql">GraphiQL</a></dt>
        <dd>Explore the API: put a token into the headers below the operation, and run the
          examples in the tabs.</dd>
        <dt><a href="/portal">Portal</a>, <a href="/operations">operations</a></dt>
        <dd>What customers look at, and what those who work do; people sign in there.</dd>
        <dt><code>POST /graphql</code></dt>
        <dd>The API itself, also over WebSockets and as server-sent events; each request carries a
          bearer token.</dd>
        <dt><a href="/livez">/livez</a>, <a href="/readyz">/readyz</a></dt>
        <dd>Whether the server lives, and whether it can answer.</dd>
        <dt><a href="/docs">Documents</a></dt>
        {_DOCUMENTS}
      </dl>""",
)
_INDEX = _page("Abruf: documents", f"<dl>\n        {_DOCUMENTS}\n      </dl>")
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_OF_A_DOCUMENT = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def welcome(_request: Request) -> Response:
    """Return the page."""
    return HTMLResponse(_WELCOME, headers=_HEADERS)


def index(_request: Request) -> Response:
    """Return a page that leads to the documents."""
    return HTMLResponse(_INDEX, headers=_HEADERS)


@cache
def _text(path: str) -> str:
    return (HOUSE / path).read_text("utf-8")


def document(path: str, _request: Request) -> Response:
    """Return a file that is shown, as plain text."""
    return PlainTextResponse(_text(path), headers=_OF_A_DOCUMENT)


WELCOME: BaseRoute = Route("/", welcome)
DOCUMENTS: Sequence[BaseRoute] = [
    *(Route(path, index) for path in ("/docs", "/docs/")),
    *(Route(f"/{path}", partial(document, path)) for path in SHIPPED),
]
