"""What became of a message is told with APERAK, where its partner wants that, and only then."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from commands.messages import outbox
from commands.writing.running.run import Author, run_unasked
from kit.ids import from_global
from kit.standards.edifact.parts import Header, Identification, MessageKind
from models.access.viewers import by_itself
from models.messages.outbox import OutgoingInterchange
from models.messages.partners import PartnerProfile
from tests.make.feed import rows
from tests.make.messages import files, plants
from tests.make.messages.plants import content
from workers.messages.readers import ANSWER_DECISIONS
from workers.running.followers import Followers

INBOX = """
{ interchanges(first: 9, sort: OLDEST_FIRST) { nodes { reference answers {
    messageType state content { base64 } } messages(first: 9) { nodes { id fate } } } } }
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
    """Return the segments of each APERAK that is to be sent, without its envelope."""
    found = []
    for each in (await ask(INBOX))["interchanges"]["nodes"]:
        for answer in each["answers"]:
            assert answer["messageType"] == "APERAK"
            if answer["state"] == "REPLACED":
                continue
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


async def test_of_a_message_that_is_refused_and_replayed_only_the_last_answer_leaves(
    ask, world
) -> None:
    await wanting(ask, "WESER-KASSEL", "ALWAYS", partyNumber=None)
    await files.received(ask, content("kassel", "first"))
    await files.read_all(world)
    assert [it[0][-2:] for it in await answers(ask)] == ["27"]
    (inbox,) = (await ask(INBOX))["interchanges"]["nodes"]
    ids = [it["id"] for it in inbox["messages"]["nodes"]]
    await wanting(ask, "WESER-KASSEL", "ALWAYS", partyNumber="WESER")
    await files.replay(ask, *ids)
    await files.read_all(world)
    # The first one never leaves.
    assert [it[0][-2:] for it in await answers(ask)] == ["29"]


async def test_nothing_taken_in_is_refused_and_told_so(ask, world) -> None:
    await wanting(ask, "WESER-KASSEL", "ON_FINDINGS")
    unknown = content("kassel", "first").replace(b"LIN+1++HX-200:IN", b"LIN+1++HX-900:IN")
    await files.received(ask, unknown)
    await files.read_all(world)
    assert [it[0] for it in await answers(ask)] == ["BGM+313+K0000000000009/1+27"]
    (inbox,) = (await ask(INBOX))["interchanges"]["nodes"]
    assert [it["fate"] for it in inbox["messages"]["nodes"]] == ["REFUSED"]


RELEASES = """
{ interchangeMessages(first: 9, sort: NEWEST_FIRST) { nodes { fate findings { text }
    releases(first: 9) { nodes { id number state findings { id isAwaiting } } } } } }
"""
DECIDE = """
mutation ($consent: ReleaseConsentInput!, $reject: ReleaseRejectInput!, $isGood: Boolean!) {
  releaseConsent(input: $consent) @include(if: $isGood) { userErrors { code } }
  releaseReject(input: $reject) @skip(if: $isGood) { userErrors { code } } }
"""


LATER = (
    (b"K0000000000009", b"RELATED-2"),
    (b"/00117", b"/00118"),
    (b"202603020700:", b"202603020800:"),
    (b"QTY+70:300:", b"QTY+70:200:"),
)
"""What the same partner sends an hour later: less than it had received before."""


@pytest.mark.parametrize("is_good", [True, False])
async def test_what_waits_is_told_as_held_and_then_what_was_decided(ask, world, is_good) -> None:
    await wanting(ask, "WESER-KASSEL", "ON_FINDINGS")
    await files.received(ask, content("kassel", "first"))
    fell = content("kassel", "first")
    for old, new in LATER:
        fell = fell.replace(old, new)
    await files.received(ask, fell)
    await files.read_all(world)
    (held,) = await answers(ask)
    assert held[0] == "BGM+312+RELATED-2/1+23"
    assert held[2] == "FTX+AAO+++HX-200?: its release KS/26/00118 waits for consent."
    assert not any(it.startswith("ERC") for it in held)
    await _decide(ask, is_good=is_good)
    followers, name = Followers(ANSWER_DECISIONS), ANSWER_DECISIONS.name
    while await followers.tell(world.database, world.merchant_id, name, world.clock()):
        pass
    (decided,) = await answers(ask)
    if is_good:
        assert (decided[0], len(decided)) == ("BGM+312+RELATED-2/1+29", 4)
    else:
        assert decided[0] == "BGM+313+RELATED-2/1+27"
        text = "HX-200?: its release KS/26/00118 was rejected?: We lack it."
        assert decided[-1] == f"FTX+AAO+++{text}"
    assert followers.counted == {(name, "TOLD"): 1}


@pytest.mark.parametrize(
    ("is_told", "is_last", "states"),
    [
        # The first answer, which has not left, is not sent any more: the last one holds.
        (True, True, ["REPLACED", "PENDING"]),
        (True, False, ["REPLACED", "PENDING"]),
        (False, True, ["PENDING"]),
        # Who was never told of it has sent another one since: that is what holds.
        (False, False, []),
    ],
)
async def test_a_rejection_of_long_ago_is_told_as_long_as_its_sender_may_believe_in_it(
    ask, world, is_told, is_last, states
) -> None:
    """The follower may have stood still, or be new, when it comes to the decision."""
    await wanting(ask, "WESER-KASSEL", "ON_FINDINGS" if is_told else "NEVER")
    await files.received(ask, content("kassel", "first"))
    fell = content("kassel", "first")
    for old, new in LATER:
        fell = fell.replace(old, new)
    await files.received(ask, fell)
    await files.read_all(world)
    world.clock.advance(hours=1)
    await _decide(ask, is_good=False)
    world.clock.advance(days=20)
    if not is_last:
        later = content("kassel", "first").replace(b"K0000000000009", b"RELATED-3")
        later = later.replace(b"/00117", b"/00119").replace(b"202603020700:", b"202603200700:")
        await files.received(ask, later)
        await files.read_all(world)
    await wanting(ask, "WESER-KASSEL", "ON_FINDINGS")
    world.clock.advance(days=10)
    followers, name = Followers(ANSWER_DECISIONS), ANSWER_DECISIONS.name
    while await followers.tell(world.database, world.merchant_id, name, world.clock()):
        pass
    every = [it for each in (await ask(INBOX))["interchanges"]["nodes"] for it in each["answers"]]
    assert [it["state"] for it in every] == states


async def _decide(ask, *, is_good: bool) -> None:
    """Consent to the one release that waits, or reject it."""
    message = (await ask(RELEASES))["interchangeMessages"]["nodes"][0]
    (release,) = message["releases"]["nodes"]
    assert release["state"] == "RECEIVED"
    waiting = [it["id"] for it in release["findings"] if it["isAwaiting"]]
    own = {"releaseId": release["id"]}
    decision = {"consent": own | {"findingIds": waiting}, "reject": own | {"reason": "We lack it."}}
    await ask(DECIDE, isGood=is_good, **decision)


async def test_the_same_bytes_get_the_answers_that_hold(ask, world) -> None:
    wrong = {"acknowledgement": "ALWAYS", "ownIdentification": "SOMEBODY"}
    await wanting(ask, "WESER-KASSEL", "ALWAYS", **wrong)
    raw = content("kassel", "first")
    rejected = await files.received(ask, raw)
    await _sent(ask, rejected)
    await wanting(ask, "WESER-KASSEL", "ALWAYS", **wrong | {"ownIdentification": None})
    await ask(READ_AGAIN, id=rejected["id"])
    await files.read_all(world)
    await _sent(ask, await files.received(ask, raw))
    again = await files.received(ask, raw)
    answers_again = [(it["messageType"], it["state"]) for it in again["answers"]]
    assert answers_again == [("CONTRL", "SENT"), ("CONTRL", "PENDING"), ("APERAK", "PENDING")]
    texts = [b64decode(it["content"]["base64"]).decode() for it in again["answers"]]
    assert ["UCI" in it and "+4+" in it for it in texts] == [True, False, False]


READ_AGAIN = """
mutation ($id: ID!) { it: interchangeReplay(input: {interchangeId: $id}) { userErrors { code } } }
"""
SEND = """
mutation ($id: ID!) { it: outgoingInterchangeSend(input: {outgoingInterchangeId: $id}) {
  userErrors { code } } }
"""


async def _sent(ask, taken: dict[str, Any]) -> None:
    """Hand over the answers to an interchange that wait."""
    for each in taken["answers"]:
        if each["state"] == "PENDING":
            assert (await ask(SEND, id=each["id"]))["it"]["userErrors"] == []


async def test_an_answer_never_answers_an_answer_and_no_transmission(ask, world) -> None:
    await wanting(ask, "WESER-KASSEL", "ALWAYS", acknowledgement="ALWAYS")
    await wanting(ask, "WESERVDA", "ALWAYS", acknowledgement="ALWAYS")
    answer = content("kassel", "first").replace(b"DELFOR:D:04A:UN:GAVF13", b"APERAK:D:96A:UN")
    await files.received(ask, answer)
    await files.received(ask, content("stade", "first"))
    assert await files.read_all(world) == 2
    assert await answers(ask) == []


async def test_an_answer_reads_none_of_the_others_to_its_interchange(ask, world) -> None:
    """Of thousands of messages in one, each has its own."""
    partner = await files.partner(ask)
    taken = await files.received(ask, files.interchange(partner["identification"]))
    messages = [from_global(it["id"])[1] for it in taken["messages"]["nodes"]]
    _, answered = from_global(taken["id"])
    loaded, flags = list[object](), {"wants_answer": False, "is_test": False}
    own, theirs = Identification("SUPPLIER"), Identification(partner["identification"])
    header = Header("UNOC", "3", own, theirs, world.clock(), "", "", **flags)
    aperak = MessageKind("APERAK", "D", "96A", "UN")

    async def write(writing) -> None:
        (profile,) = await writing.among(PartnerProfile, "code", [partner["code"]], lock=True)
        with _heard(loaded):
            await outbox.write(writing, profile, outgoing)

    author = Author(by_itself(world.merchant_id), world.clock())
    for of in (None, *messages, messages[0], None):
        outgoing = outbox.Outgoing(header, aperak, [], answered, of)
        await run_unasked(world.database, author, write)
    found = await rows(world, OutgoingInterchange)
    assert ([it.state.value for it in found], loaded) == (
        ["PENDING", "REPLACED", "REPLACED", "PENDING", "PENDING", "PENDING"],
        [],
    )


@contextmanager
def _heard(loaded: list[object]) -> Iterator[None]:
    """Collect the interchanges of ours that are read meanwhile."""

    def note(row: object, _context: object) -> None:
        loaded.append(row)

    event.listen(OutgoingInterchange, "load", note)
    try:
        yield
    finally:
        event.remove(OutgoingInterchange, "load", note)
