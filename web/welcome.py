"""The page at `/`: what this is and where to go."""

import base64
import hashlib

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_STYLE = """
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 10vh auto; max-width: 34rem; padding: 0 1.25rem; }
h1 { font-size: 2rem; margin: 0; }
dt { font-weight: 600; margin-top: 1rem; }
dd { margin: 0; }
a { color: LinkText; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Abruf</title>
    <style>{_STYLE}</style>
  </head>
  <body>
    <main>
      <h1>Abruf</h1>
      <p>A fulfilment back end behind one GraphQL API: orders line by line, call-off contracts drawn
        down in parts, deliveries at agreed times, parcels tracked to the doorstep.</p>
      <dl>
        <dt><a href="/graphql">GraphiQL</a></dt>
        <dd>Explore the API: put a token into its field and run the examples in its tabs.</dd>
        <dt><code>POST /graphql</code></dt>
        <dd>The API itself, also over WebSockets and as server-sent events; each request carries a
          bearer token.</dd>
        <dt><a href="/livez">/livez</a>, <a href="/readyz">/readyz</a></dt>
        <dd>Whether the server lives, and whether it can answer.</dd>
        <dt>Documents</dt>
        <dd>In the folder <code>docs</code> of the program: <code>TUTORIAL.md</code> to begin with,
          <code>PORTAL.md</code> for clients, <code>OPERATIONS.md</code> for those who run it.</dd>
      </dl>
    </main>
  </body>
</html>
"""
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def welcome(_request: Request) -> Response:
    """Return the page."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


WELCOME: BaseRoute = Route("/", welcome)
