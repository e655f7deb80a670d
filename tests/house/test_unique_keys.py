"""Every unique key says whom a collision could tell something, and why it tells nothing."""

import pytest
from sqlalchemy import UniqueConstraint

from models.access.viewers import SCOPES, Actor, CompanyRole, Scope, allowed
from models.base.tables import Base

STAFF = {
    "addresses.code": Scope.MASTER_DATA_WRITE,
    "addresses.default": Scope.MASTER_DATA_WRITE,
    "calendars.code": Scope.MASTER_DATA_WRITE,
    "calendars.whose": Scope.MASTER_DATA_WRITE,
    "channels.code": Scope.MASTER_DATA_WRITE,
    "contacts.code": Scope.MASTER_DATA_WRITE,
    "contracts.number": Scope.CONTRACTS_WRITE,
    "deliveries.external_reference": Scope.ORDERS_IMPORT,
    "holds.active": Scope.ORDERS_MANAGE,
    "locations.code": Scope.MASTER_DATA_WRITE,
    "method_handling.method": Scope.MASTER_DATA_WRITE,
    "interchanges.content": Scope.MESSAGES_WRITE,
    "notification_preferences.address": Scope.NOTIFICATIONS_MANAGE,
    "notification_preferences.contact": Scope.NOTIFICATIONS_MANAGE,
    "packagings.code": Scope.MASTER_DATA_WRITE,
    "packagings.gtin": Scope.MASTER_DATA_WRITE,
    "parties.number": Scope.MASTER_DATA_WRITE,
    "partner_profiles.code": Scope.MESSAGES_WRITE,
    "partner_profiles.identification": Scope.MESSAGES_WRITE,
    "price_list_entries.step": Scope.MASTER_DATA_WRITE,
    "price_lists.code": Scope.MASTER_DATA_WRITE,
    "products.sku": Scope.MASTER_DATA_WRITE,
    "trusted_documents.key": Scope.DOCUMENTS_MANAGE,
}
"""Table and key -> the scope that writes it: only those who see every row have it."""
OURS = {
    *("follower_lanes.aggregate_id", "journal_followers.name"),
    "notifications.entry",
    *("interchange_messages.number", "outgoing_interchanges.reference"),
    *("contract_lines.line_no", "deliveries.number", "journal.position", "journal.sequence"),
    *("merchant_counters.name", "order_lines.line_no", "orders.number", "parcel_lineage.pair"),
    "packagings.content",
    "products.measure",
    *("receipts.sequence", "releases.one_active", "schedule_lines.line_no", "shortfalls.line"),
    *("account_periods.start", "message_releases.release"),
    *("release_answer_lines.place", "release_findings.place", "releases.one_received"),
}
"""Counted or derived by us: no client gives them, so none can try one."""
WITHIN = {
    "cumulative_accounts.place": "one contract line, which its writer sees",
    "delivery_lines.order_line": "one delivery, which its planner sees",
    "idempotency_keys.key": "one API key or user",
    "orders.external_reference": "one channel and party; guests of a channel come over its own key",
    "payments.report": "one order, which its writer sees",
    "receipt_lines.delivery_line": "one receipt",
    "tracking_events.once": "one parcel and source; a carrier's source is its own number",
    "tracking_numbers.number": "one parcel",
}
"""Part of what its writer sees, in which it is unique."""
WORLDWIDE = {
    "merchants.slug": "given by the operator, who sees all merchants",
    "parcels.sscc": "GS1 makes it one logistic unit's in the world: two warehouses cannot both have"
    " it. Who tries it holds the number, and is told no more than that; we step over it",
}
"""Unique beyond what its writer sees, and must be."""


def keys() -> set[str]:
    found = set()
    for table in Base.metadata.tables.values():
        unique = [it for it in table.constraints if isinstance(it, UniqueConstraint)]
        names = [str(it.name) for it in (*unique, *(it for it in table.indexes if it.unique))]
        found |= {f"{table.name}.{it.removeprefix(f'uq_{table.name}_')}" for it in names}
    return found


def test_every_unique_key_is_judged_once() -> None:
    checked = [*STAFF, *OURS, *WITHIN, *WORLDWIDE]
    assert sorted(checked) == sorted(keys())


@pytest.mark.parametrize("key", STAFF)
def test_what_only_staff_writes_can_be_given_to_nobody_else(key: str) -> None:
    for actor in set(Actor) - {Actor.STAFF}:
        for role in (None, *CompanyRole):
            assert STAFF[key] not in allowed(actor, role) | SCOPES[actor]


def test_an_external_reference_is_unique_within_channel_and_party() -> None:
    orders = Base.metadata.tables["orders"]
    (index,) = [it for it in orders.indexes if it.name == "uq_orders_external_reference"]
    assert {it.name for it in index.columns} == {
        *("merchant_id", "channel_id", "party_id", "external_reference")
    }
