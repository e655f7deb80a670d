"""An identity provider on this machine: keys over HTTP, and tokens that it signs."""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.make import Clock
from transport.identity.issuers import Claims, Issuer

Key = RSAKey | ECKey
Exchange = Callable[[Mapping[str, str], str | None], tuple[int, Any]]
AUDIENCE = "abruf"
MINUTES = 60


@cache
def key(name: str, kind: str = "RSA") -> Key:
    """Return a key of this name; the same one each time."""
    parameters = {"kid": name}
    if kind == "EC":
        return ECKey.generate_key("P-256", parameters)
    return RSAKey.generate_key(2048, parameters)


def part(value: Any) -> str:
    """Write a part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Provider:
    """An issuer. published: its keys now. fetched: how often they were fetched.

    open: while it is not set, an answer waits for it; `held` tells that one does. body: the
    answer, if it is not the keys. exchange: (form, Authorization) -> what a code is worth.
    """

    def __init__(self, clock: Clock, *published: Key) -> None:
        self.clock, self.published, self.fetched = clock, list(published), 0
        self.open, self.held = threading.Event(), threading.Event()
        self.body: bytes | None = None
        self.exchange: Exchange = lambda _form, _authorization: (404, {})
        self.open.set()
        self.url = ""

    def configured(self, **fields: Any) -> Issuer:
        """Return the issuer as an operator would write it down."""
        valid = {
            "issuer": self.url,
            "audience": AUDIENCE,
            "jwks_url": f"{self.url}/keys",
            "algorithms": ["RS256", "ES256"],
            "claims": Claims(merchant="merchant"),
        }
        return Issuer.model_validate(valid | fields)

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Return claims of a token that is good for five minutes; None leaves one out."""
        now = int(self.clock().timestamp())
        valid = {"iss": self.url, "aud": AUDIENCE, "sub": "anna", "exp": now + 5 * MINUTES}
        return {name: it for name, it in (valid | claims).items() if it is not None}

    def token(
        self, by: Key, alg: str = "RS256", header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """Sign a token."""
        head = {"alg": alg, "kid": by.kid, **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        return jwt.encode(head, self.claims(**claims), by, algorithms=[alg])

    @contextmanager
    def serving(self) -> Iterator["Provider"]:
        """Publish the keys at a free port of this machine."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetched += 1
                if not provider.open.is_set():
                    provider.held.set()
                provider.open.wait()
                keys = [it.as_dict(private=False) for it in provider.published]
                body = provider.body or json.dumps({"keys": keys}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = dict(parse_qsl(self.rfile.read(length).decode()))
                status, worth = provider.exchange(form, self.headers["Authorization"])
                body = json.dumps(worth).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self
            finally:
                self.open.set()
                server.shutdown()
                thread.join()
