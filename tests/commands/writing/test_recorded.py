"""What viewers see changes with an entry of the journal, with its counter, or is declared."""

import pytest
from sqlalchemy import exists, select, update
from sqlalchemy.orm import aliased

from kit.db.statements import Compiled
from models.access.keys import ApiKey, Merchant
from models.master.parties import Party
from models.messages.webhooks.tables import Webhook, WebhookMessage
from tests.make.master import parties


@pytest.mark.prepared("everything")
@pytest.mark.usefixtures("all_recorded")
def test_no_mutation_changes_anything_else() -> None:
    """Each of them has run in this database; what they change past the journal was noted."""


@pytest.mark.usefixtures("all_recorded")
async def test_what_is_changed_past_the_journal_is_noted(world) -> None:
    await parties.company(world)
    changed = update(Party).where(Party.merchant_id == world.merchant_id)
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(changed.values(name="X"))
    async with world.database.owner.engine.begin() as connection:
        rows = await connection.exec_driver_sql("DELETE FROM noted.unrecorded RETURNING *")
        assert [tuple(it) for it in rows] == [("UPDATE", "parties", ["name", "name_folded"])]


KEY, PART = aliased(ApiKey), select(ApiKey.id, ApiKey.last_used_at.label("used")).subquery()


@pytest.mark.parametrize(
    ("select_", "lasts"),
    [
        (select(ApiKey.name), True),
        (select(ApiKey.last_used_at), False),
        (select(KEY.last_used_at), False),
        (select(KEY.name).order_by(KEY.last_used_at), False),
        (select(KEY.name).where(KEY.last_used_at.is_(None)), False),
        (select(PART.c.used), False),
        (select(PART.c.id), False),
        (select(Merchant.id), False),
        (select(Webhook.url), True),
        (select(Webhook.url, Webhook.replay_to), False),
        (select(Webhook.url).where(exists().where(WebhookMessage.webhook_id == Webhook.id)), False),
    ],
)
def test_what_reads_of_what_is_declared_does_not_last(select_, lasts: bool) -> None:  # noqa: FBT001
    assert Compiled.of(select_).lasts is lasts
