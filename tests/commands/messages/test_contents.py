"""What became of a message is told with APERAK, where its partner wants that, and only then."""

from base64 import b64decode
from typing import Any

import pytest

from tests.make.messages import files, plants
from tests.make.messages.plants import content

INBOX = """
{ interchanges(first: 9, sort: OLDEST_FIRST) { nodes { reference answers {
    messageType state content { base64 } } messages(first: 9) { nodes { id fate } } } } }
"""
REPLAY = """
mutation ($ids: [ID!]!) { it: interchangeMessagesReplay(input: {messageIds: $ids}) {
  userErrors { code } } }
"""


@pytest.fixture(autouse=True)
async def customer(ask, world) -> None:
    await plants.customer(ask, world)


async def wanting(ask, plant: str, wanted: str, **fields: Any) -> None:
    """Let the partner of a plant be told."""
    query = "{ partnerProfiles(first: 9) { nodes { code identification qualifier } } }"
    every = (await ask(query))["partnerProfiles"]["nodes"]
    own = next(it for it in every if it["identification"] == plant)
    item = own | {"contentAnswer": wanted, "acknowledgement": "NEVER"} | fields
    payload = (await ask(files.UPSERT, input={"partnerProfiles": [item]}))["it"]
    assert payload["results"][0]["userErrors"] == []


async def answers(ask) -> list[list[str]]:
    """Return the segments of each APERAK, without its envelope."""
    found = []
    for each in (await ask(INBOX))["interchanges"]["nodes"]:
        for answer in each["answers"]:
            assert (answer["messageType"], answer["state"]) == ("APERAK", "PENDING")
            text = b64decode(answer["content"]["base64"]).decode().replace("\r\n", "")
            found.append(text.split("'")[3:-3])
    return found


UNKNOWN = (b"LIN+2++HX-100:IN", b"LIN+2++HX-900:IN")


async def test_what_was_not_taken_in_is_told_and_the_rest_is_applied(ask, world) -> None:
    await wanting(ask, "WESER-BREMEN", "ON_FINDINGS")
    await files.received(ask, content("bremen", "first").replace(*UNKNOWN))
    await files.read_all(world)
    (lines,) = await answers(ask)
    assert lines[0] == "BGM+313+WB260302001/1+34"
    assert lines[2:5] == ["RFF+AGO:WB260302001", "RFF+ACW:1", "ERC+12::91"]
    assert lines[5].startswith("FTX+AAO+++LIN 41?: HX-900?: NOT_FOUND?: ")


async def test_without_findings_only_who_wants_it_always_is_told(ask, world) -> None:
    await wanting(ask, "WESER-BREMEN", "ON_FINDINGS")
    await wanting(ask, "WESER-EMDEN", "ALWAYS")
    await wanting(ask, "WESER-KASSEL", "NEVER")
    for plant in ("bremen", "emden", "kassel"):
        await files.received(ask, content(plant, "first"))
    await files.read_all(world)
    assert [it[0] for it in await answers(ask)] == ["BGM+312+17/ME000001+29"]


async def test_a_message_that_is_refused_and_replayed_is_told_twice(ask, world) -> None:
    await wanting(ask, "WESER-KASSEL", "ALWAYS", partyNumber=None)
    await files.received(ask, content("kassel", "first"))
    await files.read_all(world)
    assert [it[0][-2:] for it in await answers(ask)] == ["27"]
    (inbox,) = (await ask(INBOX))["interchanges"]["nodes"]
    ids = [it["id"] for it in inbox["messages"]["nodes"]]
    await wanting(ask, "WESER-KASSEL", "ALWAYS", partyNumber="WESER")
    assert (await ask(REPLAY, ids=ids))["it"]["userErrors"] == []
    await files.read_all(world)
    assert [it[0][-2:] for it in await answers(ask)] == ["27", "29"]


async def test_an_answer_never_answers_an_answer_and_no_transmission(ask, world) -> None:
    await wanting(ask, "WESER-KASSEL", "ALWAYS", acknowledgement="ALWAYS")
    await wanting(ask, "WESERVDA", "ALWAYS", acknowledgement="ALWAYS")
    answer = content("kassel", "first").replace(b"DELFOR:D:04A:UN:GAVF13", b"APERAK:D:96A:UN")
    await files.received(ask, answer)
    await files.received(ask, content("stade", "first"))
    assert await files.read_all(world) == 2
    assert await answers(ask) == []
