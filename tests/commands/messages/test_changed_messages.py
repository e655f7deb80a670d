"""Messages that somebody changed, up to the database: nothing crashes, nothing is half applied."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import text

from commands.messages.readers import schedules
from tests.make.messages import files, plants
from tests.make.sweeps.rows import digests

_BROUGHT = """
SELECT interchange_messages.reference, releases.id,
    products.sku, addresses.code, cumulative_accounts.unloading_point,
    schedule_lines.commitment, schedule_lines.quantity
FROM message_releases
JOIN interchange_messages ON interchange_messages.id = message_releases.message_id
JOIN releases ON releases.id = message_releases.release_id
JOIN schedule_lines ON schedule_lines.release_id = releases.id
JOIN cumulative_accounts ON cumulative_accounts.id = releases.account_id
JOIN contract_lines ON contract_lines.id = releases.contract_line_id
JOIN products ON products.id = contract_lines.product_id
LEFT JOIN addresses ON addresses.id = cumulative_accounts.ship_to_id
    AND addresses.merchant_id = :merchant
WHERE message_releases.merchant_id = :merchant AND interchange_messages.merchant_id = :merchant
    AND releases.merchant_id = :merchant AND schedule_lines.merchant_id = :merchant
    AND cumulative_accounts.merchant_id = :merchant AND contract_lines.merchant_id = :merchant
    AND products.merchant_id = :merchant
"""


class Line(NamedTuple):
    """A line of a schedule, where it is wanted, and how firmly."""

    article: str
    plant: str | None
    dock: str | None
    commitment: str | None
    quantity: Decimal


Schedules = Iterable[set[Line]]
"""The lines of each release."""
MESSAGES = """
query ($after: String) { interchangeMessages(first: 250, after: $after) {
  nodes { reference fate findings { tag isError text } } pageInfo { hasNextPage endCursor } } }
"""
TAKEN = """{ contracts(first: 9) { nodes { lines {
  product { sku } releases(first: 9) { nodes { account { unloadingPoint } } } } } } }"""
INTERCHANGES = "{ interchanges(first: 90) { nodes { state } } }"


@pytest.fixture(autouse=True)
async def customer(ask, world) -> None:
    await plants.customer(ask, world)


def changed(parts: list[bytes]) -> Iterator[tuple[list[bytes], set[bytes]]]:
    """Drop, double, move and cut each part in turn; give what was changed with it, by its tag.

    A party that is no plant moves to each place; of those that are tell the reader's own tests.
    """
    for place, part in enumerate(parts):
        before, after = parts[:place], parts[place + 1 :]
        for inside in ([], [part, part], [part[: len(part) // 2]], [part[:4]]):
            yield [*before, *inside, *after], {part[:3]}
        yield [*before, *after[:1], part, *after[1:]], {it[:3] for it in (part, *after[:1])}
        yield [part, *before, *after], {part[:3]}
        if part.startswith(b"NAD") and not part.startswith(b"NAD+ST"):
            others = [*before, *after]
            for at in range(1, len(parts)):
                yield [*others[:at], part, *others[at:]], {part[:3]}


def messages(content: bytes) -> Iterator[tuple[bytes, set[bytes]]]:
    """Give each message that the one of a file can become, with a reference and time of its own.

    The times are behind that of the clock, which counts where a message says none.
    """
    segments = content.replace(b"\r", b"").split(b"'\n")
    first = next(at for at, it in enumerate(segments) if it.startswith(b"UNH"))
    kind = segments[first].split(b"+")[2]
    body = segments[first + 1 : next(at for at, it in enumerate(segments) if it[:3] == b"UNT")]
    for number, (parts, tags) in enumerate(changed(body), 1):
        issued = b"DTM+137:20260309%02d%02d:203" % divmod(number, 60)
        own = [issued if it.startswith(b"DTM+137:2") else it for it in parts]
        text = b"".join(it + b"'" for it in own)
        yield b"UNH+%d+%s'%sUNT+%d+%d'" % (number, kind, text, len(parts) + 2, number), tags


@pytest.mark.parametrize(
    ("plant", "name", "step"),
    [("kassel", "first", 1), ("bremen", "first", 5), ("bremen", "jit", 1)],
)
async def test_each_segment_that_is_changed_is_read_whole_or_not(
    ask, world, monkeypatch, plant: str, name: str, step: int
) -> None:
    """One article of a message at a time, so that one of several is never there by half.

    Where it is wanted and how firmly changes only with the segment that says so, or is told.
    step: of the changes; of those of a long message all segments, and all kinds, are among them.
    """
    monkeypatch.setattr("kit.standards.schedules.messages.MOST_ARTICLES", 1)
    content = plants.content(plant, name)
    every = dict(enumerate(messages(content), 1))
    found = {str(it): each for it, each in every.items() if (it - 1) % step == 0}
    head = content[: content.index(b"UNH")]
    reference = head[head.index(b"UNB") :].split(b"'")[0].split(b"+")[5]
    body = b"".join(it for it, _ in found.values())
    taken = await files.received(ask, head + body + b"UNZ+%d+%s'" % (len(found), reference))
    assert taken["state"] == "ACCEPTED"
    assert await files.read_all(world) > 0
    known, brought = known_lines(plant, name), await lines_brought(world)
    read = await inbox(ask)
    assert len(read) == len(found)
    assert {it["fate"] for it in read} <= {"READ", "REFUSED", "BROKEN"}
    for each in read:
        tags = found[each["reference"]][1]
        errors = [it for it in each["findings"] if it["isError"]]
        its = brought.get(each["reference"], {}).values()
        right = unchanged(known, tags)
        as_meant = all(any(it <= some for some in right) for it in unchanged(its, tags))
        assert as_meant or any("UNKNOWN_PLACE" in it["text"] for it in each["findings"]), each
        assert len(its) == len(known) or errors, each
    assert len(brought) > len(found) // 3


def known_lines(plant: str, name: str) -> list[set[Line]]:
    """Return the lines of a message as they were computed by hand."""
    return [
        {
            Line(each["article"], each["plant"], each["place"], line[1], Decimal(line[-1]))
            for line in each["lines"]
        }
        for each in plants.outcome(plant, name)["releases"]
    ]


async def lines_brought(world) -> dict[str, dict[UUID, set[Line]]]:
    """Return reference of a message -> release -> its lines."""
    found: dict[str, dict[UUID, set[Line]]] = {}
    async with world.database.writing(world.merchant_id) as session:
        for row in await session.execute(text(_BROUGHT), {"merchant": world.merchant_id}):
            reference, release, *line = row
            found.setdefault(reference, {}).setdefault(release, set()).add(Line(*line))
    return found


def unchanged(schedules: Schedules, tags: set[bytes]) -> list[set[Line]]:
    """Return lines without what changed segments say alone: nothing else tells what it was."""
    alone = {b"SCC": "commitment", b"LOC": "dock"}
    gone = dict.fromkeys(field for tag, field in alone.items() if tag in tags)
    return [{it._replace(**gone) for it in lines} for lines in schedules]


async def inbox(ask) -> list[dict[str, Any]]:
    """Return the messages of the inbox."""
    found, after = list[dict[str, Any]](), None
    while after or not found:
        page = (await ask(MESSAGES, after=after))["interchangeMessages"]
        found += page["nodes"]
        after = page["pageInfo"]["hasNextPage"] and page["pageInfo"]["endCursor"]
    return found


async def test_a_file_that_ends_behind_its_first_articles_brings_none_of_them(ask, world) -> None:
    content = plants.content("bremen", "first")
    first = content.index(b"LIN+2")
    for end in range(first, len(content) - len(b"1'\r\n"), 17):
        for each in await files.results(ask, content[:end]):
            assert each["interchange"]["state"] == "REJECTED"
            assert each["interchange"]["messages"]["nodes"] == []
    assert await files.read_all(world) == 0


async def test_a_fault_behind_the_first_articles_takes_them_back(ask, world, monkeypatch) -> None:
    monkeypatch.setattr("kit.standards.schedules.messages.MOST_ARTICLES", 1)
    record_all, calls = schedules.record_all, list[Any]()

    async def failing(writing: Any, command: Any) -> Any:
        calls.append(command)
        if len(calls) == 3:
            raise LookupError
        return await record_all(writing, command)

    monkeypatch.setattr(schedules, "record_all", failing)
    before = await digests(world)
    await files.received(ask, plants.content("bremen", "first"))
    await files.read_all(world)
    ((message,), changes) = await inbox(ask), await digests(world)
    assert (message["fate"], len(calls)) == ("FAILED", 3)
    untouched = ("releases", "schedule_lines", "message_releases", "cumulative_accounts")
    assert [it for it in untouched if changes[it] != before[it]] == []


@pytest.mark.parametrize("held", [1, 2, 250])
async def test_what_a_message_names_twice_is_taken_in_neither_time(
    ask, world, monkeypatch, held: int
) -> None:
    """In whichever portions it comes: held, how many articles are held at a time."""
    monkeypatch.setattr("kit.standards.schedules.messages.MOST_ARTICLES", held)
    content = plants.content("bremen", "first")
    first, second = content.index(b"LIN+1"), content.index(b"LIN+2")
    again = content[first:second]
    before, count, end = re.split(rb"UNT\+(\d+)", content)
    count = int(count) + len(re.findall(rb"[^?]'", again))
    await files.received(ask, before + again + b"UNT+%d" % count + end)
    await files.read_all(world)
    (message,) = await inbox(ask)
    errors = [it for it in message["findings"] if it["isError"]]
    assert message["fate"] == "READ"
    assert [it["tag"] for it in errors] == ["LIN"] * 2
    assert all("DUPLICATE: This line and place stands twice" in it["text"] for it in errors)
    (contract,) = (await ask(TAKEN))["contracts"]["nodes"]
    taken = {
        (line["product"]["sku"], release["account"]["unloadingPoint"])
        for line in contract["lines"]
        for release in line["releases"]["nodes"]
    }
    assert ("HX-100", "D1") not in taken
    assert ("HX-100", "E7") in taken


async def test_each_record_that_is_changed_is_taken_in_whole_or_not(ask, world) -> None:
    records = plants.content("stade", "first").split(b"\r\n")[:-1]
    every = {b"\r\n".join(it) for it, _ in changed(records)}
    for content in sorted(every):
        await files.results(ask, content)
    await files.read_all(world)
    assert {it["fate"] for it in await inbox(ask)} <= {"READ", "REFUSED"}
    states = {it["state"] for it in (await ask(INTERCHANGES))["interchanges"]["nodes"]}
    assert states == {"ACCEPTED", "REJECTED", "HELD"}
