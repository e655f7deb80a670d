"""`abruf demo reset`: what was done to the demo is gone, and its story is told anew."""

import asyncio
import json

from tests.kit.programs import ask_each

RENAME = "UPDATE merchants SET slug = 'demo'"
MERCHANTS = "SELECT id, slug FROM merchants"


async def test_what_was_done_to_the_demo_is_gone_and_its_story_is_told_anew(
    world, addresses, call, tmp_path
):
    url = addresses["ABRUF_OWNER_URL"]
    await asyncio.to_thread(ask_each, url, [RENAME])
    own = {**addresses, "ABRUF_DATA_DIR": str(tmp_path)}
    unasked = await call("demo", "reset", **own)
    assert (unasked[0], unasked[2][:16]) == (1, "yes-delete: Say ")
    code, output, failed = await call("demo", "reset", "--yes-delete", "demo", **own)
    assert (code, failed) == (0, "")
    assert output.startswith("The demo is as new")
    tokens = json.loads((tmp_path / "demo-tokens.json").read_text())
    assert "staff" in tokens
    ((id_, slug),) = (await asyncio.to_thread(ask_each, url, [MERCHANTS]))[0]
    assert slug == "demo"
    assert id_ != world.merchant_id
