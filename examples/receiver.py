"""A receiver of webhooks: `python3 examples/receiver.py whsec_... [port]`.

It takes what is signed with the secret that `webhookCreate` has shown, each message once, and
prints it. The library `standardwebhooks` verifies for you, any web framework serves.

Abruf sends nothing into its own network unless it is started so, for example for port 9000:
`ABRUF_WEBHOOK_HTTP=1 ABRUF_WEBHOOK_PORTS=9000 ABRUF_WEBHOOK_ALLOWED=127.0.0.1/32 make run`.
"""

import base64
import hmac
import json
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

TOLERANCE_S = 5 * 60
"""Seconds by which the clocks of both may differ."""
LONGEST = 1024 * 1024
"""Bytes of a message that are read."""


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    """Return the message's name, None for what was not signed with the secret, or long ago."""
    name, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(now - int(sent)) > TOLERANCE_S:
        return None
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{name}.{sent}.".encode() + body, "sha256")
    expected = f"v1,{base64.b64encode(signed).decode()}"
    signatures = headers.get("webhook-signature", "").split(" ")
    return name if any(hmac.compare_digest(it, expected) for it in signatures) else None


def handler(secret: str) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests: 204 for what is taken, 401 for what nobody has signed."""
    seen: set[str] = set()

    class Receiver(BaseHTTPRequestHandler):
        """Takes messages; those that come again under the same name are told once."""

        def do_POST(self) -> None:
            """Verify, answer at once, and only then do something with it."""
            length = min(int(self.headers.get("content-length", 0)), LONGEST)
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            name = verified(secret, headers, body, time.time())
            self.send_response(401 if name is None else 204)
            self.end_headers()
            if name is not None and name not in seen:
                seen.add(name)
                _print(json.loads(body))

        def log_message(self, *_: Any) -> None:
            """Say nothing beside what comes."""

    return Receiver


def _print(event: Mapping[str, Any]) -> None:
    sys.stdout.write(f"{event['timestamp']}  {event['type']}  {json.dumps(event['data'])}\n")
    sys.stdout.flush()


def main() -> None:
    """Receive until Ctrl-C."""
    secret, *more = sys.argv[1:]
    port = int(more[0]) if more else 9000
    HTTPServer(("127.0.0.1", port), handler(secret)).serve_forever()


if __name__ == "__main__":
    main()
