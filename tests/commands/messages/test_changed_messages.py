"""Messages that somebody changed, up to the database: nothing crashes, nothing is half applied."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.make.messages import files, plants

_BROUGHT = """
SELECT interchange_messages.reference, schedule_lines.quantity FROM message_releases
JOIN interchange_messages ON interchange_messages.id = message_releases.message_id
JOIN schedule_lines ON schedule_lines.release_id = message_releases.release_id
WHERE message_releases.merchant_id = :merchant AND interchange_messages.merchant_id = :merchant
    AND schedule_lines.merchant_id = :merchant
"""
INBOX = """
{ interchanges(first: 90) { nodes { state } }
  interchangeMessages(first: 250) { nodes { reference fate findings { tag isError text } } } }
"""


@pytest.fixture(autouse=True)
async def customer(ask, world) -> None:
    await plants.customer(ask, world)


def changed(parts: list[bytes]) -> Iterator[list[bytes]]:
    """Drop, double, move and cut each part in turn."""
    for place, part in enumerate(parts):
        before, after = parts[:place], parts[place + 1 :]
        for inside in ([], [part, part], [part[: len(part) // 2]], [part[:4]]):
            yield [*before, *inside, *after]
        yield [*before, *after[:1], part, *after[1:]]
        yield [part, *before, *after]


def messages(content: bytes) -> Iterator[bytes]:
    """Give each message that the one of a file can become, with a number and time of its own.

    The times are behind that of the clock, which counts where a message says none.
    """
    head, *segments = content.split(b"'\n")
    body = segments[segments.index(b"UNH+1+DELFOR:D:04A:UN:GAVF13") + 1 : -3]
    del head
    for number, parts in enumerate(changed(body), 1):
        own = b"'".join(parts).replace(b"KS/26/00117", b"KS/%d" % number)
        own = own.replace(
            b"202603020700:203", b"20260302%02d%02d:203" % divmod(12 * 60 + number, 60)
        )
        segment = b"UNH+%d+DELFOR:D:04A:UN:GAVF13'%s'UNT+%d+%d'"
        yield segment % (number, own, len(parts) + 2, number)


async def test_each_segment_that_is_changed_is_read_whole_or_not(ask, world) -> None:
    content = plants.content("kassel", "first")
    found = list(messages(content))
    head = content[: content.index(b"UNH")]
    end = b"UNZ+%d+K0000000000009'" % len(found)
    taken = await files.received(ask, head + b"".join(found) + end)
    assert taken["state"] == "ACCEPTED"
    await files.read_all(world)
    known = {Decimal(it[-1]) for it in plants.outcome("kassel", "first")["releases"][0]["lines"]}
    brought: dict[str, list[Decimal]] = {}
    async with world.database.writing(world.merchant_id) as session:
        for row in await session.execute(text(_BROUGHT), {"merchant": world.merchant_id}):
            brought.setdefault(row.reference, []).append(row.quantity)
    read = (await ask(INBOX))["interchangeMessages"]["nodes"]
    assert len(read) == len(found)
    assert {it["fate"] for it in read} <= {"READ", "REFUSED", "BROKEN"}
    for each in read:
        errors = [it for it in each["findings"] if it["isError"]]
        quantities = brought.get(each["reference"], [])
        assert not quantities or set(quantities) <= known, each
        assert bool(quantities) or errors, each
    assert len(brought) > len(found) // 3


async def test_each_record_that_is_changed_is_taken_in_whole_or_not(ask, world) -> None:
    records = plants.content("stade", "first").split(b"\r\n")[:-1]
    every = {b"\r\n".join(it) for it in changed(records)}
    for content in sorted(every):
        await files.results(ask, content)
    await files.read_all(world)
    inbox = await ask(INBOX)
    assert {it["fate"] for it in inbox["interchangeMessages"]["nodes"]} <= {"READ", "REFUSED"}
    states = {it["state"] for it in inbox["interchanges"]["nodes"]}
    assert states == {"ACCEPTED", "REJECTED", "HELD"}
