"""References that were unique in a channel stay; what only became possible is gone when undone."""

from collections.abc import Callable

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from asyncpg.exceptions import UniqueViolationError

import migrations
from tests.kit.programs import ask

MERCHANT = "11111111-1111-7111-8111-111111111111"
CHANNEL = "22222222-2222-7222-8222-222222222222"
PARTIES = ("33333333-3333-7333-8333-333333333333", "44444444-4444-7444-8444-444444444444")
SCRIPTS = ScriptDirectory.from_config(migrations.configured(""))
(SCRIPT,) = [it for it in SCRIPTS.walk_revisions() if "references_of_parties" in str(it.path)]
MERCHANTS = f"""
INSERT INTO merchants (id, slug, name, created_at, token_secret)
VALUES ('{MERCHANT}', 'm', 'M', now(), sha256('m'))
"""
CHANNELS = f"""
INSERT INTO channels (merchant_id, id, code, name, kind, delivery_methods,
    approval_required, guests_allowed, is_active)
VALUES ('{MERCHANT}', '{CHANNEL}', 'C', 'C', 'WEB_SHOP', '{{PARCEL}}', false, true, true)
"""
PARTY = """
INSERT INTO parties (merchant_id, id, number, roles, kind, name)
VALUES ('{merchant}', '{party}', '{party}', '{{CUSTOMER}}', 'COMPANY', 'P')
"""
ORDER = """
INSERT INTO orders (merchant_id, id, number, channel_id, party_id, guest, kind, state,
    delivery_policy, currency, external_reference, placed_at, version)
VALUES ('{merchant}', gen_random_uuid(), gen_random_uuid()::text, '{channel}', {party}, {guest},
    'STANDARD', 'CONFIRMED', 'PARTIAL_BACKORDER', 'EUR', 'A-1', now(), 1)
"""
REFERENCES = "SELECT count(*), count(external_reference) FROM orders"


def _order(own: str, party: str | None) -> None:
    by, guest = ("NULL", "'{}'") if party is None else (f"'{party}'", "NULL")
    ask(own, ORDER.format(merchant=MERCHANT, channel=CHANNEL, party=by, guest=guest))


def test_a_reference_is_one_orders_of_a_party_and_again_of_a_channel_when_undone(
    new_database: Callable[[str], str],
) -> None:
    url = new_database("references")
    configured, own = migrations.configured(url), f"{url}?app.merchant={MERCHANT}"
    command.upgrade(configured, SCRIPT.down_revision)
    ask(url, MERCHANTS)
    for filled in (CHANNELS, *(PARTY.format(merchant=MERCHANT, party=it) for it in PARTIES)):
        ask(own, filled)
    _order(own, PARTIES[0])
    with pytest.raises(UniqueViolationError):
        _order(own, PARTIES[1])
    command.upgrade(configured, SCRIPT.revision)
    for party in (PARTIES[1], None):
        _order(own, party)
        with pytest.raises(UniqueViolationError):
            _order(own, party)
    assert ask(own, REFERENCES) == [(3, 3)]
    command.downgrade(configured, SCRIPT.down_revision)
    assert ask(own, REFERENCES) == [(3, 1)]
