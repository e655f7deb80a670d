"""What people look for is folded anew where it is folded otherwise than it was."""

from collections.abc import Callable
from uuid import UUID

from alembic import command

import migrations
from tests.kit.programs import ask

MERCHANT = UUID(int=1)
BEFORE = f"""
DO $$ BEGIN
    INSERT INTO merchants (id, slug, name, created_at) VALUES ('{MERCHANT}', 'm', 'M', now());
    PERFORM set_merchant('{MERCHANT}');
    INSERT INTO products (merchant_id, id, sku, name, unit, scale, is_active)
    SELECT '{MERCHANT}', gen_random_uuid(), name, name, 'PIECE', 0, true
    FROM unnest(ARRAY['Weiß', 'Dr.  Λόγος']) AS name;
END $$
"""
FOLDED = "SELECT name_folded, sku_folded FROM products ORDER BY name"


def test_texts_are_folded_anew_and_as_before(
    new_database: Callable[..., str], migrated: str
) -> None:
    url = new_database("folded", migrated)
    configured, own = migrations.configured(url), f"{url}?app.merchant={MERCHANT}"
    command.downgrade(configured, "0097")
    ask(url, BEFORE)
    assert ask(own, FOLDED) == [("dr.  λογος",) * 2, ("weiss",) * 2]
    command.upgrade(configured, "0098")
    assert ask(own, FOLDED) == [("dr. λογοσ",) * 2, ("weiss",) * 2]
    command.downgrade(configured, "0097")
    assert ask(own, FOLDED) == [("dr.  λογος",) * 2, ("weiss",) * 2]
