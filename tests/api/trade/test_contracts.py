"""Contracts over GraphQL: created, amended, run, ended and settled."""

import pytest

from kit.ids import to_global
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import contracts
from tests.make.trade.orders import products

LIST = """
query ($first: Int!) {
  contracts(first: $first) {
    nodes {
      number state isExhausted isExpired party { name } shipTos { code }
      lines { remaining ceiling inTransit product { sku } releases(first: 3) { totalCount } }
      shortfalls { quantity } callOffs(first: 3) { nodes { number } }
      releases(first: 3) { totalCount }
      timeline(first: 9) { nodes { type } }
    }
  }
}
"""
NUMBERS = """
query ($filter: ContractFilter, $sort: ContractSort) {
  contracts(first: 50, filter: $filter, sort: $sort) { nodes { number } }
}
"""
"""Each filter is a statement of its own: what is asked for beside numbers would be in every one."""


async def _numbers(ask, sort=None, **wanted) -> list[str]:
    found = await ask(NUMBERS, filter=wanted, sort=sort)
    return [it["number"] for it in found["contracts"]["nodes"]]


async def _read(ask, contract):
    return (await ask(contracts.CONTRACT, id=contract["id"]))["contract"]


async def test_a_contract_is_created_as_a_draft_with_numbered_lines(ask, world):
    bolt, nut = await products(ask, "BOLT", "NUT")
    fields = await contracts.contract_input(
        world,
        ask,
        lines=[
            contracts.line(bolt, minQuantity="600", maxQuantity="1200", overTolerancePercent="5"),
            contracts.line(nut),
            contracts.line(bolt, "50", unitPrice="2"),
        ],
    )
    made = (await contracts.change(ask, "contractCreate", **fields))["contract"]
    assert (made["number"], made["state"], made["priorityOn"]) == (
        "C-000001",
        "DRAFT",
        "2026-01-01",
    )
    assert [it["lineNo"] for it in made["lines"]] == [1, 2, 3]
    assert [it["product"]["sku"] for it in made["lines"]] == ["BOLT", "NUT", "BOLT"]
    first = made["lines"][0]
    assert (first["agreed"], first["ceiling"], first["remaining"]) == ("1200", "1260", "1200")
    assert first["unitPrice"] == {"amount": "2.5", "currency": "EUR"}


async def test_a_given_number_is_taken_once_and_the_counter_steps_over_it(ask, world):
    await contracts.draft(world, ask, number="C-000001")
    fields = await contracts.contract_input(world, ask, number="C-000001")
    again = await contracts.change(ask, "contractCreate", **fields)
    assert contracts.codes(again) == [("TAKEN", "number")]
    assert (await contracts.draft(world, ask))["number"] == "C-000002"


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"minQuantity": "1001"}, "OUT_OF_RANGE", "lines.0.minQuantity"),
        ({"maxQuantity": "999"}, "OUT_OF_RANGE", "lines.0.maxQuantity"),
        ({"targetQuantity": "0.5"}, "SCALE_EXCEEDED", "lines.0.targetQuantity"),
        ({"targetQuantity": "0"}, "NOT_POSITIVE", "lines.0.targetQuantity"),
        ({"targetQuantity": "-1"}, "NOT_POSITIVE", "lines.0.targetQuantity"),
        ({"lotMultiple": "0"}, "NOT_POSITIVE", "lines.0.lotMultiple"),
        ({"overTolerancePercent": "101"}, "OUT_OF_RANGE", "lines.0.overTolerancePercent"),
        ({"minPerCallOff": "9", "maxPerCallOff": "8"}, "OUT_OF_RANGE", "lines.0.maxPerCallOff"),
        ({"productId": "Tm90aGluZw=="}, "INVALID_ID", "lines.0.productId"),
    ],
)
async def test_a_line_that_contradicts_itself_is_refused(ask, world, wrong, code, path):
    (bolt,) = await products(ask, "BOLT")
    fields = await contracts.contract_input(world, ask, lines=[contracts.line(bolt) | wrong])
    payload = await contracts.change(ask, "contractCreate", **fields)
    assert contracts.codes(payload) == [(code, path)]
    assert await _numbers(ask) == []


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"validTo": "2025-12-31"}, "INVALID_DATE", "validTo"),
        ({"validFrom": "0001-01-01"}, "INVALID_DATE", "validFrom"),
        ({"validTo": "9999-12-31"}, "INVALID_DATE", "validTo"),
        ({"timeZone": "Europe/Atlantis"}, "INVALID_TIME_ZONE", "timeZone"),
        ({"currency": "XYZ"}, "INVALID_CURRENCY", "currency"),
        ({"number": "\u0000"}, "INVALID_CHARACTER", "number"),
        ({"terms": "x" * 100_000}, "TOO_LONG", "terms"),
        ({"lines": []}, "TOO_FEW_ITEMS", "lines"),
        ({"minNoticeDays": -1}, "NOT_POSITIVE", "minNoticeDays"),
        ({"partyId": to_global("Party", make.new_id())}, "NOT_FOUND", "partyId"),
    ],
)
async def test_wrong_terms_are_refused_with_their_path(ask, world, wrong, code, path):
    fields = await contracts.contract_input(world, ask)
    payload = await contracts.change(ask, "contractCreate", **fields | wrong)
    assert contracts.codes(payload) == [(code, path)]
    assert await _numbers(ask) == []


async def test_texts_of_any_script_are_kept(ask, world):
    number = "חוזה 7 🚚"
    assert (await contracts.draft(world, ask, number=number))["number"] == number
    assert await _numbers(ask, numberPrefix="חוזה") == [number]


async def test_only_the_partys_own_addresses_can_be_shipped_to(ask, world):
    own, other = await parties.company(world), await parties.company(world)
    query = """query ($id: ID!) {
      party(id: $id) { addresses { id } contracts(first: 1) { totalCount } }
    }"""
    (mine,) = (await ask(query, id=to_global("Party", own)))["party"]["addresses"]
    (theirs,) = (await ask(query, id=to_global("Party", other)))["party"]["addresses"]
    party = {"partyId": to_global("Party", own)}
    fields = await contracts.contract_input(
        world, ask, **party, shipToIds=[mine["id"], theirs["id"]]
    )
    payload = await contracts.change(ask, "contractCreate", **fields)
    assert contracts.codes(payload) == [("NOT_FOUND", "shipToIds.1")]
    fields["shipToIds"] = [mine["id"], mine["id"]]
    payload = await contracts.change(ask, "contractCreate", **fields)
    assert contracts.codes(payload) == [("DUPLICATE", "shipToIds.1")]
    made = await contracts.draft(world, ask, **party, shipToIds=[mine["id"]])
    assert made["shipTos"] == [{"id": mine["id"], "code": "MAIN"}]
    assert (await ask(query, id=to_global("Party", own)))["party"]["contracts"]["totalCount"] == 1


@pytest.mark.harmless(
    "contractResume", "It lets call-offs go on, within all that the contract agrees on."
)
@pytest.mark.harmless(
    "contractActivate", "It lets a draft be called off, within all that it agrees on."
)
@pytest.mark.harmless("contractSuspend", "It only stops call-offs and releases.")
async def test_people_start_stop_resume_and_end_a_contract(ask, world):
    made = await contracts.draft(world, ask)
    states = [made["state"]]
    for name in ("contractActivate", "contractSuspend", "contractResume", "contractTerminate"):
        payload = await contracts.change(ask, name, contractId=made["id"])
        assert payload["userErrors"] == []
        states.append(payload["contract"]["state"])
    assert states == ["DRAFT", "ACTIVE", "SUSPENDED", "ACTIVE", "TERMINATED"]
    for name in ("contractActivate", "contractSuspend", "contractResume", "contractTerminate"):
        payload = await contracts.change(ask, name, contractId=made["id"])
        assert contracts.codes(payload) == [("WRONG_STATE", "contractId")]
    found = (await ask(LIST, first=1))["contracts"]["nodes"][0]
    assert [it["type"] for it in found["timeline"]["nodes"]] == [
        "contract.created",
        "contract.activated",
        "contract.suspended",
        "contract.resumed",
        "contract.terminated",
    ]


async def test_why_a_contract_stopped_stands_in_its_row_and_not_in_the_journal(ask, world):
    made = await contracts.contract(world, ask)
    for name, reason in (
        ("contractSuspend", "Anna asked for it."),
        ("contractResume", None),
        ("contractTerminate", "Anna moved away."),
    ):
        fields = {} if reason is None else {"reason": reason}
        await contracts.change(ask, name, contractId=made["id"], **fields)
        kept = await ask("query ($id: ID!) { contract(id: $id) { stateReason } }", id=made["id"])
        assert kept == {"contract": {"stateReason": reason}}
    assert "Anna" not in str([it.payload for it in await rows(world, JournalEntry)])


async def test_a_contract_with_open_call_offs_ends_only_when_they_are_kept(ask, world):
    made = await contracts.contract(world, ask)
    await contracts.call_off(world, ask, made, "100")
    refused = await contracts.change(ask, "contractTerminate", contractId=made["id"])
    assert contracts.codes(refused) == [("OPEN_CALL_OFFS", "keepCallOffs")]
    kept = await contracts.change(
        ask, "contractTerminate", contractId=made["id"], keepCallOffs=True, reason="Moved away"
    )
    assert kept["contract"]["state"] == "TERMINATED"


async def test_a_stale_version_is_refused(ask, world):
    made = await contracts.draft(world, ask)
    step = {"contractId": made["id"], "expectedVersion": made["version"]}
    first = await contracts.change(ask, "contractAmend", **step, terms="One")
    second = await contracts.change(ask, "contractAmend", **step, terms="Two")
    assert first["contract"]["version"] == made["version"] + 1
    assert contracts.codes(second) == [("VERSION_CONFLICT", "expectedVersion")]


async def test_an_amendment_to_what_is_so_already_changes_nothing(ask, world):
    made = await contracts.draft(world, ask)
    step = {"contractId": made["id"]}
    line = {"contractLineId": made["lines"][0]["id"], "overTolerancePercent": "7"}
    changes = {"terms": "One", "validTo": "2026-12-30", "lines": [line]}
    first = await contracts.change(ask, "contractAmend", **step, **changes)
    again = await contracts.change(ask, "contractAmend", **step, **changes)
    assert first["contract"]["version"] == made["version"] + 1
    assert (again["contract"], contracts.codes(again)) == (first["contract"], [])


async def test_an_amendment_changes_lines_and_adds_new_numbers(ask, world):
    (bolt, nut) = await products(ask, "BOLT", "NUT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt, minQuantity="10")])
    payload = await contracts.change(
        ask,
        "contractAmend",
        contractId=made["id"],
        validTo="2027-12-31",
        lines=[
            {
                "contractLineId": made["lines"][0]["id"],
                "maxQuantity": "1500",
                "minQuantity": None,
                "unitPrice": "3",
            }
        ],
        addLines=[contracts.line(nut, "20")],
    )
    amended = payload["contract"]
    assert (amended["validTo"], [it["lineNo"] for it in amended["lines"]]) == ("2027-12-31", [1, 2])
    first = amended["lines"][0]
    assert (first["agreed"], first["minQuantity"], first["unitPrice"]["amount"]) == (
        "1500",
        None,
        "3",
    )


@pytest.mark.gate("K1", "contractAmend")
async def test_less_than_is_called_off_cannot_be_agreed_later(ask, world):
    (bolt,) = await products(ask, "BOLT")
    made = await contracts.contract(
        world, ask, lines=[contracts.line(bolt, overTolerancePercent="10")]
    )
    await contracts.call_off(world, ask, made, "1050")
    change = {"contractLineId": made["lines"][0]["id"]}
    for wrong in ({"targetQuantity": "990"}, {"overTolerancePercent": "4"}):
        payload = await contracts.change(
            ask, "contractAmend", contractId=made["id"], lines=[change | wrong]
        )
        assert contracts.codes(payload) == [("EXCEEDS_MAX", f"lines.0.{next(iter(wrong))}")]
    price = await contracts.change(
        ask, "contractAmend", contractId=made["id"], lines=[change | {"unitPrice": "9"}]
    )
    assert price["userErrors"] == []


async def test_what_must_be_there_cannot_be_emptied(ask, world):
    made = await contracts.draft(world, ask)
    payload = await contracts.change(ask, "contractAmend", contractId=made["id"], validTo=None)
    assert contracts.codes(payload) == [("INVALID", "validTo")]
    before = await contracts.change(
        ask, "contractAmend", contractId=made["id"], validTo="2025-06-01"
    )
    assert contracts.codes(before) == [("INVALID_DATE", "validTo")]


async def test_exhausted_and_expired_are_both_shown(ask, world, clock):
    made = await contracts.contract(world, ask, validTo="2026-03-31")
    await contracts.call_off(world, ask, made, "1000")
    exhausted = await _read(ask, made)
    assert (exhausted["state"], exhausted["isExhausted"], exhausted["isExpired"]) == (
        "EXHAUSTED",
        True,
        False,
    )
    clock.time = clock.time.replace(month=3, day=31, hour=21, minute=59)
    assert not (await _read(ask, made))["isExpired"]
    clock.advance(minutes=1)
    expired = await _read(ask, made)
    assert (expired["state"], expired["isExhausted"], expired["isExpired"]) == (
        "EXPIRED",
        True,
        True,
    )


@pytest.mark.gate("K2", "contractSettle")
@pytest.mark.gate("K11", "contractSettle")
async def test_a_settlement_records_what_is_missing_to_the_minimum(ask, world, clock):
    bolt, nut, wire = await products(ask, "BOLT", "NUT", "WIRE")
    lines = [
        contracts.line(bolt, minQuantity="600", underTolerancePercent="10"),
        contracts.line(nut, minQuantity="600", underTolerancePercent="9.95"),
        contracts.line(wire),
    ]
    made = await contracts.contract(world, ask, lines=lines)
    placed = await contracts.call_off(world, ask, made, "540", "540")
    await deliveries.dispatched(world, ask, placed)
    early = await contracts.change(ask, "contractSettle", contractId=made["id"])
    assert contracts.codes(early) == [("WRONG_STATE", "contractId")]
    clock.time = clock.time.replace(year=2027, month=1, day=1)
    settled = (await contracts.change(ask, "contractSettle", contractId=made["id"]))["contract"]
    assert settled["state"] == "SETTLED"
    # 600 less 9.95 % is 540.3: whole pieces owe 541.
    assert settled["shortfalls"] == [
        {"owed": "541", "calledOff": "540", "quantity": "1", "contractLine": {"lineNo": 2}}
    ]
    again = await contracts.change(ask, "contractSettle", contractId=made["id"])
    assert contracts.codes(again) == [("WRONG_STATE", "contractId")]


async def test_a_terminated_contract_is_settled_inside_its_validity(ask, world):
    (bolt,) = await products(ask, "BOLT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt, minQuantity="1")])
    await contracts.change(ask, "contractTerminate", contractId=made["id"])
    settled = (await contracts.change(ask, "contractSettle", contractId=made["id"]))["contract"]
    assert [it["quantity"] for it in settled["shortfalls"]] == ["1"]


async def test_contracts_are_found_by_what_portals_ask(ask, world, clock):
    party = to_global("Party", await parties.company(world))
    first = await contracts.contract(world, ask, number="A-1", partyId=party)
    await contracts.contract(
        world, ask, number="A-2", validTo="2026-03-31", purchaseOrderNumber="P7"
    )
    await contracts.draft(world, ask, number="B-1", validFrom="2026-06-01", validTo="2027-05-31")
    await contracts.call_off(world, ask, first, "1000")
    assert await _numbers(ask) == ["A-1", "A-2", "B-1"]
    assert await _numbers(ask, numberPrefix="A-") == ["A-1", "A-2"]
    assert await _numbers(ask, partyId=party) == ["A-1"]
    assert await _numbers(ask, purchaseOrderNumber="P7") == ["A-2"]
    assert await _numbers(ask, validOn="2026-05-31") == ["A-1"]
    assert await _numbers(ask, validOn="2026-03-31") == ["A-1", "A-2"]
    assert await _numbers(ask, states=["EXHAUSTED", "DRAFT"]) == ["A-1", "B-1"]
    assert await _numbers(ask, exhausted=True) == ["A-1"]
    clock.time = clock.time.replace(month=4, day=1)
    assert await _numbers(ask, expired=True) == ["A-2"]
    assert await _numbers(ask, states=["EXPIRED"]) == ["A-2"]
    assert await _numbers(ask, "VALID_TO") == ["A-2", "A-1", "B-1"]
    assert await _numbers(ask, "NUMBER_DESC") == ["B-1", "A-2", "A-1"]


async def test_a_page_by_the_last_day_leads_to_the_next(ask, world):
    for month in ("07", "05", "06"):
        await contracts.draft(world, ask, number=f"M-{month}", validTo=f"2026-{month}-15")
    query = """query ($after: String) {
      contracts(first: 2, after: $after, sort: VALID_TO) { nodes { number } pageInfo { endCursor } }
    }"""
    page = (await ask(query))["contracts"]
    remaining = (await ask(query, after=page["pageInfo"]["endCursor"]))["contracts"]
    assert [it["number"] for it in page["nodes"] + remaining["nodes"]] == ["M-05", "M-06", "M-07"]


async def test_a_buyer_sees_the_contracts_of_its_company_and_changes_none(ask, world):
    own = await parties.company(world)
    mine = await contracts.contract(world, ask, number="MINE", partyId=to_global("Party", own))
    theirs = await contracts.contract(world, ask, number="THEIRS")
    buyer = ask.by(await world.key(Actor.BUYER, own))
    assert await _numbers(buyer) == ["MINE"]
    assert (await buyer(contracts.CONTRACT, id=theirs["id"]))["contract"] is None
    document = contracts.mutation("contractSuspend")
    answer = await buyer.answer(document, input={"contractId": mine["id"]})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_merchants_staff_finds_no_such_contract(ask, world, database, clock):
    made = await contracts.contract(world, ask)
    stranger = ask.by((await make.world(database, clock)).token)
    assert await _numbers(stranger) == []
    payload = await contracts.change(stranger, "contractSuspend", contractId=made["id"])
    assert contracts.codes(payload) == [("NOT_FOUND", "contractId")]


async def test_statements_do_not_grow_with_the_number_of_contracts(ask, world, database):
    party = await parties.company(world)
    for _ in range(20):
        made = await contracts.contract(world, ask, partyId=to_global("Party", party))
    await contracts.call_off(world, ask, made, "10")
    sent_by = []
    for first in (1, 20):
        with counted(database.engine) as sent:
            await ask(LIST, first=first)
        sent_by.append(len(sent))
    assert sent_by[0] == sent_by[1]
