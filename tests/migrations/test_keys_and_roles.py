"""Migrations keep what was there, and can be undone."""

from collections.abc import Callable

from alembic import command

import migrations
from tests.kit.programs import ask

MERCHANT, ORDER = "'11111111-1111-7111-8111-111111111111'", "gen_random_uuid()"
BEFORE = f"""
DO $$ DECLARE channel uuid := gen_random_uuid(); BEGIN
    INSERT INTO merchants (id, slug, name, created_at) VALUES ({MERCHANT}, 'm', 'M', now());
    INSERT INTO api_keys (id, merchant_id, actor, bound_to, name, scopes, secret_sha256, created_at)
    VALUES (gen_random_uuid(), {MERCHANT}, 'STAFF', NULL, 's', '{{ORDERS_MANAGE,ORDERS_READ}}',
            sha256('s'), now()),
        (gen_random_uuid(), {MERCHANT}, 'BUYER', channel, 'b', '{{ORDERS_READ}}', sha256('b'),
            now());
    PERFORM set_merchant({MERCHANT});
    INSERT INTO channels (merchant_id, id, code, name, kind, guests_allowed, approval_required,
        delivery_methods, is_active)
    VALUES ({MERCHANT}, channel, 'C', 'C', 'WEB_SHOP', true, true, '{{PARCEL}}', true);
    INSERT INTO orders (merchant_id, id, number, channel_id, guest, kind, state, delivery_policy,
        currency, placed_at, version)
    SELECT {MERCHANT}, {ORDER}, state, channel, '{{}}', 'STANDARD', state, 'SHIP_COMPLETE', 'EUR',
        now(), 1 FROM unnest(ARRAY['PENDING_APPROVAL', 'CONFIRMED']) AS state;
END $$
"""
KEYS = "SELECT name, role, scopes FROM api_keys ORDER BY name"
SECRETS = "SELECT length(token_secret) FROM merchants"
MANAGED = ["ORDERS_MANAGE", "ORDERS_READ", "ORDERS_APPROVE"]
KEPT = [
    ("b", "BUYER", ["ORDERS_READ"]),
    ("s", None, MANAGED),
]
WAITING = """
SELECT state, awaiting_approval_of FROM orders ORDER BY state
"""


def test_keys_and_waiting_orders_keep_what_they_could(new_database: Callable[[str], str]) -> None:
    url = new_database("older")
    configured = migrations.configured(url)
    command.upgrade(configured, "0004-1")
    ask(url, BEFORE)
    for _ in range(2):
        command.upgrade(configured, "0004")
        assert ask(url, KEYS) == KEPT
        assert ask(url, SECRETS) == [(32,)]
        command.downgrade(configured, "0004-1")
    command.upgrade(configured, "head")
    merchant = MERCHANT.strip("'")
    waiting = ask(f"{url}?app.merchant={merchant}", WAITING)
    assert waiting == [("CONFIRMED", []), ("PENDING_APPROVAL", ["MERCHANT"])]
