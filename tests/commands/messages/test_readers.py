"""A reader takes a message in as a whole or not at all, in a transaction of its own."""

from dataclasses import dataclass

import pytest

from commands.access.documents import DocumentsRegister, register
from commands.messages.readers.by_partner import MessagesInTurn
from commands.messages.readers.declared import Incoming, MessageReader, Reading
from commands.messages.readers.registered import READERS
from kit.errors import Code, Refused
from kit.standards.edifact.faults import Fault
from kit.standards.edifact.groups import Group, Seg, misplaced, parse_in_steps
from tests.make.messages import files
from tests.make.messages.files import received
from tests.make.sweeps.rows import digests

MESSAGES = """
{ interchangeMessages(first: 9, sort: OLDEST_FIRST) {
  nodes { type fate readAt findings { code text tag segmentNo } timeline(first: 9) {
    nodes { type payload actorName } } } } }
"""
DATED = Group("DATED", (Seg("QTY"), Seg("DTM", 2)), 999)
PLAN = Group("PLAN", (Seg("SCC"), DATED), 999)
ARTICLE = Group("ARTICLE", (Seg("LIN"), Seg("LOC", 9), Seg("QTY", 9), PLAN), 999)
STATUS = Group("STATUS", (Seg("GIS"), ARTICLE), 9)
HEAD = (Seg("UNH"), Seg("BGM", is_needed=True), Seg("DTM", 9), Seg("NAD", 9))
TABLE = (*HEAD, STATUS, Seg("UNT"))


@dataclass
class Failing(Exception):
    """A fault of ours."""


def reader(monkeypatch, then: BaseException | None = None) -> None:
    """Let DELFOR be read by what registers a document of its number, and then maybe fails."""

    async def apply(writing, incoming: Incoming):
        parsing = parse_in_steps(TABLE, incoming.segments())
        ((content, found),) = await writing.beside.items(parsing)
        number = content.one("BGM").get(2)
        document = {"id": f"message-{number}", "text": "{ viewer { name } }"}
        await register(writing, DocumentsRegister.read({"documents": [document]}))
        if then is not None:
            raise then
        return Reading([*found, misplaced(content.one("DTM"), "Nobody wants to know.")])

    monkeypatch.setitem(READERS, "DELFOR", MessageReader(frozenset({"97A"}), apply))


async def _message(ask):
    return (await ask(MESSAGES))["interchangeMessages"]["nodes"][0]


@pytest.fixture
async def taken(ask):
    partner = await files.partner(ask)
    return await received(ask, files.interchange(partner["identification"]))


@pytest.mark.usefixtures("taken")
async def test_a_reader_takes_a_message_in_with_what_it_finds(ask, world, monkeypatch) -> None:
    reader(monkeypatch)
    assert await files.read_all(world) == 2
    message = await _message(ask)
    assert (message["fate"], message["readAt"]) == ("READ", "2026-03-02T09:00:00+00:00")
    found = [(it["code"], it["tag"], it["segmentNo"]) for it in message["findings"]]
    assert found == [(Fault.NOT_IN_THIS_PLACE, "DTM", 3)]
    (entry,) = message["timeline"]["nodes"]
    assert (entry["type"], entry["payload"]["fate"]) == ("interchange_message.settled", "READ")
    assert entry["actorName"] == "Abruf"


@pytest.mark.usefixtures("taken")
async def test_what_a_reader_refuses_is_not_half_applied(ask, world, monkeypatch) -> None:
    reader(monkeypatch, Refused(Code.NOT_FOUND, "There is no such article.", ("LIN", 1)))
    before = await digests(world)
    await files.read_all(world)
    message = await _message(ask)
    assert message["fate"] == "REFUSED"
    assert message["findings"][0]["code"] == "NOT_FOUND"
    assert message["findings"][0]["text"] == "LIN 2: There is no such article."
    assert (await digests(world))["trusted_documents"] == before["trusted_documents"]


async def test_a_fault_of_ours_stops_no_other_message_and_can_be_replayed(
    ask, world, taken, monkeypatch
) -> None:
    reader(monkeypatch, Failing())
    assert await files.read_all(world) == 2
    assert (await _message(ask))["fate"] == "FAILED"
    reader(monkeypatch)
    await files.replay(ask, taken["messages"]["nodes"][0]["id"])
    assert await files.read_all(world) == 1
    assert (await _message(ask))["fate"] == "READ"


async def test_a_release_that_a_reader_does_not_know_is_kept(ask, world, monkeypatch) -> None:
    reader(monkeypatch)
    partner = await files.partner(ask)
    content = files.interchange(partner["identification"]).replace(b"D:97A:UN:GMAI22", b"D:19B:UN")
    await received(ask, content)
    await files.read_all(world)
    assert (await _message(ask))["fate"] == "UNREAD"


@pytest.mark.usefixtures("taken")
async def test_a_message_that_is_late_waits_and_has_failed_after_some_tries(
    ask, world, monkeypatch
) -> None:
    reader(monkeypatch, TimeoutError())
    partners = MessagesInTurn()

    async def fate_after_a_round() -> str:
        world.clock.advance(seconds=15)
        while await partners.read_next(world.database, world.merchant_id, world.clock()):
            pass
        return (await _message(ask))["fate"]

    fates = [await fate_after_a_round() for _ in range(5)]
    assert fates == ["WAITING"] * 4 + ["FAILED"]
