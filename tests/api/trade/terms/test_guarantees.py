"""What contracts guarantee of their supply: stated with a line, changed by amendment only."""

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.trade import contracts
from tests.make.trade.orders import products

SHOWN = """
query ($id: ID!) {
  contract(id: $id) {
    version
    lines {
      id lineNo
      guarantee {
        id leadTimeDays quantity period graceDays penaltyPercentPerDay
        penaltyPerUnit { amount currency } penaltyCapPercent excuses agreedAt
      }
    }
  }
}
"""
CALL_OFF = """
query ($id: ID!) { order(id: $id) { lines { guarantee { id graceDays } } } }
"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Guarantee { graceDays } } }"
TERMS = contracts.GUARANTEE


async def _contract(world, ask, guarantee=TERMS):
    (bolt,) = await products(ask, "BOLT")
    return await contracts.contract(world, ask, lines=[contracts.line(bolt, guarantee=guarantee)])


async def _shown(ask, contract):
    return (await ask(SHOWN, id=contract["id"]))["contract"]


async def _amend(ask, contract, **more):
    line = {"contractLineId": contract["lines"][0]["id"], **more}
    return await contracts.change(ask, "contractAmend", contractId=contract["id"], lines=[line])


async def test_a_line_states_what_is_guaranteed(world, ask):
    contract = await _contract(world, ask)
    (line,) = (await _shown(ask, contract))["lines"]
    assert line["guarantee"] | {"id": None} == {
        **TERMS,
        "id": None,
        "excuses": ["CUSTOMER_REQUEST", "FORCE_MAJEURE"],
        "penaltyPerUnit": {"amount": "0.1", "currency": "EUR"},
        "agreedAt": "2026-03-02T09:00:00+00:00",
    }


async def test_nothing_is_guaranteed_where_nothing_is_said(world, ask):
    contract = await contracts.contract(world, ask)
    assert (await _shown(ask, contract))["lines"][0]["guarantee"] is None
    least = await _contract(world, ask, {})
    found = (await _shown(ask, least))["lines"][0]["guarantee"]
    assert (found["leadTimeDays"], found["graceDays"], found["excuses"]) == (0, 0, [])


WRONG = {
    "period": ("INVALID", {"quantity": "5"}),
    "period ": ("INVALID", {"period": "DAY"}),
    "quantity": ("SCALE_EXCEEDED", {"quantity": "0.5", "period": "DAY"}),
    "penaltyCapPercent": ("INVALID", {"penaltyCapPercent": "5"}),
    "excuses": ("INVALID", {"excuses": ["STRIKE"]}),
    "penaltyCapPercent ": (
        "OUT_OF_RANGE",
        {"penaltyPercentPerDay": "2", "penaltyCapPercent": "1.9"},
    ),
    "excuses.1": ("DUPLICATE", {"penaltyPerUnit": "1", "excuses": ["STRIKE", "STRIKE"]}),
    "leadTimeDays": ("NOT_POSITIVE", {"leadTimeDays": -1}),
    "graceDays": ("OUT_OF_RANGE", {"graceDays": 3651}),
    "penaltyPerUnit": ("NOT_POSITIVE", {"penaltyPerUnit": "-1"}),
    "penaltyPerDay": ("SCALE_EXCEEDED", {"penaltyPerDay": "1.001"}),
    "penaltyPercentPerDay": ("OUT_OF_RANGE", {"penaltyPercentPerDay": "100.1"}),
}
"""Field -> the code of its refusal, and the terms that are refused."""


@pytest.mark.parametrize("field", WRONG)
async def test_terms_that_contradict_each_other_are_refused_together(world, ask, field):
    code, terms = WRONG[field]
    (bolt,) = await products(ask, "BOLT")
    new = contracts.line(bolt, guarantee=terms)
    fields = await contracts.contract_input(world, ask, lines=[new])
    payload = await contracts.change(ask, "contractCreate", **fields)
    path = f"guarantee.{field.strip()}"
    assert contracts.codes(payload) == [(code, f"lines.0.{path}")]
    contract = await _contract(world, ask)
    refused = await _amend(ask, contract, guarantee=terms)
    assert contracts.codes(refused) == [(code, f"lines.0.{path}")]
    added = await contracts.change(ask, "contractAmend", contractId=contract["id"], addLines=[new])
    assert contracts.codes(added) == [(code, f"addLines.0.{path}")]


async def test_an_amendment_changes_it_and_what_is_called_off_keeps_it(world, ask):
    contract = await _contract(world, ask)
    before = await contracts.call_off(world, ask, contract, "10")
    amended = await _amend(ask, contract, guarantee=TERMS | {"graceDays": 9})
    assert amended["userErrors"] == []
    after = await contracts.call_off(world, ask, contract, "10")
    ended = await _amend(ask, contract, guarantee=None)
    assert ended["userErrors"] == []
    last = await contracts.call_off(world, ask, contract, "10")
    kept = [
        (await ask(CALL_OFF, id=each["id"]))["order"]["lines"][0]["guarantee"]
        for each in (before, after, last)
    ]
    assert [it and it["graceDays"] for it in kept] == [2, 9, None]
    assert (await _shown(ask, contract))["lines"][0]["guarantee"] is None


async def test_an_amendment_to_what_is_guaranteed_already_changes_nothing(world, ask):
    contract = await _contract(world, ask)
    same = TERMS | {"excuses": TERMS["excuses"][::-1], "quantity": "100.0"}
    for more in ({"guarantee": same}, {"unitPrice": "2.5"}):
        again = await _amend(ask, contract, **more)
        assert again["contract"]["version"] == contract["version"]
    other = await _amend(ask, contract, unitPrice="3")
    assert other["contract"]["version"] == contract["version"] + 1
    found = (await _shown(ask, contract))["lines"][0]["guarantee"]
    assert (found["graceDays"], found["agreedAt"]) == (2, "2026-03-02T09:00:00+00:00")


async def test_many_lines_are_guaranteed_by_as_many_statements_as_one(world, ask):
    skus = [f"S-{number}" for number in range(6)]
    lines = [contracts.line(it, guarantee=TERMS) for it in await products(ask, *skus)]
    counts = []
    for some in (lines[:1], lines):
        fields = await contracts.contract_input(world, ask, lines=some)
        with counted(world.database.engine) as statements:
            await contracts.change(ask, "contractCreate", **fields)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_the_party_sees_it_and_neither_another_one_nor_a_warehouse(world, ask):
    contract = await _contract(world, ask)
    strange = await contracts.contract(world, ask)
    at = await locations.location(world)
    called = await contracts.call_off(world, ask, contract, "10")
    await deliveries.planned(world, ask, called, locationId=to_global("Location", at))
    key = (await _shown(ask, contract))["lines"][0]["guarantee"]["id"]

    async def seen(actor, to):
        by = ask.by(await world.key(actor, to))
        found = (await by(CALL_OFF, id=called["id"]))["order"]
        return (await by(NODE, id=key))["node"], found and found["lines"][0]["guarantee"]

    own, other = (from_global(it["party"]["id"])[1] for it in (contract, strange))
    assert await seen(Actor.BUYER, own) == ({"graceDays": 2}, {"id": key, "graceDays": 2})
    assert await seen(Actor.BUYER, other) == (None, None)
    assert await seen(Actor.WAREHOUSE, at) == (None, None)
