"""What people wrote leaves the journal; it stands in the rows that it is about."""

import json
from collections.abc import Callable
from functools import reduce
from typing import Any
from uuid import UUID

from alembic import command

import migrations
from models.base.events import read_event
from tests.kit.programs import ask

MERCHANT = UUID("11111111-1111-7111-8111-111111111111")
OTHER = UUID("22222222-2222-7222-8222-222222222222")
KEY, PARTY, ANNA, BEN, PLANT, CHANNEL, LOCATION = (UUID(int=it) for it in range(1, 8))
ENDED, RESUMED, ORDER, PLAIN, DELIVERY, PARCEL, NUMBER = (UUID(int=it) for it in range(11, 18))
HELD, GONE = UUID(int=21), UUID(int=22)
AT = "2026-03-02T09:00:00+00:00"
ROWS = f"""
DO $$ BEGIN
    INSERT INTO merchants (id, slug, name, created_at, token_secret)
    SELECT it, left(it::text, 8), 'M', now(), sha256('x') FROM unnest(ARRAY[
        '{MERCHANT}', '{OTHER}']::uuid[]) AS it;
    PERFORM set_merchant('{MERCHANT}');
    INSERT INTO parties (merchant_id, id, number, kind, roles, name)
    VALUES ('{MERCHANT}', '{PARTY}', 'K-1', 'COMPANY', '{{CUSTOMER}}', 'Weber');
    INSERT INTO contacts (merchant_id, id, party_id, code, name)
    VALUES ('{MERCHANT}', '{ANNA}', '{PARTY}', 'ANNA', 'Anna'),
        ('{MERCHANT}', '{BEN}', '{PARTY}', 'BEN', 'Ben');
    INSERT INTO addresses (merchant_id, id, party_id, code, place, time_zone, is_default,
        receiving_hours)
    VALUES ('{MERCHANT}', '{PLANT}', '{PARTY}', 'PLANT', '{{}}', 'UTC', true, '[]');
    INSERT INTO channels (merchant_id, id, code, name, kind, guests_allowed, approval_required,
        delivery_methods, is_active)
    VALUES ('{MERCHANT}', '{CHANNEL}', 'C', 'C', 'WEB_SHOP', true, true, '{{PARCEL}}', true);
    INSERT INTO locations (merchant_id, id, code, name, kind, time_zone, is_active)
    VALUES ('{MERCHANT}', '{LOCATION}', 'L', 'L', 'WAREHOUSE', 'UTC', true);
    INSERT INTO contracts (merchant_id, id, number, party_id, ship_to_ids, valid_from, valid_to,
        time_zone, currency, reservation_strategy, priority_on, end_of_life, min_notice_days,
        firm_zone_days, trade_off_days, state, created_at, version)
    SELECT '{MERCHANT}', id, id::text, '{PARTY}', '{{}}', now(), now(), 'UTC', 'EUR',
        'AT_CALL_OFF', now(), 'EXPIRE', 0, 0, 0, state, now(), 1
    FROM (VALUES ('{ENDED}'::uuid, 'TERMINATED'), ('{RESUMED}', 'ACTIVE')) AS of(id, state);
    INSERT INTO orders (merchant_id, id, number, channel_id, party_id, kind, state,
        delivery_policy, currency, placed_at, version)
    SELECT '{MERCHANT}', id, id::text, '{CHANNEL}', '{PARTY}', 'STANDARD', 'CONFIRMED',
        'SHIP_COMPLETE', 'EUR', now(), 1 FROM unnest(ARRAY['{ORDER}', '{PLAIN}']::uuid[]) AS id;
    INSERT INTO deliveries (merchant_id, id, number, channel_id, location_id, window_earliest,
        window_latest, window_zone, method, completes_order, state, packing, planned_at, version)
    VALUES ('{MERCHANT}', '{DELIVERY}', 'D', '{CHANNEL}', '{LOCATION}', now(),
        now() + interval '1 h', 'UTC', 'PARCEL', false, 'PACKED', 1, now(), 1);
    INSERT INTO parcels (merchant_id, id, delivery_id, packing, parcel_no, status, is_delayed,
        status_at, packed_at)
    VALUES ('{MERCHANT}', '{PARCEL}', '{DELIVERY}', 1, 1, 'PACKED', false, now(), now());
    INSERT INTO tracking_numbers (merchant_id, id, parcel_id, number, added_at)
    VALUES ('{MERCHANT}', '{NUMBER}', '{PARCEL}', 'ANNAS-1', now());
    INSERT INTO holds (merchant_id, id, subject, subject_id, reason, owner, placed_at, released_at)
    VALUES ('{MERCHANT}', '{GONE}', 'ORDER', '{ORDER}', 'FRAUD', 'Anna', '{AT}',
            timestamptz '{AT}' + interval '1 h'),
        ('{MERCHANT}', '{HELD}', 'DELIVERY', '{DELIVERY}', 'FRAUD', 'Anna', '{AT}', NULL);
END $$
"""
ENTRY = """
DO $$ BEGIN
    PERFORM set_merchant('{merchant}');
    INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
        occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version)
    VALUES ('{merchant}', gen_random_uuid(), {place}, '{aggregate}', '{about}', {place}, '{type}',
        timestamptz '{at}' + interval '{hours} h', now(), 'STAFF', 's', '{key}', '{payload}', 1);
END $$
"""
LATER = {"order.hold_released": 1}
"""Event -> hours after the others."""
EXPECTED: list[tuple[str, UUID, Any, Any]] = [
    ("api_key.revoked", KEY, {"name": "Anna"}, {}),
    ("contract.suspended", ENDED, {"reason": "Anna wavers."}, {}),
    ("contract.terminated", ENDED, {"reason": "Anna moved."}, {}),
    ("contract.suspended", RESUMED, {"reason": "Anna wavers."}, {}),
    ("contract.resumed", RESUMED, {"reason": None}, {}),
    ("order.placed", ORDER, {"lines": 1}, {"lines": 1}),
    (
        "order.lines_cancelled",
        ORDER,
        {"reason": "Anna has enough.", "moved": {str(KEY): {"cancelled": "1"}}},
        {"moved": {str(KEY): {"cancelled": "1"}}},
    ),
    (
        "order.lines_cancelled",
        ORDER,
        {"lines": [{"line_no": 1, "quantity": "1"}]},
        {"lines": [{"line_no": 1, "quantity": "1"}]},
    ),
    (
        "order.hold_released",
        ORDER,
        {"reason": "FRAUD", "owner": "Anna"},
        {"reason": "FRAUD", "hold_id": str(GONE)},
    ),
    (
        "delivery.held",
        DELIVERY,
        {"reason": "FRAUD", "owner": "Anna"},
        {"reason": "FRAUD", "hold_id": str(HELD)},
    ),
    (
        "delivery.held",
        DELIVERY,
        {"reason": "FRAUD", "owner": "Nobody"},
        {"reason": "FRAUD", "hold_id": None},
    ),
    (
        "delivery.rescheduled",
        DELIVERY,
        {"latest_before": AT, "earliest": AT, "latest": AT, "override": "Anna is in."},
        {"latest_before": AT, "earliest": AT, "latest": AT},
    ),
    (
        "parcel.tracking_number_added",
        PARCEL,
        {"number": "ANNAS-1"},
        {"tracking_number_id": str(NUMBER)},
    ),
    (
        "party.updated",
        PARTY,
        {"fields": ["phone"], "contacts": ["ANNA"], "addresses": ["PLANT", "B"]},
        {"fields": ["phone"], "contacts": [str(ANNA)], "addresses": [str(PLANT)]},
    ),
]
ENTRIES = """
SELECT type, payload_version, aggregate_id::text, payload::text FROM journal ORDER BY position
"""
KEPT = """
SELECT id::text, state_reason FROM contracts UNION ALL SELECT id::text, cancel_reason FROM orders
ORDER BY 1
"""
CHECKS = "SELECT count(*) FROM pg_constraint WHERE conname = 'ck_journal_aggregate_known'"
WRITTEN = {
    str(ENDED): "Anna moved.",
    str(RESUMED): None,
    str(ORDER): "Anna has enough.",
    str(PLAIN): None,
}


def _fill(url: str) -> None:
    ask(url, ROWS)
    for place, (kind, about, payload, _) in enumerate(EXPECTED, 1):
        fields = {"type": kind, "about": about, "payload": json.dumps(payload), "place": place}
        fields |= {"aggregate": kind.partition(".")[0].upper(), "hours": LATER.get(kind, 0)}
        ask(url, ENTRY.format(merchant=MERCHANT, key=KEY, at=AT, **fields))
    foreign = {"type": "order.rejected", "about": ORDER, "aggregate": "ORDER", "hours": 0}
    shown = json.dumps({"by": "COMPANY", "reason": "Anna."})
    ask(url, ENTRY.format(merchant=OTHER, key=KEY, at=AT, place=1, payload=shown, **foreign))


def test_text_leaves_the_journal_and_every_entry_is_read(
    new_database: Callable[[str], str],
) -> None:
    url = new_database("untyped")
    configured = migrations.configured(url)
    command.upgrade(configured, "0007-1")
    _fill(url)
    for is_again in (False, True):
        command.upgrade(configured, "0007")
        found = ask(f"{url}?app.merchant={MERCHANT}", ENTRIES)
        payloads = [json.loads(payload) for *_, payload in found]
        assert payloads == [payload for *_, payload in EXPECTED]
        for kind, version, about, payload in found:
            event = read_event(kind, version, UUID(about), json.loads(payload))
            later = event.versions.upcasts[version - 1 :]
            assert event.payload() == reduce(lambda it, up: up(it), later, json.loads(payload))
        ((*_, foreign),) = ask(f"{url}?app.merchant={OTHER}", ENTRIES)
        assert json.loads(foreign) == {"by": "COMPANY"}
        assert ask(url, CHECKS) == [(0,)]
        kept = dict(ask(f"{url}?app.merchant={MERCHANT}", KEPT))
        assert kept == dict.fromkeys(kept) if is_again else kept == WRITTEN
        command.downgrade(configured, "0007-1")
        assert ask(url, CHECKS) == [(1,)]
