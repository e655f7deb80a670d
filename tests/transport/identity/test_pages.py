"""The built page, whose operations are known before it is given away."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from commands.access.documents import hash_of
from models.access.viewers import Actor
from server import application
from tests import make
from tests.make.access import sessions
from transport.serving import Serving

WHO = "query Who { viewer { actor } }"
PAGE = '<script nonce="{{nonce}}"></script><style nonce="{{nonce}}"></style>'


def _build(dist: Path, text: str, stamp: str = "0123456789abcdef") -> None:
    assets = dist / stamp / "portal" / "assets"
    assets.mkdir(parents=True)
    (assets / "main-1.js").write_text("1")
    (assets.parent / "index.html").write_text(PAGE)
    (dist / stamp / "documents.json").write_text(json.dumps({hash_of(text): text}))


@pytest.fixture
async def portal(world: make.World, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    serving = Serving(world.database, clock=world.clock)
    transport = httpx.ASGITransport(application(serving, dist=tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield client


@pytest.mark.parametrize("path", ["/portal", "/portal/orders/1", "/operations", "/operations/x"])
async def test_every_address_is_the_page_with_a_nonce_of_its_own(portal, tmp_path, path) -> None:
    _build(tmp_path, WHO)
    nonces = set()
    for _ in range(2):
        answer = await portal.get(path)
        policy = answer.headers["content-security-policy"]
        (nonce,) = {*re.findall(r"'nonce-([\w-]{22})'", policy)}
        assert answer.text == PAGE.replace("{{nonce}}", nonce)
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_operations_of_a_page_and_of_earlier_builds_are_known(
    portal, world, tmp_path
) -> None:
    token, others = await sessions.begin(world, Actor.STAFF), "query Other { viewer { name } }"
    for text, stamp in ((WHO, "a"), (others, "b")):
        _build(tmp_path, text, stamp)
        await portal.get("/portal")
        for old in (tmp_path / stamp).rglob("*.*"):
            old.unlink()
    answers = [await sessions.ask(portal, token, hash_of(it)) for it in (WHO, others)]
    assert [it.json().get("errors") for it in answers] == [None, None]


async def test_files_of_the_page_are_kept_for_long(portal, tmp_path) -> None:
    _build(tmp_path, WHO)
    answer = await portal.get("/portal/assets/main-1.js")
    assert (answer.text, "immutable" in answer.headers["cache-control"]) == ("1", True)
    for path in ("nothing.js", "../index.html", "%2e%2e/index.html", "../../documents.json"):
        assert (await portal.get(f"/portal/assets/{path}")).text != PAGE


async def test_without_a_build_the_page_says_what_to_do_and_all_else_is_up(portal, world) -> None:
    page = await portal.get("/portal")
    assert (page.status_code, "python -m web.build" in page.text) == (503, True)
    assert (await portal.get("/portal/assets/main-1.js")).status_code == 404
    assert (await portal.get("/portal/login")).status_code == 200
    token = await sessions.begin(world, Actor.STAFF)
    name = await sessions.page_document(world, WHO)
    assert (await sessions.ask(portal, token, name)).status_code == 200
