"""Delivery notes and days that customers tell, and what has left beside them."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from models.trade.releases.tables import AccountPeriod
from tests.api.trade.releases.test_accounts import _open, _send, _still_open
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule

_STANDING = """
query ($id: ID!) {
  contract(id: $id) { lines {
    cumulativeReceived
    demand(first: 9) { nodes { openQuantity } }
    accounts { periods { startsOn supplied received inTransit } }
  } }
}
"""


class Line:
    """A contract line, what is told of it, and what leaves for it; each an hour after the last."""

    def __init__(self, ask, world, clock) -> None:
        self.ask, self.world, self.clock = ask, world, clock
        self.number = 0

    async def begin(self) -> None:
        """Make the contract."""
        self.contract = await contracts.contract(self.world, self.ask)
        self.id = self.contract["lines"][0]["id"]

    async def tell(self, *quantities: str, notes: tuple[str, ...] = (), **fields: Any) -> Any:
        """Send a release. notes: numbers of deliveries."""
        self.number += 1
        self.clock.advance(hours=1)
        wanted = [schedule(f"2026-03-2{at}", it) for at, it in enumerate(quantities)]
        if notes:
            fields["lastReceipts"] = [{"deliveryNote": it} for it in notes]
        return await contracts.try_release(self.ask, self.id, self.number, *wanted, **fields)

    async def packed(self, quantity: str) -> dict[str, Any]:
        """Pack a delivery."""
        order = await contracts.call_off(self.world, self.ask, self.contract, quantity)
        return await deliveries.packed(self.world, self.ask, order, {"generateSscc": True})

    async def leave(self, sent: dict[str, Any]) -> None:
        """Dispatch a delivery."""
        self.clock.advance(hours=1)
        await deliveries.done(self.ask, "deliveryDispatch", deliveryId=sent["id"])

    async def send(self, quantity: str) -> dict[str, Any]:
        """Pack and dispatch a delivery."""
        sent = await self.packed(quantity)
        await self.leave(sent)
        return sent

    async def arrive(self, sent: dict[str, Any], received: str | None = None) -> None:
        """Confirm its receipt. received: less than was sent."""
        lines = [] if received is None else [{"received": received, "difference": "SHORT"}]
        for each in lines:
            each["deliveryLineId"] = sent["lines"][0]["id"]
        await deliveries.done(
            self.ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=lines
        )

    async def report(self, sent: dict[str, Any], status: str) -> None:
        """Let the carrier tell of it."""
        feed, (parcel,) = Feed(self.ask, self.world), sent["parcels"]
        await feed.results(feed.event(status, sscc=parcel["sscc"]))

    async def cumulative(self) -> str:
        """Return what the customer tells of the line that it has received."""
        return (await self._read())["cumulativeReceived"]

    async def _read(self) -> dict[str, Any]:
        found = await self.ask(_STANDING, id=self.contract["id"])
        return found["contract"]["lines"][0]

    async def opens(self) -> list[str]:
        """Return what is open."""
        return [it["openQuantity"] for it in (await self._read())["demand"]["nodes"]]

    async def period(self) -> tuple[str, str]:
        """Return what is received and in transit in the newest period."""
        newest = (await self._read())["accounts"][0]["periods"][-1]
        return newest["received"], newest["inTransit"]


@pytest.fixture
async def line(ask, world, clock) -> Line:
    made = Line(ask, world, clock)
    await made.begin()
    return made


async def test_a_period_that_has_not_begun_counts_nothing_yet(line, clock):
    await line.tell("100", cumulativeReceived="0")
    sent = await line.send("60")
    await line.arrive(sent)
    ahead = {"countedFrom": "2026-03-04", "cumulativeReceived": "0"}
    payload = await line.tell("40", "100", **ahead)
    assert contracts.found(payload) == ("ACTIVE", ["NEW_PERIOD"])
    assert await line.opens() == ["40", "100"]
    # It is told once, until another day is named.
    days = ("2026-03-04", "2026-03-05", "2026-03-04")
    sent = [await line.tell("40", "100", **ahead | {"countedFrom": day}) for day in days]
    states = [("ACTIVE", []), *[("ACTIVE", ["NEW_PERIOD"])] * 2]
    assert [contracts.found(it) for it in sent] == states
    await line.send("40")
    assert await line.opens() == ["0", "100"]
    clock.time = clock.time.replace(day=4)
    # The day has come: nothing has left since.
    await line.tell("30", **ahead)
    assert await line.opens() == ["30"]
    await line.send("20")
    assert await line.opens() == ["10"]


@pytest.mark.parametrize("named", ["lastReceipts", "lastReceiptReference"])
async def test_a_period_begins_after_notes_were_named(line, clock, named):
    await line.tell("100", cumulativeReceived="0")
    number = (await line.send("60"))["number"]
    note = number if named == "lastReceiptReference" else [{"deliveryNote": number}]
    await line.tell("40", cumulativeReceived="60", **{named: note})
    # Counted from the day on which the 60 left, though it comes the day after: 40 of 100 are open.
    clock.advance(days=1)
    payload = await line.tell("100", cumulativeReceived="0", countedFrom="2026-03-02")
    assert contracts.found(payload) == ("ACTIVE", ["NEW_PERIOD"])
    assert (await line.opens(), await line.period()) == (["40"], ("0", "60"))
    # Counted from today: nothing has left since, then 20 do.
    payload = await line.tell("30", cumulativeReceived="0", countedFrom="2026-03-03")
    assert contracts.found(payload) == ("ACTIVE", ["NEW_PERIOD"])
    assert await line.opens() == ["30"]
    await line.send("20")
    assert (await line.opens(), await line.period()) == (["10"], ("0", "20"))


async def test_without_a_figure_what_is_up_to_the_note_has_come(line):
    await line.tell("100")
    first = await line.send("60")
    await line.send("10")
    payload = await line.tell("40", notes=(first["number"],))
    assert payload["release"]["cumulativeReceived"] == "60"
    assert await line.opens() == ["30"]
    assert await line.period() == ("60", "10")


async def test_a_note_that_is_named_before_its_dispatch_is_recorded_counts_once(line):
    await line.tell("100", cumulativeReceived="0")
    sent = await line.packed("60")
    await line.tell("40", notes=(sent["number"],), cumulativeReceived="60")
    await line.leave(sent)
    assert await line.opens() == ["40"]
    await line.arrive(sent)
    assert (await line.opens(), await line.period()) == (["40"], ("60", "0"))
    # The same beside a delivery that has left before, and is in no figure yet.
    over, late = await line.send("10"), await line.packed("20")
    await line.tell("20", notes=(late["number"],), cumulativeReceived="80")
    await line.leave(late)
    assert (await line.opens(), await line.period()) == (["10"], ("80", "10"))
    await line.arrive(over)
    assert await line.period() == ("90", "0")


async def test_a_note_that_is_only_referred_to_is_named(line):
    await line.tell("160", cumulativeReceived="0")
    sent = await line.packed("60")
    figures = {"lastReceiptReference": sent["number"], "cumulativeReceived": "60"}
    await line.tell("100", **figures)
    await line.leave(sent)
    assert (await line.opens(), await line.period()) == (["100"], ("60", "0"))
    again = {"releaseNo": None, "number": str(line.number)}
    assert contracts.found(await line.tell("100", **figures | again)) == (
        "SUPERSEDED",
        ["REPEATED"],
    )


async def test_a_delivery_that_is_packed_still_is_told_without_a_figure(line):
    """Its customer has it before its dispatch is recorded; what leaves then comes no more."""
    await line.tell("100", cumulativeReceived="0")
    sent = await line.packed("60")
    # It is named twice, and counted once.
    for _ in range(2):
        payload = await line.tell("40", notes=(sent["number"],))
        assert contracts.found(payload)[0] == "ACTIVE"
        assert payload["release"]["cumulativeReceived"] == "60"
        assert await line.opens() == ["40"]
    await line.leave(sent)
    assert (await line.opens(), await line.period()) == (["40"], ("60", "0"))
    await line.send("30")
    assert (await line.opens(), await line.period()) == (["10"], ("60", "30"))
    # Beside it what left before has come, too, as what is up to any note has.
    late, first = await line.packed("10"), await line.send("5")
    await line.tell("20", notes=(late["number"], first["number"]))
    assert (await line.opens(), await line.period()) == (["20"], ("105", "0"))
    await line.leave(late)
    assert (await line.opens(), await line.period()) == (["20"], ("105", "0"))


@pytest.mark.parametrize("is_named", [True, False])
async def test_what_was_received_short_is_owed_again_once_a_later_note_is_named(line, is_named):
    await line.tell("100", cumulativeReceived="0")
    first = await line.send("60")
    await line.arrive(first, "55")
    if is_named:
        await line.tell("45", notes=(first["number"],), cumulativeReceived="55")
        assert await line.opens() == ["45"]
    second = await line.send("40")
    await line.tell("5", "10", notes=(second["number"],), cumulativeReceived="95")
    assert (await line.opens(), await line.period()) == (["5", "10"], ("95", "0"))


async def test_a_delivery_that_was_overtaken_is_in_transit_until_it_comes(line):
    await line.tell("100", cumulativeReceived="0")
    first, second = await line.send("60"), await line.send("40")
    await line.tell("60", notes=(second["number"],), cumulativeReceived="40")
    assert (await line.opens(), await line.period()) == (["0"], ("40", "60"))
    third = await line.send("7")
    await line.arrive(first)
    assert await line.period() == ("100", "7")
    # The older note is named later: what was in the figure before stays in it.
    await line.tell("10", notes=(first["number"],), cumulativeReceived="100")
    assert (await line.opens(), await line.period()) == (["3"], ("100", "7"))
    await line.arrive(third)
    assert await line.period() == ("107", "0")


async def test_of_two_deliveries_that_left_at_once_the_one_not_named_comes_by_its_receipt(
    ask, line
):
    await line.tell("100", cumulativeReceived="0")
    one, other = await line.packed("60"), await line.packed("40")
    for each in (one, other):
        await deliveries.done(ask, "deliveryDispatch", deliveryId=each["id"])
    await line.tell("40", notes=(one["number"],), cumulativeReceived="60")
    assert (await line.opens(), await line.period()) == (["0"], ("60", "40"))
    for each in (one, other):
        await line.arrive(each)
    assert await line.period() == ("100", "0")


async def test_all_notes_are_compared_with_what_was_told_before(line):
    await line.tell("100", cumulativeReceived="0")
    first, second, third = [(await line.send(it))["number"] for it in ("10", "20", "30")]
    line.clock.advance(hours=1)
    same = {"number": "7", "issuedAt": line.clock().isoformat(), "cumulativeReceived": "50"}
    sent = [
        (first, third),
        (first, third),
        # The last one is the same, and the one before is another.
        (second, third),
        (third,),
        (),
    ]
    found = []
    for notes in sent:
        payload = await line.tell("40", notes=notes, releaseNo=None, **same)
        found.append(contracts.found(payload))
    again = ("SUPERSEDED", ["REPEATED"])
    assert found == [("ACTIVE", []), again, ("ACTIVE", []), ("ACTIVE", []), again]


async def test_a_day_to_come_is_refused_and_an_account_that_was_opened_wrong_is_mended(ask, world):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    taken = {"contractLineId": line, "issued": "500", "received": "500"}
    (refused,) = await _open(ask, {**taken, "startsOn": "2027-01-01"})
    assert refused["userErrors"] == [
        {"code": "INVALID_DATE", "field": ["input", "accounts", "0", "startsOn"]}
    ]
    # One that stands so since it was taken, and where a schedule has come by then.
    await _open(ask, {**taken, "startsOn": "2026-02-28"})
    await contracts.release(ask, line, 1, schedule("2026-03-10", "100"), cumulativeReceived="500")
    begins = update(AccountPeriod).where(AccountPeriod.merchant_id == world.merchant_id)
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(begins.values(starts_on=date(2027, 1, 1)))
    await _send(ask, world, contract, "60")
    assert await _still_open(ask, contract) == ["100"]
    (mended,) = await _open(ask, {**taken, "startsOn": "2026-01-01"})
    (period,) = mended["account"]["periods"]
    assert (mended["status"], period["startsOn"], period["cumulativeIssued"]) == (
        *("UPDATED", "2026-01-01", "560"),
    )
    assert await _still_open(ask, contract) == ["40"]
    # What its customer says itself stays as it is, and so does what was before that.
    anew = {"countedFrom": "2026-03-02", "cumulativeReceived": "0"}
    for number, figures in ((2, {}), (3, anew)):
        await contracts.release(ask, line, number, schedule("2026-03-10", "100"), **figures)
    (refused,) = await _open(ask, {**taken, "startsOn": "2026-02-01"})
    assert [it["code"] for it in refused["userErrors"]] == ["INVALID_DATE"]


async def test_what_came_before_the_last_note_is_in_the_figure_and_not_added(line):
    """The last note by arrival is not the last by dispatch."""
    await line.tell("189", cumulativeReceived="0")
    first, second = await line.send("49"), await line.send("40")
    payload = await line.tell("100", notes=(first["number"],), cumulativeReceived="89")
    assert contracts.found(payload) == ("ACTIVE", [])
    for each in (None, first, second):
        if each is not None:
            await line.arrive(each)
        assert (await line.opens(), await line.period()) == (["100"], ("89", "0"))
        assert await line.cumulative() == "89"
    await line.tell("100")
    assert (await line.opens(), await line.period()) == (["100"], ("89", "0"))


_OVERTAKEN = {
    # Of 10, 20 and 30 the second comes last, and the first had come after the third.
    "the second of three comes last": (("10", "20", "30"), 0, "40", ("80", "40", "20")),
    "its third is named": (("10", "20", "30"), 2, "40", ("80", "40", "20")),
    # Of 40 there are 11; what is missing is under way.
    "a figure ends inside a note": (("49", "40"), 0, "60", ("71", "60", "29")),
    "nothing has overtaken": (("49", "40"), 0, "49", ("60", "49", "40")),
    # Of the 49 there are 44: five are owed again.
    "a note was short": (("49", "40"), 0, "44", ("60", "44", "40")),
    # One more than was issued.
    "there is more": (("49", "40"), 0, "90", ("100", "90", "0")),
}


@pytest.mark.parametrize("case", _OVERTAKEN)
async def test_a_figure_holds_what_came_in_whatever_order(line, case):
    """Of deliveries one is named; then what is open of 100, received and in transit."""
    left, named, figure, (still_open, received, under_way) = _OVERTAKEN[case]
    await line.tell("100", cumulativeReceived="0")
    sent = [await line.send(it) for it in left]
    await line.tell("100", notes=(sent[named]["number"],), cumulativeReceived=figure)
    assert (await line.opens(), await line.period()) == ([still_open], (received, under_way))
    for each in sent:
        await line.arrive(each)
    everything = max(int(figure), sum(map(int, left)))
    if case != "a note was short":
        assert await line.period() == (str(everything), "0")
    notes = tuple(it["number"] for it in sent)
    await line.tell("7", notes=notes, cumulativeReceived=str(everything))
    assert (await line.opens(), await line.period()) == (["7"], (str(everything), "0"))


@pytest.mark.parametrize("status", ["LOST", "RETURNED_TO_SENDER"])
async def test_what_was_overtaken_is_owed_again_where_it_does_not_come(line, status):
    await line.tell("100", cumulativeReceived="0")
    first, second, third = [await line.send(it) for it in ("49", "40", "11")]
    # Of the two later ones the third has come.
    await line.tell("100", notes=(first["number"],), cumulativeReceived="60")
    assert (await line.opens(), await line.period()) == (["60"], ("60", "40"))
    await line.report(second, status)
    assert (await line.opens(), await line.period()) == (["100"], ("60", "0"))
    await line.arrive(third)
    assert (await line.opens(), await line.period()) == (["100"], ("60", "0"))


async def test_what_the_customer_had_beyond_ours_stays_on_top_whatever_comes_first(line):
    # It has had 5 before we counted.
    await line.tell("100", cumulativeReceived="5")
    first, second = await line.send("49"), await line.send("40")
    await line.tell("100", notes=(second["number"],), cumulativeReceived="45")
    assert (await line.opens(), await line.period()) == (["51"], ("45", "49"))
    third = await line.send("3")
    await line.tell("100", notes=(first["number"],), cumulativeReceived="94")
    assert (await line.opens(), await line.period()) == (["97"], ("94", "3"))
    await line.arrive(third)
    assert (await line.opens(), await line.period()) == (["97"], ("97", "0"))
    # Two of what it had are gone: it wants them beside the 100.
    fallen = {"cumulativeReceived": "95", "correction": True}
    await line.tell("100", notes=(third["number"],), **fallen)
    assert (await line.opens(), await line.period()) == (["100"], ("95", "0"))


async def test_a_new_period_holds_what_came_of_it_first(line, clock):
    await line.tell("100", cumulativeReceived="0")
    await line.send("49")
    clock.advance(days=1)
    anew = {"countedFrom": clock().date().isoformat()}
    first = await line.send("30")
    await line.send("20")
    await line.tell("100", notes=(first["number"],), cumulativeReceived="50", **anew)
    assert (await line.opens(), await line.period()) == (["100"], ("50", "0"))
