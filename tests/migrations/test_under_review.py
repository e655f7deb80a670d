"""Holds keep their reasons; a new reason is gone again without the migration that knows it."""

from collections.abc import Callable

from alembic import command
from alembic.script import ScriptDirectory

import migrations
from tests.kit.programs import ask

MERCHANT = "11111111-1111-7111-8111-111111111111"
REVISION = "0008"
BEFORE = f"""
INSERT INTO merchants (id, slug, name, created_at, token_secret)
VALUES ('{MERCHANT}', 'm', 'M', now(), sha256('m'))
"""
HOLD = """
INSERT INTO holds (merchant_id, id, subject, subject_id, reason, owner, placed_at)
VALUES ('{merchant}', gen_random_uuid(), 'ORDER', gen_random_uuid(), '{reason}', 'x', now())
"""
REASONS = "SELECT reason FROM holds ORDER BY reason"


def test_a_hold_may_be_under_review_and_is_kept_when_that_is_undone(
    new_database: Callable[[str], str],
) -> None:
    url = new_database("under_review")
    configured = migrations.configured(url)
    script = ScriptDirectory.from_config(configured).get_revision(REVISION)
    own = f"{url}?app.merchant={MERCHANT}"
    command.upgrade(configured, script.down_revision)
    ask(url, BEFORE)
    ask(own, HOLD.format(merchant=MERCHANT, reason="FRAUD"))
    command.upgrade(configured, REVISION)
    ask(own, HOLD.format(merchant=MERCHANT, reason="UNDER_REVIEW"))
    assert ask(own, REASONS) == [("FRAUD",), ("UNDER_REVIEW",)]
    command.downgrade(configured, script.down_revision)
    assert ask(own, REASONS) == [("FRAUD",), ("OTHER",)]
