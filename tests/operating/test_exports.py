"""What is written out for somebody holds no secret; what is kept of a person stays on purpose."""

import base64
import re

import pytest
from sqlalchemy import LargeBinary, Text, select
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.tenant import set_merchant
from kit.ids import new_id
from models.base.tables import Base, secret_columns
from operating.persons.found import Person
from operating.persons.kept import all_kept

TABLES = Base.metadata.sorted_tables
HARMLESS = {"idempotency_keys.fingerprint", "interchange_contents.content"}
"""Bytes that prove nothing: what an input was like, and files of partners."""
SUSPECT = re.compile("secret|token|passw|private|credential|signing|sha256|hash")
"""What columns are called in which a secret may stand."""
CHECKSUMS = {"interchanges.sha256"}
STAY = {
    "addresses": "code receiving_hours time_zone",
    "api_keys": "limits",
    "calendars": "code holiday_country holiday_subdivision hours service time_zone",
    "contacts": "code language",
    "contracts": "currency number purchase_order_number service time_zone",
    "deliveries": "external_reference number window_zone",
    "holds": "owner",
    "journal": "actor aggregate idempotency_key payload type written_by",
    "notifications": "message_id time_zone",
    "order_lines": "confirmed_zone currency external_reference offered_zone window_zone",
    "orders": "charges confirmed_zone currency external_reference number proposed_zone"
    " purchase_order_number taxed_without taxes window_zone",
    "parcels": "label_reference service sscc",
    "parties": "approval_currency language number price_group tracking_url",
    "payments": "currency reference",
    "price_lists": "code currency party_group",
    "receipts": "reference",
    "tracking_events": "carrier_event_id dedupe_key original_status raw_reference source",
    "webhook_attempts": "type",
    "webhook_messages": "aggregate type",
    "webhooks": "conditions document",
}
"""Texts of a person's rows that are not forgotten: numbers, references, codes, zones, amounts."""


def test_each_text_of_a_persons_rows_is_forgotten_or_stays_on_purpose():
    parts = all_kept(Person(new_id(), frozenset()))
    gone = {(part.table, name) for part in parts for name in part.forgotten}
    texts = {
        f"{part.table.__tablename__}.{column.name}"
        for part in parts
        for column in part.table.__table__.c
        if type(column.type) in {Text, JSONB} and column.computed is None
        if (part.table, column.name) not in gone
    }
    assert texts == {f"{table}.{it}" for table, names in STAY.items() for it in names.split()}


def test_whatever_may_be_a_secret_is_declared_as_one_or_as_none():
    declared = {f"{table.name}.{it}" for table in TABLES for it in secret_columns(table)}
    suspect = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.c
        if isinstance(column.type, LargeBinary) or SUSPECT.search(column.name)
    }
    assert suspect == declared | HARMLESS | CHECKSUMS


@pytest.mark.prepared("everything")
async def test_a_merchant_is_written_out_for_its_owner_alone_and_with_no_secret_of_any_kind(
    world, database, call, slug, tmp_path
):
    tmp_path.chmod(0o755)
    urls = {"ABRUF_DATABASE_URL": database.engine.url, "ABRUF_OWNER_URL": database.owner.engine.url}
    named = {name: it.render_as_string(hide_password=False) for name, it in urls.items()}
    words = ("merchant", "export", "--slug", slug, str(tmp_path))
    code, _, failed = await call(*words, **named)
    assert (code, failed) == (0, "")
    files = {it.stem: it for it in tmp_path.iterdir()}
    assert {it.stat().st_mode & 0o777 for it in files.values()} == {0o600}
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    written = "\n".join(it.read_text() for it in files.values())
    async with database.owner.writing(world.merchant_id) as session:
        await set_merchant(session, world.merchant_id)
        for table in TABLES:
            for name in secret_columns(table):
                own = select(table.c[name]).where(table.c.merchant_id == world.merchant_id)
                values = (await session.scalars(own)).all()
                # One of each kind is there, or this would show nothing.
                assert values, table.name
                forms = {f for it in values for f in (it.hex(), base64.b64encode(it).decode())}
                assert [it for it in forms if it in written] == []
                assert f'"{name}"' not in files[table.name].read_text()
