import asyncpg
import pytest

from bench.data import kept, plain
from kit.embedded import Server
from tests.bench.rows import CONTRACTS, SIZE, count

EACH_ORDER = {"order_lines": 5, "deliveries": 2, "delivery_lines": 6, "parcels": 2}
EACH_ORDER |= {"orders": 1, "tracking_numbers": 2, "tracking_events": 6}
EACH_CONTRACT = {
    "contracts": 1,
    **dict.fromkeys(("contract_lines", "cumulative_accounts", "account_periods", "releases"), 4),
    "schedule_lines": 8,
}


@pytest.mark.parametrize("table", EACH_ORDER)
async def test_every_order_has_what_the_dataset_promises(loaded: Server, table: str) -> None:
    wanted = SIZE.merchants * SIZE.orders * EACH_ORDER[table]
    assert await count(loaded, f"SELECT count(*) FROM {table}") == wanted


@pytest.mark.parametrize("table", EACH_CONTRACT)
async def test_every_contract_has_what_the_dataset_promises(loaded: Server, table: str) -> None:
    wanted = SIZE.merchants * CONTRACTS * EACH_CONTRACT[table]
    assert await count(loaded, f"SELECT count(*) FROM {table}") == wanted


async def test_contracts_count_what_their_call_offs_draw(loaded: Server) -> None:
    wrong = """
        SELECT count(*) FROM contract_lines c WHERE (called_off, shipped, delivered) <> (
            SELECT sum(ordered), sum(shipped), sum(delivered) FROM order_lines l
            WHERE l.contract_line_id = c.id)
    """
    drawn = "SELECT count(*) FROM contract_lines WHERE called_off > delivered AND delivered > 0"
    assert await count(loaded, wrong) == 0
    assert await count(loaded, drawn) == SIZE.merchants * CONTRACTS * 4


async def test_lines_count_what_their_deliveries_take(loaded: Server) -> None:
    wrong = """
        SELECT count(*) FROM order_lines o WHERE (planned, shipped, delivered) <> (
            SELECT sum(planned), sum(shipped), sum(delivered) FROM delivery_lines d
            WHERE d.order_line_id = o.id)
    """
    assert await count(loaded, wrong) == 0


CATALOGUE = (
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
    """,
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    """
    SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
    WHERE relnamespace = 'public'::regnamespace ORDER BY 1
    """,
)


async def catalogue(url: str) -> list[object]:
    connection = await asyncpg.connect(plain(url))
    try:
        return [await connection.fetch(statement) for statement in CATALOGUE]
    finally:
        await connection.close()


async def test_keys_indexes_and_the_wall_are_as_the_migrations_left_them(
    loaded: Server, database_url: str
) -> None:
    assert await catalogue(loaded.owner_url) == await catalogue(database_url)


async def test_data_are_made_once(server: Server, loaded: Server) -> None:
    name = loaded.owner_url.rpartition("/")[2]
    made = "SELECT xmin::text::bigint FROM orders ORDER BY id LIMIT 1"
    before = await count(loaded, made)
    await kept(server, SIZE, name)
    assert await count(loaded, made) == before


def test_the_same_seed_makes_the_same_rows() -> None:
    first, second = SIZE.all(), SIZE.all()
    assert [list(it.rows()) for it in first] == [list(it.rows()) for it in second]
    assert first[0].id != first[1].id
