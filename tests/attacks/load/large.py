"""Large data of one merchant, made by SQL at once: longer than what most people have."""

from dataclasses import dataclass
from uuid import UUID

from tests.attacks.load.rows import Filled, Sold, sold

LINES, DELIVERIES, PARCELS, ORDERS = 250, 310, 250, 10_000
"""Of the long order: lines, deliveries, parcels of each of its first 250 deliveries. ORDERS: of
the same party, of two lines each."""
LARGE = (
    sold("LARGE", "Large", LINES)
    + f"""
INSERT INTO parties (merchant_id, id, number, kind, roles, name) VALUES
    (:merchant, :party, 'LARGE', 'COMPANY', '{{CUSTOMER}}', 'Large'),
    (:merchant, :carrier, 'LARGE-C', 'COMPANY', '{{CARRIER}}', 'Carrier');
INSERT INTO orders (merchant_id, id, number, channel_id, party_id, kind, state, delivery_policy,
    payment_state, currency, placed_at, confirmed_at, version, window_earliest, window_latest,
    window_zone)
SELECT :merchant, CASE it WHEN 0 THEN :order ELSE gen_random_uuid() END, 'L-' || it, :channel,
    :party, 'STANDARD', 'CONFIRMED', 'PARTIAL_BACKORDER', 'AWAITED', 'EUR', at, at, 1, at,
    at + interval '1 hour', 'UTC'
FROM generate_series(0, {ORDERS}) AS it,
    LATERAL (SELECT timestamptz '2026-01-01' + it * interval '1 minute' AS at);
INSERT INTO order_lines (merchant_id, id, order_id, placed_at, line_no, product_id, unit, scale,
    currency, unit_price, discount_percent, substitution_allowed, ordered, planned, picked, packed,
    shipped, delivered)
SELECT :merchant, gen_random_uuid(), orders.id, placed_at, line, products.id, 'PIECE', 0, 'EUR',
    2.5, 0, false, 310, 310, 310, 310, 310, 0
FROM orders
CROSS JOIN LATERAL generate_series(1, CASE orders.id WHEN :order THEN {LINES} ELSE 2 END) AS line
JOIN products ON products.merchant_id = :merchant AND products.sku = 'L-' || line
WHERE orders.merchant_id = :merchant AND orders.party_id = :party;
INSERT INTO deliveries (merchant_id, id, number, party_id, channel_id, location_id,
    window_earliest, window_latest, window_zone, method, completes_order, state, packing,
    planned_at, dispatched_at, version)
SELECT :merchant, gen_random_uuid(), 'L-' || it, :party, :channel, :location, at,
    at + interval '1 hour', 'UTC', 'PARCEL', false, 'DISPATCHED', 1, at, at, 1
FROM generate_series(1, {DELIVERIES}) AS it,
    LATERAL (SELECT timestamptz '2026-01-01' + it * interval '1 minute' AS at);
INSERT INTO delivery_lines (merchant_id, id, delivery_id, order_id, order_line_id, planned, picked,
    packed, shipped, delivered)
SELECT :merchant, gen_random_uuid(), deliveries.id, :order, order_lines.id, 1, 1, 1, 1, 0
FROM deliveries JOIN order_lines ON order_lines.order_id = :order
    AND order_lines.line_no % 25 = substr(deliveries.number, 3)::int % 25
WHERE deliveries.merchant_id = :merchant AND order_lines.merchant_id = :merchant;
INSERT INTO parcels (merchant_id, id, delivery_id, packing, parcel_no, carrier_id, status,
    is_delayed, status_at, packed_at)
SELECT :merchant, gen_random_uuid(), deliveries.id, 1, it, :carrier, 'IN_TRANSIT', false,
    planned_at, planned_at
FROM deliveries CROSS JOIN generate_series(1, {PARCELS}) AS it
WHERE merchant_id = :merchant AND substr(number, 3)::int <= {LINES};
INSERT INTO tracking_numbers (merchant_id, id, parcel_id, carrier_id, number, added_at)
SELECT :merchant, gen_random_uuid(), id, :carrier, id::text, packed_at FROM parcels
WHERE merchant_id = :merchant AND parcel_no % 10 = 0;
INSERT INTO tracking_events (merchant_id, id, parcel_id, source, dedupe_key, occurred_at,
    recorded_at, status, original_status, is_delay, is_correction, place)
SELECT :merchant, gen_random_uuid(), id, 'LARGE-C', id::text, packed_at, packed_at, 'IN_TRANSIT',
    'IN_TRANSIT', false, false, 'Hamburg'
FROM parcels WHERE merchant_id = :merchant AND parcel_no % 10 = 0
"""
)


@dataclass(frozen=True)
class Large(Sold):
    """Ids of what is large."""

    order: UUID
    carrier: UUID


Long = Filled[Large]
"""A merchant of which much is large."""
