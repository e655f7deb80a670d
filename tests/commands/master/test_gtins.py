"""Who has a GTIN is looked for by an index, however it was written, beneath the walls as well."""

import pytest
from sqlalchemy import text

from kit.standards.gs1 import check_digit
from tests import make
from tests.make import refusals
from tests.make.counting import looked_at, plan_of, sent

MANY, NEW = 3_000, 5
FILLED = f"""INSERT INTO products (merchant_id, id, sku, name, unit, scale, is_active, gtin)
SELECT :merchant, gen_random_uuid(), 'P-' || it, 'Part', 'PIECE', 0, true,
    lpad(it::text, 13, '0') FROM generate_series(1, {MANY}) AS it"""
PACKED = """INSERT INTO packagings
    (merchant_id, id, product_id, code, name, unit, scale, content, is_active, gtin)
SELECT merchant_id, gen_random_uuid(), id, 'BOX', 'Box', unit, scale, 9, true, '1' || gtin
FROM products WHERE merchant_id = :merchant"""
WRITE = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { userErrors { code } } userErrors { code } }
}
"""


def _gtin(body: str) -> str:
    return body + check_digit(body)


async def test_new_ones_are_looked_for_by_an_index(world: make.World, ask: make.Ask) -> None:
    owner = world.database.owner
    async with owner.writing(world.merchant_id) as session:
        for filling in (FILLED, PACKED):
            await session.execute(text(filling), {"merchant": world.merchant_id})
    async with owner.engine.connect() as connection:
        own = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await own.execute(text("ANALYZE products, packagings"))
    items = [
        {"sku": f"N-{it}", "name": "New", "gtin": _gtin(f"40123450{it:04}")} for it in range(NEW)
    ]
    with sent(world.database) as statements:
        payload = (await ask(WRITE, input={"products": items}))["productsUpsert"]
    assert refusals(payload) == []
    (looked,) = (it for it in statements if "packagings.gtin = ANY" in it[0])
    assert looked_at(await plan_of(world, *looked)) <= 4 * NEW


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 2), (2, 0), (3, 0), (0, 3)])
async def test_it_is_the_same_however_many_zeros_lead_it(ask, first, second) -> None:
    body = "9638507"
    ways = [_gtin(it) for it in (body, f"0000{body}", f"00000{body}", f"000000{body}")]
    for place, way in enumerate((ways[first], ways[second])):
        item = {"sku": f"S-{place}", "name": "S", "gtin": way}
        payload = (await ask(WRITE, input={"products": [item]}))["productsUpsert"]
        assert [it["code"] for it in refusals(payload)] == ["TAKEN"] * place
