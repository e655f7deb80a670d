"""What waits to be read is bounded, shared by partners, and paid by who sends it."""

import asyncio
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from commands.messages.interchanges import receive, waiting
from commands.messages.interchanges.receive import InterchangeReceive
from commands.messages.readers.by_partner import MessagesInTurn
from commands.messages.readers.folders import exchange
from commands.writing.running.run import Author
from kit.ids import new_id, to_global
from kit.loop.apart import Apart
from kit.loop.in_turn import InTurn
from models.access.viewers import by_itself
from tests.make.messages import files
from tests.make.messages.files import base64, interchange
from tests.make.running import until

INBOX = "{ interchanges(first: 50, sort: OLDEST_FIRST) { nodes { sender reference } } }"
READ = """
SELECT sender, interchanges.reference FROM interchange_messages
JOIN interchanges ON interchanges.id = interchange_messages.interchange_id
WHERE interchange_messages.merchant_id = :merchant AND interchanges.merchant_id = :merchant
    AND fate != 'WAITING'
"""
LOCK = """
SELECT id FROM interchange_messages
WHERE interchange_messages.merchant_id = :merchant AND fate = 'WAITING'
ORDER BY received_at, id LIMIT 1 FOR UPDATE
"""


@pytest.fixture
async def names(ask) -> list[str]:
    """Give two partners, by the order of their ids."""
    both = [await files.partner(ask) for _ in range(2)]
    every = sorted(both, key=lambda it: b64decode(it["id"]))
    return [it["identification"] for it in every]


async def sent(ask, name: str, reference: str) -> Any:
    """Send a file of two messages; give the answer."""
    content = base64(interchange(name, reference))
    return await ask.answer(files.RECEIVE, input={"content": content})


def refused(answer: Any) -> int | None:
    """Return after which time it may be tried again, None for what was taken in."""
    (error,) = answer.get("errors") or (None,)
    if error is None:
        assert answer["data"]["it"]["results"]
        return None
    assert error["extensions"]["code"] == "THROTTLED"
    return error["extensions"]["retryAfter"]


async def kept(ask) -> list[str]:
    return [it["reference"] for it in (await ask(INBOX))["interchanges"]["nodes"]]


async def test_a_partner_has_half_of_what_may_wait_and_another_one_finds_room(
    ask, world, names, monkeypatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_MESSAGES", 8)
    one, other = names
    assert [refused(await sent(ask, one, it)) for it in ("A", "B", "C")] == [None, None, 15]
    assert [refused(await sent(ask, other, it)) for it in ("D", "E")] == [None, 15]
    assert refused(await sent(ask, one, "A")) is None
    assert await kept(ask) == ["A", "B", "D"]
    await files.read_all(world)
    assert refused(await sent(ask, one, "C")) is None


async def test_bytes_that_wait_are_bounded_and_the_time_to_come_again_follows_them(
    ask, names, monkeypatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_BYTES", 600)
    monkeypatch.setattr(waiting, "BYTES_A_SECOND", 10)
    first = await sent(ask, names[0], "A")
    assert refused(first) is None
    refusal = await sent(ask, names[0], "B")
    assert 15 < refused(refusal) < 40
    assert refusal["errors"][0]["message"].startswith("2 messages of this partner, ")


async def test_messages_that_are_replayed_wait_among_the_others(
    ask, world, names, monkeypatch
) -> None:
    content = interchange(names[0], "A").replace(b"DELFOR:D", b"SLSRPT:D")
    taken = await files.received(ask, content)
    await files.read_all(world)
    ids = [it["id"] for it in taken["messages"]["nodes"] if it["type"] == "SLSRPT"]
    monkeypatch.setattr(waiting, "MOST_MESSAGES", 2)
    await sent(ask, names[0], "B")
    answer = await ask.answer(files.REPLAY, messages=[{"messageId": it} for it in ids])
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    await files.read_all(world)
    await files.replay(ask, *ids)


async def test_a_file_of_a_folder_waits_there_and_stops_no_other(
    ask, world, names, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(waiting, "MOST_MESSAGES", 4)
    author = Author(by_itself(world.merchant_id), world.clock())
    for reference, name in (("A", names[0]), ("B", names[0]), ("C", names[1])):
        (tmp_path / f"{reference}.edi").write_bytes(interchange(name, reference))
    found = await exchange(world.database, author, tmp_path)
    assert (found["taken in"], found["waiting"], found["read"]) == (2, 1, 4)
    assert [it.name for it in tmp_path.glob("*.edi")] == ["B.edi"]
    found = await exchange(world.database, author, tmp_path)
    assert (found["taken in"], found["read"]) == (1, 2)
    assert await kept(ask) == ["A", "C", "B"]


async def test_an_upload_pays_for_what_reading_takes(ask, names) -> None:
    """By messages, segments and bytes; of what nobody reads later, by bytes alone."""

    async def cost(content: bytes) -> int:
        answer = await ask.answer(files.RECEIVE, input={"content": base64(content)})
        return answer["extensions"]["cost"]["actualQueryCost"]

    usual = interchange(names[0], "R1")
    more = interchange(names[0], "R2").replace(
        b"QTY+70:400'\n", b"QTY+70:400'\n" + b"FTX+AAI'\n" * 500
    )
    longer = more.replace(b"UNT+12+1", b"UNT+512+1")
    test = usual.replace(b"R1", b"R3").replace(b"++DELFOR++1'", b"++++1++1'")
    wide = longer.replace(b"R2", b"R4").replace(b"FTX+AAI'", b"FTX+AAI+++%s'" % (b"x" * 500))
    costs = [await cost(it) for it in (test, usual, longer, wide)]
    assert costs[2] - costs[1] == 500 // waiting.SEGMENTS_A_LINE // 5
    assert costs[1] - costs[0] >= waiting.LINES_A_MESSAGE // 5
    assert costs[3] - costs[2] >= 500 * (500 // waiting.BYTES_A_LINE - 1) // 5


@pytest.mark.parametrize("state", ["ACCEPTED", "REJECTED", "HELD", "no interchange"])
async def test_bytes_that_are_kept_are_paid_whatever_becomes_of_them(ask, names, state) -> None:
    """Of an unknown sender, without its end, or of no interchange at all."""
    usual = interchange(names[0], "R1").replace(
        b"QTY+70:400'\n", b"QTY+70:400'\n" + b"FTX+AAI+++%s'\n" % (b"x" * 500) * 300
    )
    usual = usual.replace(b"UNT+12+1", b"UNT+312+1")
    content = {
        "ACCEPTED": usual,
        "REJECTED": usual.partition(b"UNZ")[0],
        "HELD": usual.replace(names[0].encode(), b"NOBODY"),
        "no interchange": b"\xff" * len(usual),
    }[state]
    answer = await ask.answer(files.RECEIVE, input={"content": base64(content)})
    least = len(usual) // waiting.BYTES_A_LINE // 5
    assert answer["extensions"]["cost"]["actualQueryCost"] >= least > 400


async def test_partners_are_read_in_turn_each_in_the_order_of_coming(ask, world, names) -> None:
    one, other = names
    for name, reference in ((other, "A"), (other, "B"), (one, "C"), (one, "D")):
        await sent(ask, name, reference)
    found, partners = list[tuple[str, str]](), MessagesInTurn()
    while await partners.read_next(world.database, world.merchant_id, world.clock()):
        async with world.database.writing(world.merchant_id) as session:
            rows = await session.execute(text(READ), {"merchant": world.merchant_id})
            every = sorted(map(tuple, rows))
        new = [it for it in every if every.count(it) > found.count(it)]
        found.append(new[0])
    assert found == [(one, "C"), (other, "A")] * 2 + [(one, "D"), (other, "B")] * 2


async def test_a_partner_whose_message_is_read_elsewhere_is_left_alone_meanwhile(
    ask, world, names
) -> None:
    for name in (names[1], names[0]):
        await sent(ask, name, "A")
    partners, merchant = MessagesInTurn(), world.merchant_id
    async with world.database.writing(merchant) as session:
        await session.scalar(text(LOCK), {"merchant": merchant})
        count = 0
        while await partners.read_next(world.database, merchant, world.clock()):
            count += 1
    assert count == 2
    world.clock.advance(seconds=1)
    assert await files.read_all(world) == 2


async def test_of_large_files_the_first_is_read_to_its_end_before_the_next(
    ask, names, monkeypatch
) -> None:
    """Side by side, all of them would come to their deadline; short ones need not wait."""
    reading, most = list[str](), dict[int, int]()

    async def noted(_: InTurn, of: Iterator[Any]) -> list[Any]:
        found = [it for it in of if it is not None]
        reference = found[0].envelope.header.reference
        reading.append(reference)
        for _ in range(50):
            await asyncio.sleep(0)
            most[line] = max(most.get(line, 0), len(reading))
        if line != 1:
            await until(lambda: most[line] > 1)
        reading.remove(reference)
        return found

    monkeypatch.setattr(InTurn, "items", noted)
    monkeypatch.setattr("schema.graphql.mutations.MUCH", 500)
    for line in (64, 1):
        monkeypatch.setattr(receive, "LINE", line)
        found = await asyncio.gather(*(sent(ask, names[0], f"{line}-{it}") for it in range(3)))
        assert [refused(it) for it in found] == [None] * 3
    assert most[1] == 1 < most[64]


async def test_who_waits_too_long_with_a_large_file_is_told_when_to_come_again(
    ask, names, monkeypatch
) -> None:
    monkeypatch.setattr(InterchangeReceive, "weight", lambda _: 10**6)
    monkeypatch.setattr("schema.schema.PLANNER.apart", apart := Apart(patience=0.01))
    async with apart.alone(("others",)):
        assert refused(await sent(ask, names[0], "A")) == 1
    assert refused(await sent(ask, names[0], "A")) is None


async def test_a_message_that_cannot_be_replayed_stops_no_other(ask, world) -> None:
    partner = await files.partner(ask)
    content = interchange(partner["identification"]).replace(b"DELFOR:D", b"SLSRPT:D")
    taken = await files.received(ask, content.replace(b"DELJIT:D", b"INVRPT:D"))
    done, unread = (it["id"] for it in taken["messages"]["nodes"])
    assert await files.read_all(world) == 2
    await files.replay(ask, done)
    stranger = to_global("InterchangeMessage", new_id())
    found = await files.replayed(ask, done, stranger, "odd", unread, unread)
    assert [it["message"] and it["message"]["fate"] for it in found] == [
        *(None, None, None, "WAITING", None)
    ]
    assert [it["status"] for it in found] == [*("REFUSED",) * 3, "UPDATED", "REFUSED"]
    errors = [[(it["code"], *it["field"][1:]) for it in each["userErrors"]] for each in found]
    assert errors == [
        [("WRONG_STATE", "messages", "0", "messageId")],
        [("NOT_FOUND", "messages", "1", "messageId")],
        [("INVALID_ID", "messages", "2", "messageId")],
        [],
        [("DUPLICATE", "messages", "4", "messageId")],
    ]
    message = found[0]["userErrors"][0]["message"]
    assert message == (
        "This message is WAITING: it must be FAILED or REFUSED or UNREAD, or have an error if READ."
    )
    assert await files.read_all(world) == 2
