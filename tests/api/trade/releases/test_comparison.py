"""What a release changes day by day, and what of it the customer is told cannot be met."""

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.ids import to_global
from models.access.viewers import Actor
from tests.guard import counted
from tests.make.master import parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule

COMPARE = """
query ($id: ID!, $with: ID) {
  node(id: $id) { ... on Release { comparison(releaseId: $with) {
    earlier { number } before after added removed raised lowered
    changes { day kind before after difference } } } }
}
"""
ANSWER = """
mutation ($input: ReleaseAnswerInput!) {
  releaseAnswer(input: $input) {
    release { answeredAt answers { scheduleLine { lineNo } quantity day reason }
      timeline(first: 9) { nodes { type } } }
    userErrors { code field }
  }
}
"""
DAYS = [f"2026-04-{day:02}" for day in range(1, 5)]


async def _compared(ask, release: dict[str, Any], other: dict[str, Any] | None = None) -> Any:
    found = await ask(COMPARE, **{"id": release["id"], "with": other and other["id"]})
    return found["node"]["comparison"]


async def _three(world, ask, **fields: Any) -> list[dict[str, Any]]:
    made = await contracts.contract(world, ask, **fields)
    line = made["lines"][0]["id"]
    sent = [
        [schedule(day, "100") for day in DAYS[:3]],
        [schedule(DAYS[0], "100"), schedule(DAYS[1], "70"), schedule(DAYS[1], "50")],
        [schedule(DAYS[1], "90"), schedule(DAYS[3], "5")],
    ]
    return [
        await contracts.release(ask, line, number, *lines, cumulativeReceived=received)
        for number, (lines, received) in enumerate(zip(sent, ("0", "0", "130"), strict=True), 1)
    ]


async def test_each_day_tells_what_changed_against_the_release_before(ask, world):
    first, second, _ = await _three(world, ask)
    assert await _compared(ask, first) is None
    found = await _compared(ask, second)
    assert found.pop("changes") == [
        {"day": DAYS[1], "kind": "RAISED", "before": "100", "after": "120", "difference": "20"},
        {"day": DAYS[2], "kind": "REMOVED", "before": "100", "after": "0", "difference": "-100"},
    ]
    sums = {"before": "300", "after": "220", "added": "0", "removed": "100"}
    assert found == {"earlier": {"number": "1"}, **sums, "raised": "20", "lowered": "0"}


async def test_what_came_in_between_is_no_change_and_any_earlier_one_can_be_chosen(ask, world):
    first, second, third = await _three(world, ask)
    # 130 came: of the second release nothing is left of day 1, and 90 of day 2.
    changes = (await _compared(ask, third))["changes"]
    assert [(it["day"], it["kind"]) for it in changes] == [(DAYS[3], "ADDED")]
    against = await _compared(ask, third, first)
    assert (against["earlier"]["number"], against["lowered"], against["added"]) == ("1", "0", "5")
    assert [(it["day"], it["difference"]) for it in against["changes"]] == [
        (DAYS[1], "20"),
        (DAYS[2], "-100"),
        (DAYS[3], "5"),
    ]
    assert await _compared(ask, first, second) is None


async def test_a_stranger_compares_nothing_and_it_is_one_statement(ask, world, database, plans):
    own = await parties.company(world)
    _, second, _ = await _three(world, ask, partyId=to_global("Party", own))
    buyer = ask.by(await world.key(Actor.BUYER, own))
    assert (await _compared(buyer, second))["after"] == "220"
    stranger = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    assert (await stranger(COMPARE, id=second["id"]))["node"] is None
    with counted(database.engine) as sent:
        await _compared(ask, second)
    assert len(sent) == 1 or not plans


@settings(max_examples=5, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 20)), max_size=5),
    st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 20)), max_size=5),
    st.integers(0, 30),
)
async def test_sums_agree_for_any_schedules(ask, world, before, after, received):
    line = (await contracts.contract(world, ask))["lines"][0]["id"]
    first = [schedule(day, str(quantity)) for day, quantity in before]
    await contracts.release(ask, line, 1, *first, cumulativeReceived="0")
    then = [schedule(day, str(quantity)) for day, quantity in after]
    second = await contracts.release(ask, line, 2, *then, cumulativeReceived=str(received))
    found = await _compared(ask, second)
    old, new = Counter[str](), Counter[str]()
    come = received
    for day, quantity in sorted(before, key=lambda it: it[0]):
        left = max(0, quantity - come)
        come -= quantity - left
        old[day] += left
    for day, quantity in after:
        new[day] += quantity
    assert [(it["day"], int(it["difference"])) for it in found["changes"]] == [
        (day, new[day] - old[day]) for day in DAYS if new[day] != old[day]
    ]
    sums = {name: Decimal(found[name]) for name in ("before", "after")}
    more, less = (sum(Decimal(found[it]) for it in some) for some in (_MORE, _LESS))
    assert (sums["before"], sums["after"]) == (old.total(), new.total())
    assert more - less == sums["after"] - sums["before"]


_MORE, _LESS = ("added", "raised"), ("removed", "lowered")


async def _answer(ask, release: dict[str, Any], *lines: dict[str, Any]) -> dict[str, Any]:
    values = {"releaseId": release["id"], "lines": list(lines)}
    return (await ask(ANSWER, input=values))["releaseAnswer"]


async def test_an_answer_says_what_can_be_instead_and_twice_is_once(ask, world, clock):
    first, *_ = await _three(world, ask)
    line = (await contracts.contract(world, ask))["lines"][0]["id"]
    release = await contracts.release(ask, line, 1, *(schedule(day, "100") for day in DAYS[:2]))
    one, two = (it["id"] for it in release["scheduleLines"])
    parts = [
        {"scheduleLineId": two, "quantity": "60", "day": DAYS[1], "reason": "No steel."},
        {"scheduleLineId": two, "quantity": "40", "day": "2026-04-20"},
        {"scheduleLineId": one, "quantity": "0"},
    ]
    answered = []
    for _ in range(2):
        answered.append((await _answer(ask, release, *parts))["release"])
        clock.time = clock.time.replace(hour=15)
    assert answered[0] == answered[1]
    assert [(it["scheduleLine"]["lineNo"], it["quantity"]) for it in answered[0]["answers"]] == [
        *((2, "60"), (2, "40"), (1, "0")),
    ]
    events = [it["type"] for it in answered[1]["timeline"]["nodes"]]
    assert events == ["release.activated", "release.answered"]
    all_of_it = (await _answer(ask, release))["release"]
    assert all_of_it["answers"] == []
    assert all_of_it["answeredAt"] > answered[0]["answeredAt"]
    old = await _answer(ask, first, *parts)
    assert contracts.codes(old)[0] == ("WRONG_STATE", "releaseId")


async def test_wrong_answers_are_refused_with_their_paths(ask, world):
    *_, other = await _three(world, ask)
    line = (await contracts.contract(world, ask))["lines"][0]["id"]
    release = await contracts.release(ask, line, 1, schedule(DAYS[0], "100"))
    (own,) = (it["id"] for it in release["scheduleLines"])
    wrong = [
        {"scheduleLineId": other["scheduleLines"][0]["id"], "quantity": "0"},
        {"scheduleLineId": own, "quantity": "0.5", "day": DAYS[0]},
        {"scheduleLineId": own, "quantity": "1"},
        {"scheduleLineId": own, "quantity": "101", "day": DAYS[1]},
    ]
    assert contracts.codes(await _answer(ask, release, *wrong)) == [
        ("NOT_FOUND", "lines.0.scheduleLineId"),
        ("SCALE_EXCEEDED", "lines.1.quantity"),
        ("INVALID", "lines.2.day"),
        ("QUANTITY_EXCEEDED", "lines.3.quantity"),
    ]
    twice = [{"scheduleLineId": own, "quantity": "0"}] * 2
    assert contracts.codes(await _answer(ask, release, *twice)) == [
        ("DUPLICATE", "lines.1.scheduleLineId")
    ]


async def test_a_go_ahead_stands_until_another_is_told(ask, world):
    """Neither changes of single lines nor a schedule that says none let it fall."""
    (line,) = (await contracts.contract(world, ask))["lines"]
    day, until = schedule("2026-03-10", "400"), {"productionGoAheadUntil": "2026-05-01"}
    sent = [
        ({"productionGoAhead": "500", **until}, None),
        ({"function": "UPDATE"}, None),
        ({}, None),
        ({"productionGoAhead": "500", "productionGoAheadUntil": "2026-04-01"}, ("500", "500")),
        ({"productionGoAhead": "400"}, ("500", "400")),
    ]
    for number, (fields, fell) in enumerate(sent, 1):
        payload = await contracts.try_release(ask, line["id"], number, day, **fields)
        its = {it["code"]: it for it in payload["release"]["findings"]}
        found = its.get("GO_AHEAD_FELL")
        assert (found and (found["expected"], found["found"])) == fell


async def test_it_is_compared_with_the_last_one_that_was_in_force(ask, world):
    """What waits for consent until another one comes awaits none then, and never was."""
    waits = {"holdingFindings": ["JUMP"], "jumpPercent": "50"}
    made = await contracts.contract(world, ask, **waits)
    line = made["lines"][0]["id"]
    first = await contracts.release(ask, line, 1, schedule(DAYS[0], "100"))
    waiting = (await contracts.try_release(ask, line, 2, schedule(DAYS[0], "300")))["release"]
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Release { state findings { isAwaiting } } } }"
    )
    expected = [("RECEIVED", True), ("SUPERSEDED", False)]
    for quantity, (state, is_awaiting) in zip((None, "110"), expected, strict=True):
        if quantity is not None:
            newest = await contracts.release(ask, line, 3, schedule(DAYS[0], quantity))
        found = (await ask(query, id=waiting["id"]))["node"]
        assert found == {"state": state, "findings": [{"isAwaiting": is_awaiting}]}
    compared = await _compared(ask, newest)
    assert (compared["earlier"]["number"], compared["before"], compared["after"]) == (
        first["number"],
        "100",
        "110",
    )
    named = await _compared(ask, newest, waiting)
    assert (named["earlier"]["number"], named["before"]) == (waiting["number"], "300")
