"""The reading operations as one hand-written statement each; $1 is the merchant, $2 the number."""

_LINES = """
SELECT json_agg(json_build_object('id', l.id, 'lineNo', l.line_no, 'ordered', l.ordered,
    'shipped', l.shipped, 'delivered', l.delivered {more}) ORDER BY l.line_no)
FROM order_lines l {joined} WHERE l.merchant_id = $1 AND l.order_id = o.id
"""
_PRICED = _LINES.format(
    more=""", 'amount', l.unit_price, 'currency', l.currency,
    'product', json_build_object('id', p.id, 'sku', p.sku)""",
    joined="JOIN products p ON p.merchant_id = $1 AND p.id = l.product_id",
)
_DELIVERY = """
'id', d.id, 'number', d.number, 'state', d.state, 'earliest', d.window_earliest,
'latest', d.window_latest, 'timeZone', d.window_zone, 'lines', (
    SELECT json_agg(json_build_object('id', dl.id, 'planned', dl.planned, 'shipped', dl.shipped))
    FROM delivery_lines dl WHERE dl.merchant_id = $1 AND dl.delivery_id = d.id)
"""
_DELIVERIES = """
SELECT json_agg(json_build_object({what}) ORDER BY d.window_latest, d.number)
FROM deliveries d WHERE d.merchant_id = $1 AND d.id IN (
    SELECT dl.delivery_id FROM delivery_lines dl
    WHERE dl.merchant_id = $1 AND dl.order_id = o.id)
"""
_EVENTS = """
SELECT json_agg(json_build_object('id', e.id, 'status', e.status, 'occurredAt', e.occurred_at
    {more}) ORDER BY e.occurred_at, e.id)
FROM tracking_events e WHERE e.merchant_id = $1 AND e.parcel_id = p.id
"""
_PARCELS = f"""
SELECT json_agg(json_build_object('id', p.id, 'sscc', p.sscc, 'status', p.status,
    'events', ({_EVENTS.format(more="")})) ORDER BY p.packing, p.parcel_no)
FROM parcels p WHERE p.merchant_id = $1 AND p.delivery_id = d.id
"""
_ORDER = f"""
json_build_object('id', o.id, 'number', o.number, 'state', o.state, 'placedAt', o.placed_at,
    'currency', o.currency, 'lines', ({_PRICED}),
    'deliveries', ({_DELIVERIES.format(what=f"{_DELIVERY}, 'parcels', ({_PARCELS})")}))
"""
LIST = f"""
SELECT json_agg({_ORDER} ORDER BY o.placed_at DESC, o.id DESC) FROM (
    SELECT * FROM orders WHERE merchant_id = $1 ORDER BY placed_at DESC, id DESC LIMIT 20) o
"""
ONE = f"SELECT {_ORDER} FROM orders o WHERE o.merchant_id = $1 AND o.number = $2"
CONTRACT = f"""
SELECT json_build_object('id', c.id, 'number', c.number, 'currency', c.currency,
    'validFrom', c.valid_from, 'validTo', c.valid_to,
    'party', json_build_object('id', y.id, 'number', y.number, 'name', y.name),
    'lines', (
        SELECT json_agg(json_build_object('id', l.id, 'lineNo', l.line_no,
            'targetQuantity', l.target_quantity, 'calledOff', l.called_off,
            'delivered', l.delivered, 'cumulativeReleased', l.released,
            'shipped', l.shipped, 'cumulativeReceived', l.received,
            'product', json_build_object('id', p.id, 'sku', p.sku)) ORDER BY l.line_no)
        FROM contract_lines l JOIN products p ON p.merchant_id = $1 AND p.id = l.product_id
        WHERE l.merchant_id = $1 AND l.contract_id = c.id),
    'callOffs', (
        SELECT json_agg(json_build_object('id', o.id, 'number', o.number, 'placedAt', o.placed_at,
            'lines', ({_LINES.format(more="", joined="")}),
            'deliveries', ({_DELIVERIES.format(what=_DELIVERY)}))
            ORDER BY o.placed_at DESC, o.id DESC)
        FROM (SELECT * FROM orders WHERE merchant_id = $1 AND contract_id = c.id
            AND state = 'CONFIRMED' ORDER BY placed_at DESC, id DESC LIMIT 10) o))
FROM contracts c JOIN parties y ON y.merchant_id = $1 AND y.id = c.party_id
WHERE c.merchant_id = $1 AND c.number = $2
"""
TRACK = f"""
SELECT json_build_object('id', p.id, 'sscc', p.sscc, 'status', p.status, 'statusAt', p.status_at,
    'isDelayed', p.is_delayed, 'carrier', json_build_object('id', c.id, 'name', c.name),
    'events', ({
    _EVENTS.format(more=", 'originalStatus', e.original_status, 'place', e.place")
}), 'delivery', json_build_object({_DELIVERY}, 'orders', (
        SELECT json_agg(json_build_object('id', o.id, 'number', o.number, 'state', o.state,
            'placedAt', o.placed_at) ORDER BY o.number)
        FROM orders o WHERE o.merchant_id = $1 AND o.id IN (
            SELECT dl.order_id FROM delivery_lines dl
            WHERE dl.merchant_id = $1 AND dl.delivery_id = d.id))))
FROM tracking_numbers t JOIN parcels p ON p.merchant_id = $1 AND p.id = t.parcel_id
JOIN parties c ON c.merchant_id = $1 AND c.id = p.carrier_id
JOIN deliveries d ON d.merchant_id = $1 AND d.id = p.delivery_id
WHERE t.merchant_id = $1 AND t.number = $2
"""
