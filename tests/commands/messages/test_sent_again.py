"""Messages of one number and instant: the same once more, and others, of which the last counts."""

import pytest

from commands.messages.readers.schedules import _not_in_force
from kit.standards.schedules.messages import ArticleSchedule
from models.trade.contracts.findings import FindingCode
from models.trade.releases.words import ReleaseState
from tests.commands.messages import test_schedules as schedules
from tests.commands.messages.test_schedules import END, PIECES, quantities, released, sent
from tests.make.messages import files

partner = schedules.partner
HEAD = b"UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'"
"""Of a day only: all that came on it are of one instant."""


async def test_a_message_of_the_same_number_and_day_is_read_by_what_it_says(ask, world, partner):
    wanted = []
    for reference, quantity in (("MON", b"100"), ("TUE", b"250"), ("WED", b"250"), ("THU", b"90")):
        content = HEAD + PIECES % (b"", quantity) + END
        assert await released(ask, world, partner, content, reference) == []
        wanted += (await quantities(ask)).values()
    assert wanted == [["0", "100"], ["0", "250"], ["0", "250"], ["0", "90"]]
    (contract,) = (await ask(schedules.READ))["contracts"]["nodes"]
    line = next(each for each in contract["lines"] if each["releases"]["nodes"])
    states = [it["state"] for it in line["releases"]["nodes"]]
    assert sorted(states) == ["ACTIVE", "SUPERSEDED", "SUPERSEDED", "SUPERSEDED"]


OWN = HEAD.replace(b"+1+5'", b"+%s+5'")
WEIGHED = b"LIN+1++4712:IN'LOC+11+D2'SCC+1'QTY+113:7:KGM'DTM+2:20260309:102'"


async def test_of_an_interchange_that_came_in_part_before_the_rest_is_new(ask, world, partner):
    """Its first message is there already, under a reference of its own; its second is not."""
    again = OWN % b"1" + PIECES % (b"", b"100")
    assert await released(ask, world, partner, again + END, "FIRST") == []
    head = f"UNB+UNOC:3+{partner['identification']}:14+SUPPLIER:ZZ+260302:0900+SECOND++X'"
    fresh = (OWN % b"2").replace(b"UNH+1", b"UNH+2") + WEIGHED
    parts = [again + b"UNT+8+1'", fresh + b"UNT+9+2'"]
    whole = head.encode() + b"".join(_counted(it) for it in parts) + b"UNZ+2+SECOND'"
    taken = await files.received(ask, whole)
    assert (taken["state"], await files.read_all(world)) == ("ACCEPTED", 2)
    found = {it["reference"]: it for it in (await ask(MESSAGES))["interchangeMessages"]["nodes"]}
    assert [it["code"] for it in found["2"]["findings"]] == []
    states = sorted((await quantities(ask)).items())
    assert states == [(("5500012345", "D1"), ["0", "100"]), (("5500012345", "D2"), ["0", "7"])]
    (line,) = [it for it in await _lines(ask) if it["product"]["sku"] == "4711-A"]
    assert [it["state"] for it in line["releases"]["nodes"]].count("SUPERSEDED") == 1
    # The same reference with other bytes is nobody's to guess: it is held as a whole.
    other = whole.replace(b"QTY+113:7:", b"QTY+113:8:")
    assert (await files.received(ask, other))["state"] == "HELD"


MESSAGES = "{ interchangeMessages(first: 9) { nodes { reference findings { code } } } }"


def _counted(message: bytes) -> bytes:
    body, end = message.split(b"UNT+")
    return body + b"UNT+%d+" % (body.count(b"'") + 1) + end.split(b"+")[1]


async def _lines(ask):
    (contract,) = (await ask(schedules.READ))["contracts"]["nodes"]
    return contract["lines"]


@pytest.mark.parametrize(
    ("total", "found"), [(b"CNT+2:1'", []), (b"CNT+2:2'", ["COUNTS_DIFFER", "INVALID_VALUE"])]
)
async def test_a_total_that_differs_is_told_beside_what_is_taken_in(
    ask, world, partner, total, found
):
    """It ends nothing that it does not name: an article of it may be lost."""
    own = {key: partner[key] for key in ("code", "identification")}
    whole = {"scheduleCodes": [{"element": "FUNCTION", "code": "5", "meaning": "WHOLE"}]}
    await files.partner(ask, **own, partyNumber="NORTH", **whole)
    before = OWN % b"1" + PIECES % (b"", b"12") + WEIGHED.replace(b"+1+", b"+2+", 1) + END
    assert await released(ask, world, partner, before, "FIRST") == []
    later = (OWN % b"2").replace(b"20260302", b"20260303")
    content = later + PIECES % (b"", b"20") + b"UNS+S'" + total + END
    assert await released(ask, world, partner, content, "SECOND") == found
    left = (await quantities(ask))["5500012345", "D2"]
    assert left == (["0", "7"] if found else ["0"])
    assert (await quantities(ask))["5500012345", "D1"] == ["0", "20"]


FATES = "{ interchangeMessages(first: 9) { nodes { id fate findings { code text } } } }"


@pytest.mark.parametrize("day", [b"DTM+137:20260302:102'", b""], ids=["of a day", "of no day"])
async def test_a_message_that_is_replayed_was_received_when_it_came(
    ask, world, clock, partner, day
):
    """Of one day, or of none, a later message is newer, whenever the first one is understood."""
    head = OWN.replace(b"DTM+137:20260302:102'", day)
    unknown = b"LIN+2++NEW-1:IN'LOC+11+D1'SCC+1'QTY+113:%d:PCE'DTM+2:20260309:102'"
    await files.received(ask, sent(partner, head % b"1" + unknown % 111 + END, "FIRST"))
    await files.read_all(world)
    (message,) = (await ask(FATES))["interchangeMessages"]["nodes"]
    assert len(message["findings"]) == 1
    own = {key: partner[key] for key in ("code", "identification")}
    await files.partner(ask, **own, articleNumbers=[{"theirs": "NEW-1", "ours": "4711-A"}])
    clock.advance(hours=1)
    assert await released(ask, world, partner, head % b"2" + unknown % 222 + END, "SECOND") == []
    clock.advance(hours=1)
    await files.replay(ask, message["id"])
    await files.read_all(world)
    # Of the first one nothing is open.
    assert (await quantities(ask))["5500012345", "D1"] == ["0", "222"]
    found = {it["id"]: it for it in (await ask(FATES))["interchangeMessages"]["nodes"]}
    assert found[message["id"]]["fate"] == "READ"
    assert [it["code"] for it in found[message["id"]]["findings"]] == ["NOT_IN_FORCE"]


async def test_a_message_without_a_number_is_told_in_words_of_messages(ask, world, partner):
    nameless = HEAD.replace(b"+1+5'", b"++5'") + PIECES % (b"", b"100") + END
    assert await released(ask, world, partner, nameless) == ["INVALID_VALUE"]
    (message,) = (await ask(schedules.READ))["interchangeMessages"]["nodes"]
    (found,) = message["findings"]
    text = "It has no number: neither the message (BGM, 1004) nor its article says one."
    assert found["text"].endswith(f": INVALID: {text}")


def test_what_a_release_waits_for_is_told_once():
    waiting = [FindingCode.FIRM_ZONE, FindingCode.JUMP, FindingCode.FIRM_ZONE]
    result = {"state": ReleaseState.RECEIVED, "is_repeated": False, "waiting": waiting}
    (finding,) = _not_in_force(ArticleSchedule(1, 0, ""), result)
    assert finding.text.endswith("comes into force with consent to FIRM_ZONE, JUMP.")
