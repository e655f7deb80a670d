"""Roles inside a company: who only reads, who orders, who approves; and both kinds of approval."""

from asyncio import gather
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from kit.ids import new_id, to_global
from models.access.viewers import READS, Actor, CompanyRole, Scope, allowed
from tests import make
from tests.make.master import channels, parties
from tests.make.trade import contracts, orders

DECIDE = """
mutation ($input: {takes}!) {{
  it: {name}(input: $input) {{
    order {{ state awaitingApprovalOf confirmedAt rejectReason }} userErrors {{ code field }}
  }}
}}
"""
APPROVE = DECIDE.format(name="orderApprove", takes="OrderApproveInput")
REJECT = DECIDE.format(name="orderReject", takes="OrderRejectInput")
SHOWN = """query ($id: ID!) { order(id: $id) {
  state awaitingApprovalOf availableActions version timeline(first: 9) { nodes { type payload } }
} }"""
LIMIT = {"amount": "50", "currency": "EUR"}
WAITING = ("PENDING_APPROVAL", ["COMPANY"])
CONFIRMED: tuple[str, list[str]] = ("CONFIRMED", [])
STATING = sorted(allowed(Actor.BUYER, CompanyRole.BUYER))
"""Scopes of a buyer that may state prices, too."""


@dataclass(frozen=True)
class Company:
    """A company whose buyers order for up to EUR 50 alone. ask: as staff."""

    world: make.World
    ask: make.Ask
    party: UUID

    async def key(self, role: CompanyRole, **more: Any) -> make.Ask:
        return self.ask.by(await self.world.key(Actor.BUYER, self.party, role=role, **more))

    async def place(self, by: make.Ask, quantity: str, **fields: Any) -> dict[str, Any]:
        """Order bolts at EUR 2.50."""
        (bolt,) = await orders.products(self.ask, "BOLT")
        line = orders.line(bolt, quantity, **fields.pop("line", {}))
        inputs = {"partyId": to_global("Party", self.party), "lines": [line], **fields}
        return await orders.order(self.world, by, **inputs)

    async def seen(self, order: dict[str, Any]) -> tuple[str, list[str]]:
        shown = (await self.ask(SHOWN, id=order["id"]))["order"]
        return shown["state"], shown["awaitingApprovalOf"]


async def founded(world: make.World, ask: make.Ask, limit: Any = LIMIT) -> Company:
    return Company(world, ask, await parties.company(world, approval_limit=limit))


@pytest.fixture
async def company(world: make.World, ask: make.Ask) -> Company:
    return await founded(world, ask)


async def decide(by: make.Ask, order: dict[str, Any], document: str = APPROVE, **more: Any) -> Any:
    """Approve or reject; return codes of refusals, or what the order is then."""
    payload = (await by(document, input={"orderId": order["id"], **more}))["it"]
    if payload["userErrors"]:
        return [(it["code"], it["field"][-1]) for it in payload["userErrors"]]
    return payload["order"]["state"], payload["order"]["awaitingApprovalOf"]


async def test_above_the_limit_an_order_waits_for_an_approver_of_its_company(company):
    buyer, approver = await company.key(CompanyRole.BUYER), await company.key(CompanyRole.APPROVER)
    order = await company.place(buyer, "21")
    assert (order["state"], order["confirmedAt"]) == ("PENDING_APPROVAL", None)
    assert await company.seen(order) == WAITING
    assert (await buyer(SHOWN, id=order["id"]))["order"]["availableActions"] == ["REORDER"]
    shown = (await approver(SHOWN, id=order["id"]))["order"]
    assert shown["availableActions"] == ["APPROVE", "REJECT", "REORDER"]
    assert await decide(approver, order) == CONFIRMED
    shown = (await approver(SHOWN, id=order["id"]))["order"]
    assert (shown["version"], shown["availableActions"]) == (2, ["REORDER"])
    approved = shown["timeline"]["nodes"][-1]
    assert approved == {"type": "order.approved", "payload": {"by": "COMPANY"}}
    assert await decide(approver, order) == [("WRONG_STATE", "orderId")]


@pytest.mark.parametrize(
    ("quantity", "line", "waits"),
    [
        ("20", {}, False),
        ("21", {"discountPercent": "5"}, False),
        ("1", {"unitPrice": "50.004"}, False),
        ("1", {"unitPrice": "50.005"}, True),
        ("1", {"unitPrice": "0"}, False),
    ],
)
async def test_what_counts_is_the_net_that_clients_see(company, quantity, line, waits):
    buyer = await company.key(CompanyRole.BUYER, scopes=STATING)
    order = await company.place(buyer, quantity, line=line)
    assert await company.seen(order) == (WAITING if waits else CONFIRMED)


async def test_another_currency_than_the_limits_is_above_it(company):
    buyer = await company.key(CompanyRole.BUYER, scopes=STATING)
    order = await company.place(buyer, "1", currency="CHF")
    assert await company.seen(order) == WAITING


async def test_nothing_waits_without_a_limit_and_everything_with_one_of_zero(world, ask):
    free, bound = await founded(world, ask, None), await founded(world, ask, LIMIT | {"amount": 0})
    for company, expected in ((free, CONFIRMED), (bound, WAITING)):
        buyer = await company.key(CompanyRole.BUYER)
        assert await company.seen(await company.place(buyer, "1")) == expected


async def test_approvers_and_staff_order_above_the_limit(company):
    approver = await company.key(CompanyRole.APPROVER)
    for by in (approver, company.ask):
        assert await company.seen(await company.place(by, "100")) == CONFIRMED


STATE = """
mutation ($input: OrderStateAmountsInput!) { it: orderStateAmounts(input: $input) {
  order { state awaitingApprovalOf } userErrors { code field }
} }
"""


async def test_who_raises_an_order_above_the_limit_needs_its_company_again(company, world):
    portal = to_global("Channel", await channels.channel(world, approval_required=True))
    buyer = await company.key(CompanyRole.BUYER, scopes=STATING)
    approver = await company.key(CompanyRole.APPROVER, scopes=[*STATING, Scope.ORDERS_APPROVE])
    charges = {amount: [{"kind": "SHIPPING", "amount": amount}] for amount in ("0", "1", "60")}
    order = await company.place(buyer, "19")
    waiting = await company.place(buyer, "19", channelId=portal)
    for less in ("1", "0"):
        assert await decide(buyer, order, STATE, charges=charges[less]) == CONFIRMED
    refused = [("NOT_ALLOWED", "orderId")]
    assert await decide(buyer, order, STATE, charges=charges["60"]) == refused
    both = ("PENDING_APPROVAL", ["MERCHANT", "COMPANY"])
    assert await decide(buyer, waiting, STATE, charges=charges["60"]) == both
    assert await decide(company.ask, waiting) == WAITING
    assert await decide(approver, waiting) == CONFIRMED
    for by in (approver, company.ask):
        assert await decide(by, order, STATE, charges=charges["60"]) == CONFIRMED


async def test_a_viewer_only_reads(company):
    order = await company.place(await company.key(CompanyRole.BUYER), "21")
    viewer = await company.key(CompanyRole.VIEWER, scopes=list(Scope))
    assert (await viewer(SHOWN, id=order["id"]))["order"]["state"] == "PENDING_APPROVAL"
    assert (await viewer("{ viewer { scopes } }"))["viewer"]["scopes"] == [
        it.value for it in Scope if it in READS
    ]
    inputs = await orders.order_input(company.world, company.ask)
    for document, values in ((APPROVE, {"orderId": order["id"]}), (orders.PLACE, inputs)):
        answer = await viewer.answer(document, input=values)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_buyer_approves_nothing(company):
    buyer = await company.key(CompanyRole.BUYER, scopes=list(Scope))
    order = await company.place(buyer, "21")
    answer = await buyer.answer(APPROVE, input={"orderId": order["id"]})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_companys_approver_finds_no_such_order(company, world, ask):
    order = await company.place(await company.key(CompanyRole.BUYER), "21")
    stranger = await (await founded(world, ask)).key(CompanyRole.APPROVER)
    assert await decide(stranger, order) == [("NOT_FOUND", "orderId")]
    assert await decide(stranger, order, REJECT, reason="No.") == [("NOT_FOUND", "orderId")]
    assert (await stranger(SHOWN, id=order["id"]))["order"] is None
    assert await company.seen(order) == WAITING


async def test_staff_do_not_approve_for_the_company_but_may_reject(company):
    order = await company.place(await company.key(CompanyRole.BUYER), "21")
    assert await decide(company.ask, order) == [("WRONG_STATE", "orderId")]
    shown = (await company.ask(SHOWN, id=order["id"]))["order"]
    assert "APPROVE" not in shown["availableActions"]
    assert "REJECT" in shown["availableActions"]
    assert await decide(company.ask, order, REJECT, reason="No.") == ("REJECTED", [])


async def test_an_approver_does_not_decide_what_the_merchant_must(company, world):
    portal = to_global("Channel", await channels.channel(world, approval_required=True))
    approver = await company.key(CompanyRole.APPROVER)
    order = await company.place(approver, "100", channelId=portal)
    assert await company.seen(order) == ("PENDING_APPROVAL", ["MERCHANT"])
    assert (await approver(SHOWN, id=order["id"]))["order"]["availableActions"] == ["REORDER"]
    assert await decide(approver, order) == [("WRONG_STATE", "orderId")]
    assert await decide(approver, order, REJECT, reason="No.") == [("WRONG_STATE", "orderId")]
    assert await decide(company.ask, order) == CONFIRMED


@pytest.mark.parametrize("company_first", [True, False])
async def test_where_both_must_approve_both_do(company, world, company_first):
    portal = to_global("Channel", await channels.channel(world, approval_required=True))
    approver = await company.key(CompanyRole.APPROVER)
    order = await company.place(await company.key(CompanyRole.BUYER), "21", channelId=portal)
    sides = [(approver, ["MERCHANT"]), (company.ask, ["COMPANY"])]
    (first, left), (second, _) = sides if company_first else reversed(sides)
    assert await decide(first, order) == ("PENDING_APPROVAL", left)
    assert await decide(first, order) == [("WRONG_STATE", "orderId")]
    assert await decide(second, order) == CONFIRMED


async def test_an_approver_rejects_what_its_company_is_asked(company):
    order = await company.place(await company.key(CompanyRole.BUYER), "21")
    approver = await company.key(CompanyRole.APPROVER)
    assert await decide(approver, order, REJECT, reason="Too dear.") == ("REJECTED", [])
    assert await decide(approver, order) == [("WRONG_STATE", "orderId")]


async def test_a_call_off_above_the_limit_waits_too(company, world, ask):
    contract = await contracts.contract(world, ask, partyId=to_global("Party", company.party))
    buyer = await company.key(CompanyRole.BUYER)
    small = await contracts.call_off(world, buyer, contract, "20")
    large = await contracts.call_off(world, buyer, contract, "21")
    assert [await company.seen(it) for it in (small, large)] == [CONFIRMED, WAITING]
    approver = await company.key(CompanyRole.APPROVER)
    assert await decide(approver, large, REJECT, reason="Too dear.") == ("REJECTED", [])
    after = (await ask(contracts.CONTRACT, id=contract["id"]))["contract"]["lines"]
    assert [it["calledOff"] for it in after] == ["20"]


async def test_two_approvals_at_once_confirm_an_order_once(company):
    order = await company.place(await company.key(CompanyRole.BUYER), "21")
    approvers = [await company.key(CompanyRole.APPROVER) for _ in range(6)]
    answers = await gather(*(decide(it, order) for it in approvers))
    assert Counter(map(str, answers)) == {
        str(CONFIRMED): 1,
        str([("WRONG_STATE", "orderId")]): 5,
    }
    events = (await company.ask(SHOWN, id=order["id"]))["order"]["timeline"]["nodes"]
    assert [it["type"] for it in events] == ["order.placed", "order.approved"]


async def test_both_sides_at_once_confirm_an_order_once(company, world):
    portal = to_global("Channel", await channels.channel(world, approval_required=True))
    order = await company.place(await company.key(CompanyRole.BUYER), "21", channelId=portal)
    approver = await company.key(CompanyRole.APPROVER)
    answers = await gather(*(decide(it, order) for it in (approver, company.ask)))
    assert CONFIRMED in answers
    shown = (await company.ask(SHOWN, id=order["id"]))["order"]
    assert (shown["state"], shown["version"]) == ("CONFIRMED", 3)
    by = {it["payload"].get("by") for it in shown["timeline"]["nodes"]}
    assert by == {None, "COMPANY", "MERCHANT"}


async def test_an_approval_and_a_rejection_at_once_end_in_one_of_both(company):
    order = await company.place(await company.key(CompanyRole.BUYER), "21")
    approver = await company.key(CompanyRole.APPROVER)
    answers = await gather(
        decide(approver, order), decide(company.ask, order, REJECT, reason="No.")
    )
    assert [("WRONG_STATE", "orderId")] in answers
    assert await company.seen(order) in (CONFIRMED, ("REJECTED", []))


async def test_a_cancelled_order_awaits_nobody(company):
    order = await company.place(await company.key(CompanyRole.BUYER), "21")
    cancel = """mutation ($input: OrderCancelLinesInput!) {
      orderCancelLines(input: $input) { userErrors { code } }
    }"""
    line = {"lineId": order["lines"][0]["id"], "quantity": "21"}
    await company.ask(cancel, input={"orderId": order["id"], "lines": [line]})
    assert await company.seen(order) == ("CANCELLED", [])


async def test_the_limit_is_set_and_taken_away_again(ask):
    upsert = """mutation ($input: PartiesUpsertInput!) { partiesUpsert(input: $input) { results {
      status party { id approvalLimit { amount currency } } } userErrors { code field } } }"""
    company = {"number": "K-1", "name": "Weber", "approvalLimit": LIMIT}
    seen = []
    for inputs in (company, company, company | {"approvalLimit": None}):
        answer = await ask(upsert, input={"parties": [inputs]})
        (result,) = answer["partiesUpsert"]["results"]
        seen.append((result["status"], result["party"]["approvalLimit"]))
    assert seen == [("CREATED", LIMIT), ("UNCHANGED", LIMIT), ("UPDATED", None)]


ANY = "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { __typename id } }"


async def test_without_the_scope_of_its_type_a_row_is_as_if_it_were_not_there(world, ask):
    placed = (await orders.order(world, ask))["id"]
    (bolt,) = await orders.products(ask, "BOLT")
    none = to_global("Order", new_id())
    fields = {"id": placed, "ids": [placed, none, bolt]}
    every = await ask(ANY, **fields)
    assert (every["node"], every["nodes"][0]["__typename"]) == ({"id": placed}, "Order")
    reading = ask.by(await world.key(Actor.STAFF, scopes=[Scope.MASTER_DATA_READ]))
    assert await reading(ANY, **fields) == {"node": None, "nodes": [None, None, every["nodes"][2]]}
    named = f'{{ node(id: "{placed}") {{ id }} }}'
    # One plan serves both, whose answers differ.
    assert [(await it(named))["node"] for it in (ask, reading)] == [{"id": placed}, None]
    refused = await reading.answer(named.replace("{ id }", "{ id ... on Order { number } }"))
    assert refused["errors"][0]["extensions"]["missingScopes"] == ["ORDERS_READ"]
