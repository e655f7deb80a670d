"""Whoever stated prices as staff goes on; buyers keep the channels over which they have ordered."""

from collections.abc import Callable

from alembic import command

import migrations
from tests.kit.programs import ask

MERCHANT = "11111111-1111-7111-8111-111111111111"
CHANNELS = ("22222222-2222-7222-8222-222222222222", "33333333-3333-7333-8333-333333333333")
PARTIES = ("44444444-4444-7444-8444-444444444444", "55555555-5555-7555-8555-555555555555")
LINE = "66666666-6666-7666-8666-666666666666"
BEFORE = f"""
DO $$ DECLARE ordered uuid := gen_random_uuid(); product uuid := gen_random_uuid(); BEGIN
    INSERT INTO merchants (id, slug, name, created_at) VALUES ('{MERCHANT}', 'm', 'M', now());
    PERFORM set_merchant('{MERCHANT}');
    INSERT INTO api_keys (id, merchant_id, actor, bound_to, role, name, scopes, secret_sha256,
        created_at)
    SELECT gen_random_uuid(), '{MERCHANT}', actor, party, role, name, scopes, sha256('s'), now()
    FROM (VALUES ('STAFF', NULL::uuid, NULL, 'places', ARRAY['ORDERS_PLACE']),
        ('STAFF', NULL, NULL, 'imports', ARRAY['ORDERS_IMPORT']),
        ('STAFF', NULL, NULL, 'reads', ARRAY['ORDERS_READ']),
        ('BUYER', '{PARTIES[0]}', 'BUYER', 'buys', ARRAY['ORDERS_PLACE'])
    ) AS keys (actor, party, role, name, scopes);
    INSERT INTO channels (merchant_id, id, code, name, kind, guests_allowed, approval_required,
        delivery_methods, is_active)
    SELECT '{MERCHANT}', id, id::text, 'C', 'WEB_SHOP', true, false, '{{PARCEL}}', true
    FROM unnest(ARRAY['{CHANNELS[0]}', '{CHANNELS[1]}']::uuid[]) AS id;
    INSERT INTO parties (merchant_id, id, number, roles, kind, name)
    SELECT '{MERCHANT}', id, id::text, '{{CUSTOMER}}', 'COMPANY', 'P'
    FROM unnest(ARRAY['{PARTIES[0]}', '{PARTIES[1]}']::uuid[]) AS id;
    INSERT INTO products (merchant_id, id, sku, name, unit, scale, is_active)
    VALUES ('{MERCHANT}', product, 'S', 'S', 'PIECE', 0, true);
    INSERT INTO orders (merchant_id, id, number, channel_id, party_id, kind, state,
        delivery_policy, currency, placed_at, version)
    VALUES ('{MERCHANT}', ordered, '1', '{CHANNELS[0]}', '{PARTIES[0]}', 'STANDARD', 'CONFIRMED',
        'SHIP_COMPLETE', 'EUR', now(), 1);
    INSERT INTO order_lines (merchant_id, id, order_id, line_no, product_id, currency, unit_price,
        discount_percent, substitution_allowed, ordered)
    VALUES ('{MERCHANT}', '{LINE}', ordered, 1, product, 'EUR', 2.5, 0, false, 1);
END $$
"""
STATING = "SELECT name FROM api_keys WHERE 'PRICES_STATE' = ANY (scopes) ORDER BY name"
ALLOWED = "SELECT id::text, channel_ids::text[] FROM parties ORDER BY id"
PRICES = "SELECT unit_price FROM order_lines"
LATER = f"""
UPDATE order_lines SET unit_price = NULL WHERE id = '{LINE}';
UPDATE parties SET approval_limit_per_day = 9, approval_currency = 'EUR'
WHERE id = '{PARTIES[0]}';
"""
LIMITS = "SELECT approval_limit FROM parties ORDER BY id"


def test_prices_and_channels_are_taken_over_and_given_back(
    new_database: Callable[[str], str],
) -> None:
    url = new_database("prices")
    configured, own = migrations.configured(url), f"{url}?app.merchant={MERCHANT}"
    command.upgrade(configured, "0010")
    ask(url, BEFORE)
    for _ in range(2):
        command.upgrade(configured, "0013")
        assert ask(own, STATING) == [("imports",), ("places",)]
        assert ask(own, ALLOWED) == [(PARTIES[0], [CHANNELS[0]]), (PARTIES[1], [])]
        for change in filter(str.strip, LATER.split(";")):
            ask(own, change)
        assert ask(own, PRICES) == [(None,)]
        command.downgrade(configured, "0010")
        assert ask(own, STATING) == []
        assert ask(own, PRICES) == [(0,)]
        assert ask(own, LIMITS) == [(9,), (None,)]
