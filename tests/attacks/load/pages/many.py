"""Many orders of one merchant, made by SQL at once: many times what a page may look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tests.attacks.load.pages.exchanged import EXCHANGED
from tests.attacks.load.rows import Filled, Sold, sold

ORDERS, PRODUCTS, PARTIES, DELIVERIES, OWING = 20_000, 5_000, 2_500, 20_000, 100
MANY = (
    sold("MANY", "Screw", PRODUCTS)
    + f"""
INSERT INTO parties (merchant_id, id, number, kind, roles, name, release_when)
SELECT :merchant, CASE it WHEN 7 THEN :party ELSE gen_random_uuid() END, 'C-' || it, 'COMPANY',
    '{{CUSTOMER}}', 'Works ' || it, CASE WHEN it % 100 = 51 THEN 'PAID' END
FROM generate_series(1, {PARTIES}) AS it;
INSERT INTO addresses (merchant_id, id, party_id, code, place, time_zone, receiving_hours,
    is_default)
VALUES (:merchant, :address, :party, 'A', '{{}}', 'UTC', '[]', true);
INSERT INTO orders (merchant_id, id, number, channel_id, party_id, ship_to_id, kind, state,
    delivery_policy, payment_state, currency, placed_at, confirmed_at, version, window_earliest,
    window_latest, window_zone, purchase_order_number, external_reference, guest)
SELECT :merchant, gen_random_uuid(), 'O-' || lpad(it::text, 6, '0'), :channel,
    CASE WHEN it % 10 = 9 THEN NULL ELSE parties.id END,
    CASE WHEN parties.id = :party THEN CAST(:address AS uuid) END,
    'STANDARD', 'CONFIRMED', 'PARTIAL_BACKORDER', 'AWAITED', 'EUR', at, at, 1, at,
    at + interval '1 hour', 'UTC', 'PO-' || it, CASE WHEN it % 3 = 0 THEN 'X-' || it END,
    CASE WHEN it % 10 = 9 THEN jsonb_build_object('name', 'Mira Novak-' || it) END
FROM generate_series(1, {ORDERS}) AS it
CROSS JOIN LATERAL (SELECT timestamptz '2026-01-01' + it * interval '1 minute' AS at) AS times
JOIN parties ON parties.merchant_id = :merchant
    AND parties.number = 'C-' || (1 + it % {PARTIES});
INSERT INTO order_lines (merchant_id, id, order_id, placed_at, line_no, product_id, unit, scale,
    currency, unit_price, discount_percent, substitution_allowed, ordered, planned, picked, packed,
    shipped)
SELECT :merchant, gen_random_uuid(), orders.id, placed_at, 1, products.id, 'PIECE', 0, 'EUR',
    2.5, 0, false, 9, sent, sent, sent, sent
FROM orders
CROSS JOIN LATERAL (SELECT
    CASE WHEN substr(orders.number, 3)::int > {ORDERS} - {OWING} THEN 0 ELSE 9 END AS sent) AS moved
JOIN products ON products.merchant_id = :merchant
    AND products.sku = 'M-' || (1 + substr(orders.number, 3)::int % {PRODUCTS})
WHERE orders.merchant_id = :merchant;
INSERT INTO deliveries (merchant_id, id, number, party_id, channel_id, location_id,
    window_earliest, window_latest, window_zone, method, completes_order, state, packing,
    planned_at, dispatched_at, version)
SELECT :merchant, gen_random_uuid(), 'D-' || substr(number, 3), party_id, :channel, :location,
    window_earliest, window_latest, 'UTC', 'PARCEL', false, 'DISPATCHED', 1, placed_at, placed_at, 1
FROM orders WHERE merchant_id = :merchant AND number <= 'O-' || lpad('{DELIVERIES}', 6, '0');
INSERT INTO delivery_lines (merchant_id, id, delivery_id, order_id, order_line_id, planned, picked,
    packed, shipped, delivered)
SELECT :merchant, gen_random_uuid(), deliveries.id, orders.id, order_lines.id, 1, 1, 1, 1, 0
FROM deliveries
JOIN orders ON orders.merchant_id = :merchant
    AND orders.number = 'O-' || substr(deliveries.number, 3)
JOIN order_lines ON order_lines.merchant_id = :merchant AND order_lines.order_id = orders.id
WHERE deliveries.merchant_id = :merchant;
INSERT INTO parcels (merchant_id, id, delivery_id, packing, parcel_no, status, is_delayed,
    status_at, packed_at)
SELECT :merchant, gen_random_uuid(), id, 1, 1, 'IN_TRANSIT', false, planned_at, planned_at
FROM deliveries WHERE merchant_id = :merchant;
INSERT INTO tracking_numbers (merchant_id, id, parcel_id, number, added_at)
SELECT :merchant, gen_random_uuid(), parcels.id, 'T' || substr(number, 3), parcels.packed_at
FROM parcels JOIN deliveries ON deliveries.merchant_id = :merchant
    AND deliveries.id = parcels.delivery_id
WHERE parcels.merchant_id = :merchant;
INSERT INTO notifications (merchant_id, id, kind, address, language, time_zone, order_id,
    delivery_id, entry_id, mail_id, is_daily, is_staff, state, created_at, sent_at)
SELECT :merchant, gen_random_uuid(), 'DELIVERY_DISPATCHED', 'mira@example.com', 'en', 'UTC',
    order_id, deliveries.id, gen_random_uuid(), gen_random_uuid(), false, false, 'SENT', planned_at,
    planned_at
FROM deliveries JOIN delivery_lines ON delivery_lines.merchant_id = :merchant
    AND delivery_id = deliveries.id
WHERE deliveries.merchant_id = :merchant;
"""
    + EXCHANGED
)


@dataclass(frozen=True)
class Many(Sold):
    """Ids of what is asked for."""

    address: UUID
    contract: UUID
    line: UUID
    account: UUID
    prices: UUID
    partner: UUID
    key: UUID
    webhook: UUID


Crowd = Filled[Many]
"""A merchant with many rows."""


def ids_of(made: Many) -> Mapping[str, UUID]:
    """Return type -> a row of it."""
    return {
        "Address": made.address,
        "ApiKey": made.key,
        "Channel": made.channel,
        "Contract": made.contract,
        "ContractLine": made.line,
        "Location": made.location,
        "PartnerProfile": made.partner,
        "Party": made.party,
        "PriceList": made.prices,
        "Product": made.product,
        "Webhook": made.webhook,
    }


PARENTS = {"Contract", "ContractLine", "Party", "PriceList", "Product", "Webhook"}
"""Types of rows on which a list hangs."""
