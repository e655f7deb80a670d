"""Interchanges come in over the API: kept, checked, answered once, read afterwards."""

from base64 import b64decode
from typing import Any

import pytest

from commands.messages.readers import read
from kit.loop import in_turn
from kit.loop.apart import Apart
from kit.loop.effort import Effort
from kit.standards.edifact import envelopes, groups
from models.access.viewers import Actor, Scope
from tests.guard import counted
from tests.make import refusals
from tests.make.messages import files
from tests.make.messages.files import answer_text, received, results
from tests.make.scene import fresh
from tests.make.sweeps.rows import digests

REPLAY = """
mutation ($input: InterchangeReplayInput!) {
  it: interchangeReplay(input: $input) {
    interchange {
      id state partner { code } findings { code text } messages(first: 9) { totalCount }
      answers { reference } timeline(first: 9) { nodes { type payload } }
    }
    userErrors { code field message }
  }
}
"""
REJECT = """
mutation ($input: InterchangeRejectInput!) {
  it: interchangeReject(input: $input) {
    interchange { state answers { content { base64 } } } userErrors { code }
  }
}
"""
SEND = """
mutation ($input: OutgoingInterchangeSendInput!) {
  it: outgoingInterchangeSend(input: $input) {
    outgoingInterchange { state sentAt } userErrors { code }
  }
}
"""
MESSAGES = """
query ($filter: InterchangeMessageFilter) {
  interchangeMessages(first: 9, sort: OLDEST_FIRST, filter: $filter) {
    nodes { type fate segmentCount start length findings { code text } }
  }
}
"""
OUTBOX = "{ outgoingInterchanges(first: 9) { nodes { id state reference isTest } } }"


def codes(of) -> list[str]:
    return [it["code"] for it in of["findings"]]


@pytest.mark.harmless(
    "interchangeReceive", "It keeps what partners write; what reads that goes by other verbs."
)
async def test_a_file_is_kept_checked_and_answered_and_its_messages_wait(ask) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    (result,) = await results(ask, content, fileName="a.edi")
    taken = result["interchange"]
    assert (result["status"], taken["state"]) == ("CREATED", "ACCEPTED")
    assert taken["partner"] == {"code": partner["code"]}
    assert (taken["sizeBytes"], taken["findings"]) == (len(content), [])
    nodes = taken["messages"]["nodes"]
    assert [(it["type"], it["fate"]) for it in nodes] == [
        ("DELFOR", "WAITING"),
        ("DELJIT", "WAITING"),
    ]
    answer = answer_text(taken)
    assert f"UCI+REF1+{partner['identification']}:14+SUPPLIER:ZZ+7'" in answer
    assert answer.startswith(f"UNA:+.? 'UNB+UNOC:3+SUPPLIER:ZZ+{partner['identification']}:14+")
    assert "UNH+1+CONTRL:D:3:UN'" in answer


async def test_bytes_are_given_as_they_came(ask) -> None:
    content = b"rubbish \x00\xff\xfe"
    taken = await received(ask, content)
    query = "query ($id: ID!) { node(id: $id) { ... on Interchange { content { base64 } } } }"
    node = (await ask(query, id=taken["id"]))["node"]
    assert b64decode(node["content"]["base64"]) == content
    assert (taken["state"], codes(taken)) == ("REJECTED", ["INVALID_START"])
    assert taken["answers"] == []


@pytest.mark.harmless(
    "outgoingInterchangeSend", "It notes that a file was handed over; no row of business changes."
)
async def test_the_same_bytes_write_no_row_and_have_the_same_answer(ask, world) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    first = await received(ask, content)
    before = await digests(world)
    for again in (content, content + b"\r\n\x1a"):
        (result,) = await results(ask, again)
        assert (result["status"], result["interchange"]) == ("UNCHANGED", first)
    assert await digests(world) == before
    (answer,) = first["answers"]
    await ask(SEND, input={"outgoingInterchangeId": answer["id"]})
    await received(ask, content)
    waiting = (await ask(OUTBOX))["outgoingInterchanges"]["nodes"]
    assert [(it["id"], it["state"]) for it in waiting] == [(answer["id"], "PENDING")]


@pytest.mark.harmless(
    "interchangeReplay", "It reads an interchange once more; no row of business changes."
)
@pytest.mark.harmless("interchangeReject", "It answers a partner; no row of business changes.")
async def test_other_bytes_under_a_used_reference_are_held_until_somebody_decides(ask) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    await received(ask, content)
    others = [await received(ask, content.replace(b"120'", it)) for it in (b"121'", b"122'")]
    for other in others:
        assert (other["state"], codes(other)) == ("HELD", ["DUPLICATE_REFERENCE"])
        assert "`interchangeReplay` with `isReferenceFree`" in other["findings"][0]["text"]
        assert (other["answers"], other["messages"]["nodes"]) == ([], [])
    held = {"interchangeId": others[0]["id"]}
    (error,) = (await ask(REPLAY, input=held))["it"]["userErrors"]
    assert (error["code"], error["field"]) == ("WRONG_STATE", ["input", "interchangeId"])
    assert error["message"].startswith("It is held still: Another interchange")
    taken = (await ask(REPLAY, input={**held, "isReferenceFree": True}))["it"]["interchange"]
    assert (taken["state"], taken["messages"]["totalCount"], codes(taken)) == ("ACCEPTED", 2, [])
    rejected = (await ask(REJECT, input={"interchangeId": others[1]["id"]}))["it"]["interchange"]
    (answer,) = rejected["answers"]
    assert b"+4+26+UNB'" in b64decode(answer["content"]["base64"])
    payload = (await ask(REJECT, input=held))["it"]
    assert [it["code"] for it in payload["userErrors"]] == ["WRONG_STATE"]


async def test_a_reference_of_last_year_is_another_one(ask, clock) -> None:
    """Partners begin to count again; within some months other bytes are held."""
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    states = []
    for days, quantity in ((0, b"120'"), (89, b"121'"), (3, b"122'"), (365, b"123'")):
        clock.advance(days=days)
        states.append((await received(ask, content.replace(b"120'", quantity)))["state"])
    assert states == ["ACCEPTED", "HELD", "ACCEPTED", "ACCEPTED"]


async def test_a_rejected_interchange_may_come_again_under_its_reference(ask) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"])
    cut = await received(ask, content[: len(content) // 2])
    assert (cut["state"], codes(cut)) == ("REJECTED", ["MISSING"])
    assert "+4+13'" in answer_text(cut)
    assert (await received(ask, content))["state"] == "ACCEPTED"


@pytest.mark.harmless(
    "partnerProfilesUpsert", "It says how partners write; no row of business changes."
)
async def test_an_unknown_sender_is_held_and_read_once_it_is_known(ask) -> None:
    name = fresh("I")
    held = await received(ask, files.interchange(name))
    assert (held["state"], codes(held)) == ("HELD", ["UNKNOWN_SENDER"])
    await files.partner(ask, identification=name, qualifier="ZZ")
    (error,) = (await ask(REPLAY, input={"interchangeId": held["id"]}))["it"]["userErrors"]
    assert error["message"] == (
        f"It is held still: No active partner is called {name} with the qualifier 14."
    )
    known = await files.partner(ask, identification=name)
    # Whose name is another one's is refused alone.
    items = [{"code": fresh("P"), "identification": of, "qualifier": "14"} for of in (name, "NEW")]
    results = (await ask(files.UPSERT, input={"partnerProfiles": items}))["it"]["results"]
    assert [it["status"] for it in results] == ["REFUSED", "CREATED"]
    (error,) = results[0]["userErrors"]
    assert (error["code"], error["field"][1:]) == (
        "TAKEN",
        ["partnerProfiles", "0", "identification"],
    )
    again = {"partnerProfiles": [{"code": known["code"], "identification": name}]}
    assert (await ask(files.UPSERT, input=again))["it"]["results"][0]["status"] == "UNCHANGED"
    taken = (await ask(REPLAY, input={"interchangeId": held["id"]}))["it"]["interchange"]
    assert (taken["state"], taken["messages"]["totalCount"]) == ("ACCEPTED", 2)
    entries = [(it["type"], it["payload"].get("state")) for it in taken["timeline"]["nodes"]]
    assert entries == [
        ("interchange.received", "HELD"),
        ("interchange.replayed", "ACCEPTED"),
    ]


async def test_what_is_for_somebody_else_is_rejected(ask) -> None:
    partner = await files.partner(ask, ownIdentification="US")
    taken = await received(ask, files.interchange(partner["identification"]))
    assert (taken["state"], codes(taken)) == ("REJECTED", ["NOT_THE_RECIPIENT"])
    assert "+4+7+UNB+4:1'" in answer_text(taken)


async def test_a_test_is_checked_and_answered_and_not_read(ask, world) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"]).replace(b"++DELFOR++1'", b"++++1++1'")
    taken = await received(ask, content)
    assert (taken["state"], taken["isTest"]) == ("TESTED", True)
    assert {it["fate"] for it in taken["messages"]["nodes"]} == {"TESTED"}
    assert await files.read_all(world) == 0
    assert answer_text(taken).split("'")[1].endswith("++++++1")
    assert (await received(ask, files.interchange(partner["identification"])))["state"] == (
        "ACCEPTED"
    )


@pytest.mark.parametrize(
    ("acknowledgement", "is_wanted", "is_answered"),
    [
        ("ALWAYS", False, True),
        ("ON_REQUEST", False, False),
        ("ON_REQUEST", True, True),
        ("NEVER", True, False),
    ],
)
async def test_a_partner_is_answered_as_its_profile_says(
    ask, acknowledgement: str, *, is_wanted: bool, is_answered: bool
) -> None:
    partner = await files.partner(ask, acknowledgement=acknowledgement)
    content = files.interchange(partner["identification"])
    request = b"++DELFOR++1'" if is_wanted else b"++DELFOR'"
    taken = await received(ask, content.replace(b"++DELFOR++1'", request))
    assert len(taken["answers"]) == is_answered


async def test_an_answer_is_not_answered(ask) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"]).replace(b"DELFOR:D:97A", b"CONTRL:D:3")
    taken = await received(ask, content)
    assert (taken["state"], taken["answers"]) == ("ACCEPTED", [])


async def test_answers_are_numbered_and_written_as_the_partner_wants_them(ask) -> None:
    marks = {"serviceCharacters": "|;,#*~", "hasLineBreaks": True, "referencePrefix": "ABR"}
    partner = await files.partner(ask, **marks)
    name = partner["identification"]
    texts = [
        answer_text(await received(ask, files.interchange(name, reference)))
        for reference in ("R1", "R2")
    ]
    assert [it.split(";")[6].split("~")[0] for it in texts] == ["ABR1", "ABR2"]
    assert texts[0].startswith("UNA|;,#*~\r\nUNB;UNOC|3;")


async def test_a_broken_message_is_entries_and_the_others_wait(ask) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"]).replace(b"UNT+7+2", b"UNT+8+2")
    taken = await received(ask, content)
    nodes = taken["messages"]["nodes"]
    assert [it["fate"] for it in nodes] == ["WAITING", "BROKEN"]
    assert nodes[1]["findings"] == [{"code": "COUNTS_DIFFER", "segmentNo": 7}]
    assert "UCM+2+DELJIT:D:97A:UN+4+29+UNT+2:1'" in answer_text(taken)


async def test_a_partners_charset_is_that_of_its_files(ask) -> None:
    partner = await files.partner(ask, charset="UNOD")
    name = "Łódź".encode("iso8859-2")
    content = files.interchange(partner["identification"]).replace(b"Gate 2", name)
    taken = await received(ask, content)
    query = "query ($id: ID!) { node(id: $id) { ... on Interchange { codec syntax } } }"
    node = (await ask(query, id=taken["id"]))["node"]
    assert node == {"codec": "iso8859_2", "syntax": "UNOC:3"}


async def test_a_file_of_several_interchanges_gives_each_its_own(ask) -> None:
    partner = await files.partner(ask)
    name = partner["identification"]
    content = files.interchange(name, "R1") + b"rubbish" + files.interchange(name, "R2")
    found = await results(ask, content)
    assert [it["interchange"]["state"] for it in found] == ["ACCEPTED", "REJECTED", "ACCEPTED"]
    assert [it["interchange"]["reference"] for it in found] == ["R1", None, "R2"]


@pytest.mark.harmless(
    "interchangeMessagesReplay", "It lets messages wait to be read; no row of business changes."
)
async def test_a_message_that_nobody_reads_is_kept_and_can_be_replayed(ask, world) -> None:
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"]).replace(b"DELFOR:D", b"SLSRPT:D")
    taken = await received(ask, content.replace(b"DELJIT:D", b"INVRPT:D"))
    assert await files.read_all(world) == 2
    found = await ask(MESSAGES, filter={"fates": ["UNREAD"], "types": ["SLSRPT"]})
    (message,) = found["interchangeMessages"]["nodes"]
    assert codes(message) == ["NO_READER"]
    assert "SLSRPT:D:97A" in message["findings"][0]["text"]
    ids = [it["id"] for it in taken["messages"]["nodes"]]
    first, second = await files.replayed(ask, *ids)
    assert first["message"]["fate"] == second["message"]["fate"] == "WAITING"


async def test_statements_do_not_grow_with_the_messages(ask, world) -> None:
    partner = await files.partner(ask)
    name = partner["identification"]
    head, _, tail = files.interchange(name).partition(b"UNH+1")
    message = b"UNH+1" + tail.partition(b"UNH+2")[0]
    counts = []
    for many in (1, 20):
        body = message * many
        content = head.replace(b"REF1", b"N%d" % many) + body + b"UNZ+%d+N%d'" % (many, many)
        with counted(world.database.engine) as sent:
            taken = await received(ask, content)
        assert len(taken["messages"]["nodes"]) == many
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_what_is_no_base64_is_refused(ask) -> None:
    payload = (await ask(files.RECEIVE, input={"content": "a$b"}))["it"]
    assert [(it["code"], it["field"]) for it in payload["userErrors"]] == [
        ("INVALID", ["input", "content"])
    ]


@pytest.mark.parametrize("marks", [":+.?*", "::.?*'", "A+.?*'", ":+. *'"])
async def test_service_characters_that_part_nothing_are_refused(ask, marks: str) -> None:
    item = {"code": "P", "identification": "I", "serviceCharacters": marks}
    payload = (await ask(files.UPSERT, input={"partnerProfiles": [item]}))["it"]
    assert [it["field"][-1] for it in refusals(payload)] == ["serviceCharacters"]


async def test_a_scope_of_its_own_is_needed_and_only_staff_has_it(ask, world) -> None:
    token = await world.key(Actor.STAFF, scopes=sorted(set(Scope) - {Scope.MESSAGES_WRITE}))
    answer = await ask.by(token).answer(files.RECEIVE, input={"content": "YQ=="})
    assert answer["errors"][0]["extensions"]["missingScopes"] == ["MESSAGES_WRITE"]


async def test_a_file_is_read_in_turn_beside_the_event_loop_and_paid(ask, monkeypatch) -> None:
    """Whichever way it is read: as it came, in its partner's characters, once more, by readers."""
    partner = await files.partner(ask, charset="UNOD")
    steps, go_on, efforts = list[Any](), in_turn._go_on, list[Any]()  # noqa: SLF001 -- a turn.

    def noted(of: Any, found: Any) -> bool:
        steps.append(of.__name__)
        return go_on(of, found)

    def counted_by(_: Effort, make: Any, *about: Any) -> Any:
        efforts.append(make)
        return make(*about)

    monkeypatch.setattr(in_turn, "_go_on", noted)
    monkeypatch.setattr(Effort, "beside", counted_by)
    monkeypatch.setattr(in_turn, "TURN_S", 0)
    monkeypatch.setattr(envelopes, "READ_STEP", 5)
    segments = files.interchange(partner["identification"]).count(b"'")
    await received(ask, files.interchange(partner["identification"]))
    turns = 1 + (segments - 2) // 5
    assert steps == ["pieces"] * turns + ["first_of"] * turns
    assert efforts.count(noted) == 2 * turns
    held = await received(ask, files.interchange(fresh("I")))
    steps.clear()
    await ask(REPLAY, input={"interchangeId": held["id"]})
    assert steps == ["first_of"] * turns


async def test_messages_are_read_in_turn_beside_the_event_loop(ask, world, monkeypatch) -> None:
    partner = await files.partner(ask)
    await received(ask, files.interchange(partner["identification"]))
    made, steps = Apart.made, list[Any]()

    async def noted(self: Apart, payer: Any, make: Any, *over: Any) -> Any:
        steps.append(payer)
        return await made(self, payer, make, *over)

    monkeypatch.setattr(Apart, "made", noted)
    monkeypatch.setattr(in_turn, "TURN_S", 0)
    monkeypatch.setattr(groups, "GROUP_STEP", 2)
    assert await files.read_all(world) == 2
    assert len(steps) > 4


async def test_a_message_of_too_many_segments_is_refused_and_can_be_replayed(
    ask, world, monkeypatch
) -> None:
    partner = await files.partner(ask)
    await received(ask, files.interchange(partner["identification"]))
    monkeypatch.setattr(read, "LONGEST_MESSAGE", 5)
    assert await files.read_all(world) == 2
    found = (await ask(MESSAGES, filter={"fates": ["REFUSED"]}))["interchangeMessages"]["nodes"]
    assert [codes(it) for it in found] == [["TOO_MANY_ITEMS"]] * 2
