"""The writing operations as bare statements: what they must read, lock and write, and no rule.

Both leave the same rows as Abruf does: the journal's positions have no holes either.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from kit.ids import new_id

_ENTER = "SELECT set_merchant($1)"
_COUNT = """
INSERT INTO merchant_counters AS c (merchant_id, id, name, value) VALUES ($1, $2, $3, $4)
ON CONFLICT (merchant_id, name) DO UPDATE SET value = c.value + excluded.value RETURNING value
"""
_ROW = "SELECT * FROM {} WHERE merchant_id = $1 AND id = $2"
_PRODUCTS = "SELECT * FROM products WHERE merchant_id = $1 AND id = ANY($2)"
_PLACES = "SELECT * FROM addresses WHERE merchant_id = $1 AND party_id = $2 AND is_default"
_ORDER = """
INSERT INTO orders (merchant_id, id, number, channel_id, party_id, kind, state, delivery_policy,
    payment_state, currency, placed_at, confirmed_at, version)
VALUES ($1, $2, $3, $4, $5, 'STANDARD', 'CONFIRMED', 'PARTIAL_BACKORDER', 'AWAITED', $6, $7, $7, 1)
"""
_LINES = """
INSERT INTO order_lines (merchant_id, id, order_id, placed_at, line_no, product_id, unit, scale,
    currency, unit_price, discount_percent, substitution_allowed, ordered)
SELECT $1, t.id, $2, $9, t.line_no, t.product_id, 'PIECE', 0, $3, t.unit_price, 0, false, t.ordered
FROM unnest($4::uuid[], $5::bigint[], $6::uuid[], $7::numeric[], $8::numeric[])
    AS t (id, line_no, product_id, unit_price, ordered)
"""
_SEQUENCES = """
SELECT aggregate_id, max(sequence) FROM journal
WHERE merchant_id = $1 AND aggregate_id = ANY($2) GROUP BY aggregate_id
"""
_JOURNAL = """
INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version)
SELECT $1, t.id, t.position, $2, t.aggregate_id, t.sequence, $3, $4, $4, 'STAFF', 'bench', $1,
    $5::jsonb, 1
FROM unnest($6::uuid[], $7::bigint[], $8::uuid[], $9::bigint[])
    AS t (id, position, aggregate_id, sequence)
"""
_NAMED = """
SELECT p.id, p.delivery_id, p.status, n.number FROM tracking_numbers n
JOIN parcels p ON p.merchant_id = $1 AND p.id = n.parcel_id
WHERE n.merchant_id = $1 AND n.number = ANY($2)
"""
_LOCK = """
SELECT id FROM orders WHERE merchant_id = $1 AND id IN (
    SELECT order_id FROM delivery_lines WHERE merchant_id = $1 AND delivery_id = ANY($2))
ORDER BY id FOR UPDATE
"""
_KNOWN = "SELECT * FROM tracking_events WHERE merchant_id = $1 AND parcel_id = ANY($2)"
_EVENTS = """
INSERT INTO tracking_events (merchant_id, id, parcel_id, source, dedupe_key, carrier_event_id,
    occurred_at, recorded_at, status, original_status, is_delay, is_correction)
SELECT $1, t.id, t.parcel_id, $2, t.key, t.key, t.occurred_at, $3, t.status, t.status, false, false
FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[], $8::text[])
    AS t (id, parcel_id, key, occurred_at, status)
"""
_PARCELS = """
UPDATE parcels SET status = t.status, status_at = t.at, is_delayed = false
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS t (id, status, at)
WHERE parcels.merchant_id = $1 AND parcels.id = t.id
"""


async def place(connection: Any, merchant: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Place a confirmed order with its lines."""
    await connection.execute(_ENTER, merchant)
    await connection.fetchrow(_ROW.format("channels"), merchant, fields["channelId"])
    await connection.fetchrow(_ROW.format("parties"), merchant, fields["partyId"])
    lines = fields["lines"]
    await connection.fetch(_PRODUCTS, merchant, [line["productId"] for line in lines])
    await connection.fetch(_PLACES, merchant, fields["partyId"])
    at, order_id, currency = datetime.now(UTC), new_id(), fields["currency"]
    value = await connection.fetchval(_COUNT, merchant, new_id(), "ORDER", 1)
    number = f"O-{value:06}"
    named = (fields["channelId"], fields["partyId"], currency, at)
    await connection.execute(_ORDER, merchant, order_id, number, *named)
    columns = (
        [new_id() for _ in lines],
        list(range(1, len(lines) + 1)),
        [line["productId"] for line in lines],
        [Decimal(line["unitPrice"]) for line in lines],
        [Decimal(line["quantity"]) for line in lines],
        at,
    )
    await connection.execute(_LINES, merchant, order_id, currency, *columns)
    event = ("ORDER", "order.placed", {"lines": len(lines)})
    await _record(connection, merchant, [order_id], at, event)
    return {"number": number}


async def scan(connection: Any, merchant: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Record one event for each of some parcels, whose status follows."""
    await connection.execute(_ENTER, merchant)
    reports = {it["trackingNumber"]: it for it in fields["events"]}
    parcels = await connection.fetch(_NAMED, merchant, list(reports))
    await connection.fetch(_LOCK, merchant, [it["delivery_id"] for it in parcels])
    ids = [it["id"] for it in parcels]
    await connection.fetch(_KNOWN, merchant, ids)
    its = [reports[it["number"]] for it in parcels]
    statuses = [it["status"] for it in its]
    times = [datetime.fromisoformat(it["occurredAt"]) for it in its]
    names, at = [it["carrierEventId"] for it in its], datetime.now(UTC)
    columns = ([new_id() for _ in ids], ids, names, times, statuses)
    await connection.execute(_EVENTS, merchant, fields["source"], at, *columns)
    await connection.execute(_PARCELS, merchant, ids, statuses, times)
    event = ("PARCEL", f"parcel.{statuses[0].lower()}", {"was": statuses[0]})
    await _record(connection, merchant, ids, at, event)
    return {"events": len(ids)}


async def _record(
    connection: Any,
    merchant: str,
    ids: Sequence[Any],
    at: datetime,
    event: tuple[str, str, Mapping[str, Any]],
) -> None:
    """Write one journal entry for each aggregate. told: its kind, what happened, the payload."""
    last = await connection.fetchval(_COUNT, merchant, new_id(), "JOURNAL", len(ids))
    known = dict(await connection.fetch(_SEQUENCES, merchant, list(ids)))
    positions = list(range(last - len(ids) + 1, last + 1))
    sequences = [known.get(it, 0) + 1 for it in ids]
    aggregate, what, payload = event
    columns = ([new_id() for _ in ids], positions, list(ids), sequences)
    answer_text = orjson.dumps(payload).decode()
    await connection.execute(_JOURNAL, merchant, aggregate, what, at, answer_text, *columns)
