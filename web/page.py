"""What the server needs of GraphiQL: the page at GET /graphql and the files under /graphiql/."""

import os
from pathlib import Path
from typing import TypedDict

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.build import DIST

# Everything comes from our own origin and no script is inline; each exception has its reason.
POLICY = (
    "default-src 'self'",
    # Monaco makes style elements and style attributes for colours and positions at run time.
    "style-src 'self' 'unsafe-inline'",
    # GraphiQL's style sheet carries its fonts and a few icons as data addresses.
    "font-src 'self' data:",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
HEADERS = {
    "Content-Security-Policy": "; ".join(POLICY),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # The page names the current bundle, and the same address answers API clients with JSON.
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Abruf</title>
    <link rel="icon" href="/graphiql/{bundle}/icon.svg">
    <link rel="stylesheet" href="/graphiql/{bundle}/main.css">
    <script type="module" src="/graphiql/{bundle}/main.js"></script>
  </head>
  <body>
    <div id="abruf"><noscript>GraphiQL needs JavaScript.</noscript></div>
  </body>
</html>
"""
NOT_BUILT = """<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Abruf</title></head>
  <body>
    <h1>GraphiQL is not built yet</h1>
    <p>Run <code>python -m web.build</code> in Abruf's folder, then load this page again.</p>
    <p>The API itself answers: send it <code>POST</code> requests at this address.</p>
  </body>
</html>
"""


class Operation(TypedDict):
    """One example: the file's name without its ending, the document, variables as JSON text."""

    name: str
    query: str
    variables: str | None


class Assets(StaticFiles):
    """The files of the bundle, gzipped if the client takes that, kept by browsers for a year."""

    async def check_config(self) -> None:
        """Let a missing folder pass: before the first build every file of it is a 404."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answer with the file or, where the client accepts it, with its .gz neighbour."""
        gzipped = Path(f"{os.fspath(full_path)}.gz")
        if "gzip" in Headers(scope=scope).get("accept-encoding", "") and gzipped.is_file():
            response = super().file_response(gzipped, gzipped.stat(), scope, status_code)
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Every build has its own folder name, so an address never changes its content.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class GraphiQL:
    """GraphiQL over the example operations of one folder."""

    def __init__(self, operations: Path, dist: Path = DIST) -> None:
        """Serve the bundle below `dist` with tabs for the `.graphql` files in `operations`."""
        self.operations = operations
        self.dist = dist
        self.routes: list[BaseRoute] = [
            Route("/graphiql/operations.json", self.operations_json),
            Mount("/graphiql", Assets(directory=dist, check_dir=False)),
        ]

    def page(self, _request: Request) -> Response:
        """Return the page, or 503 with the command to run when there is no bundle."""
        main = next(self.dist.glob("[!.]*/main.js"), None)
        if main is None:
            return HTMLResponse(NOT_BUILT, status_code=503, headers=HEADERS)
        return HTMLResponse(PAGE.format(bundle=main.parent.name), headers=HEADERS)

    def operations_json(self, _request: Request) -> Response:
        """Return the example operations in the order of their file names."""
        examples = [example(path) for path in sorted(self.operations.glob("*.graphql"))]
        return JSONResponse(examples, headers={"Cache-Control": "no-cache"})


def example(path: Path) -> Operation:
    """Read one `.graphql` file and what `variables/` holds under its name, if anything."""
    variables = path.parent / "variables" / f"{path.stem}.json"
    return Operation(
        name=path.stem,
        query=path.read_text("utf-8"),
        variables=variables.read_text("utf-8") if variables.exists() else None,
    )


def is_for_a_browser(request: Request) -> bool:
    """Tell whether a request to /graphql is a person's who wants to see the page."""
    return request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")
