"""The nginx of deploy/nginx.conf before the server."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.make.sweeps.endings import cancel
from tests.make.trade import orders
from tests.transport.client import STATUS, Served
from tests.walls.programs import find, free_port, serving

SAMPLE = (Path(__file__).parents[3] / "deploy" / "nginx.conf").read_text()
MAIN = """
daemon off;
user {owner} {group};
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/a;
    uwsgi_temp_path {folder}/b;
    scgi_temp_path {folder}/c;
    {sample}
}}
"""


@pytest.fixture
def nginx_light(served: Served, tmp_path: Path) -> Iterator[str]:
    """Give the origin of nginx; its sample has another port and no certificate here."""
    port, behind = free_port(), str(served.client.base_url.port)
    own = re.sub(r"(?m)^ *ssl_.*$", "", SAMPLE).replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    own = own.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    file = tmp_path / "nginx.conf"
    file.write_text(
        MAIN.format(folder=tmp_path, sample=own, owner=tmp_path.owner(), group=tmp_path.group())
    )
    program, origin = str(find("nginx")), f"http://127.0.0.1:{port}"
    subprocess.run([program, "-t", "-c", str(file)], check=True, capture_output=True)
    probe = ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"]
    with serving([program, "-c", str(file)], port, tmp_path / "log", probe):
        yield origin


async def test_bodies_sockets_and_streams_pass_and_headers_say_who_asks(
    served: Served, nginx_light: str, world, ask
) -> None:
    order = await orders.order(world, ask)
    async with httpx.AsyncClient(base_url=nginx_light, timeout=60, verify=False) as client:
        behind = replace(served, client=client, url=f"{nginx_light.replace('http', 'ws')}/graphql")
        own = {"Authorization": f"Bearer {world.token}", "X-Request-Id": "through-nginx"}
        document = "{ viewer { actor } }" + "#" * 15_000
        answer = await client.post("/graphql", json={"query": document}, headers=own)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == {"viewer": {"actor": "STAFF"}}
        assert answer.headers["x-request-id"] == "through-nginx"
        large = await client.post("/graphql", json={"query": "x" * 1_500_000}, headers=own)
        assert large.status_code == 413
        assert large.json()["errors"]
        async with (
            behind.socket(world.token) as socket,
            behind.stream(world.token, STATUS, id=order["id"], after=0) as (response, events),
        ):
            assert response.headers["content-type"].startswith("text/event-stream")
            await socket.subscribe("1", STATUS, id=order["id"], after=0)
            # The first events come while both are open: nothing waits for more of them.
            first = (await anext(events))[1]["data"]["orderStatusChanged"]["type"]
            assert first == (await socket.next())["payload"]["data"]["orderStatusChanged"]["type"]
            await cancel(ask, order)
            found = [event async for event, _ in events]
        assert found == ["next", "next", "complete"]
