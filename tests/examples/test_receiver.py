"""The example of a receiver takes what we sign, and nothing else."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import HTTPServer

import httpx
import pytest

from examples.receiver import handler
from kit.clock import now
from kit.standards.webhooks import headers, new_signing_secret, secret_text

SECRET = new_signing_secret()


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler(secret_text(SECRET)))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    serving.join()
    server.server_close()


def test_the_receiver_tells_each_message_once_that_we_have_signed(url, capsys) -> None:
    event = {"type": "order.placed", "timestamp": "2026-03-02T09:00:00Z", "data": {"id": "T3I="}}
    body = json.dumps(event).encode()
    signed = headers("msg_1", body, now(), [new_signing_secret(), SECRET])
    with httpx.Client(trust_env=False) as client:

        def status(content: bytes, **sent: str) -> int:
            own = {name.replace("_", "-"): it for name, it in sent.items()}
            return client.post(url, content=content, headers={**signed, **own}).status_code

        assert [status(body), status(body)] == [204, 204]
        assert status(body + b" ") == 401
        assert status(body, webhook_id="msg_2") == 401
        assert status(body, webhook_signature="v1,AAAA") == 401
        late = headers("msg_1", body, now() - timedelta(minutes=6), [SECRET])
        assert client.post(url, content=body, headers=late).status_code == 401
    assert capsys.readouterr().out == '2026-03-02T09:00:00Z  order.placed  {"id": "T3I="}\n'
