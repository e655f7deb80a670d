"""Files whose segments are dropped, doubled, moved and cut come in: nothing of them is lost."""

from base64 import b64decode

from sqlalchemy import text

from tests.kit.standards.edifact.test_hostile import changed
from tests.make.messages import files

FATES = {"WAITING", "BROKEN"}
CONTENTS = """
SELECT string_agg(content, '' ORDER BY id) FROM interchange_contents AS it
WHERE it.merchant_id = :merchant AND it.interchange_id IS NOT NULL
"""


async def test_a_changed_file_is_kept_whole_and_never_half_applied(ask, world) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    every = list(dict.fromkeys(changed(content)))
    written = b""
    for file in every[:: max(1, len(every) // 24)]:
        found = await files.results(ask, file)
        written += file if all(it["status"] == "CREATED" for it in found) else b""
        for each in (it["interchange"] for it in found):
            nodes, errors = each["messages"]["nodes"], list(each["findings"])
            if each["state"] in {"REJECTED", "HELD"}:
                assert nodes == []
                assert any(it["isError"] for it in errors)
            else:
                assert {it["fate"] for it in nodes} <= FATES
            for answer in each["answers"]:
                assert b"UCI+" in b64decode(answer["content"]["base64"])
    async with world.database.writing(world.merchant_id) as session:
        kept = await session.scalar(text(CONTENTS), {"merchant": world.merchant_id})
    assert kept == written
    await files.read_all(world)
