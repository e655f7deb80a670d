"""PostgreSQL writes every scalar as the reference executor does."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, Text, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from execution.paging import cursor_text
from execution.texts import Sql, certain, constant, joined
from kit.db.database import Database
from kit.standards.money import rounded
from loaders.reading.cursors import cursor
from models.master.prices.rounding import rounded_net
from schema.graphql.scalars import FORMS
from schema.schema import schema

SLOW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds must be naive.
DECIMALS = st.decimals(Decimal(-(10**11)), Decimal(10**11), allow_nan=False, places=6)
VALUES = {
    "String": (TEXTS, Text()),
    "Int": (st.integers(-(2**31), 2**31 - 1), Integer()),
    "Boolean": (st.booleans(), Boolean()),
    "DateTime": (INSTANTS, DateTime(timezone=True)),
    "Date": (st.dates(date(1, 1, 2)), Date()),
    "UUID": (st.uuids(), Uuid()),
    "Decimal": (
        DECIMALS | st.sampled_from([Decimal(0), Decimal("-0.10"), Decimal(1200)]),
        Numeric(),
    ),
    "JSON": (
        st.dictionaries(TEXTS, TEXTS | st.booleans() | st.none() | st.integers(0, 2**53)),
        JSONB(),
    ),
}


async def _read(database: Database, *expressions: Sql) -> Sequence[Any]:
    reads = database.reading(None)
    try:
        return (await reads.rows(select(*expressions)))[0]
    finally:
        await reads.close()


@pytest.mark.parametrize("name", VALUES)
@SLOW
@given(data=st.data())
async def test_a_scalar_is_written_alike(database, name, data):
    strategy, kind = VALUES[name]
    value = literal(data.draw(strategy), kind)
    scalar = schema._schema.type_map.get(name)  # noqa: SLF001
    form = FORMS[name].text(value)
    among = joined([constant("x"), certain(form), constant("y")])
    text, between, read = await _read(database, form, among, value)
    assert between == f"x{text}y"
    written = orjson.dumps(str(read) if scalar is None else scalar.serialize(read))
    assert json.loads(text) == json.loads(written)
    if name not in {"String", "JSON"}:
        assert text == written.decode()


@pytest.mark.parametrize("name", ["String", "Int", "DateTime", "Date", "UUID", "Decimal"])
@SLOW
@given(data=st.data(), key=st.uuids())
async def test_a_cursor_is_written_alike(database, name, data, key: UUID):
    strategy, kind = VALUES[name]
    value, own = literal(data.draw(strategy), kind), literal(key, Uuid())
    text, read = await _read(database, cursor_text(constant("0badcafe"), [value, own]), value)
    assert text == cursor("0badcafe", [read, key])


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CLF", "XXX", "MRU", "UYW"])
@SLOW
@given(exact=st.decimals(Decimal(-(10**9)), Decimal(10**9), allow_nan=False, places=9))
async def test_money_is_rounded_alike(database, currency, exact):
    value, code = literal(exact, Numeric()), literal(currency, Text())
    halves = [value, func.round(value, 1) + Decimal("0.05"), func.round(value, 3) / 2]
    found = await _read(database, *halves, *(rounded_net(it, code) for it in halves))
    exact_ones, rounded_ones = found[: len(halves)], found[len(halves) :]
    assert list(rounded_ones) == [rounded(it, currency).amount for it in exact_ones]
