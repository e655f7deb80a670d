"""The statement guard catches what it is there for, and lets the rest pass."""

import pytest
from sqlalchemy import text

from kit.db.database import Database
from tests.guard import Unscoped, counted, unscoped

SCOPED = [
    "SELECT orders.id FROM orders WHERE orders.merchant_id = $1::UUID",
    """SELECT o.id FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id
        WHERE o.merchant_id = $1 AND l.merchant_id = $1""",
    """SELECT products.id FROM products WHERE products.merchant_id = $1 AND EXISTS
        (SELECT * FROM order_lines AS l WHERE l.product_id = products.id AND l.merchant_id = $1)""",
    "UPDATE orders SET note=$1 WHERE orders.merchant_id = $2",
    "DELETE FROM orders WHERE orders.merchant_id = $1",
    "DELETE FROM orders USING parties WHERE orders.merchant_id = $1 AND parties.merchant_id = $1",
    "INSERT INTO orders (merchant_id, id) VALUES ($1, $2)",
    "SELECT merchants.id FROM merchants",
    "SELECT api_keys.id FROM api_keys WHERE api_keys.id = $1",
]
BARE = [
    ("SELECT orders.id FROM orders WHERE orders.id = $1", "orders"),
    ("SELECT o.id FROM orders AS o", "o"),
    ("SELECT o.id FROM orders AS o WHERE o.merchant_id = merchants.id", "o"),
    ("SELECT l.id FROM orders AS o JOIN order_lines AS l ON true WHERE o.merchant_id = $1", "l"),
    (
        """SELECT o.id FROM orders AS o LEFT OUTER JOIN order_lines
            ON order_lines.merchant_id = o.merchant_id WHERE o.merchant_id = $1""",
        "order_lines",
    ),
    ("SELECT o.id FROM orders AS o, parties AS p WHERE o.merchant_id = $1", "p"),
    (
        """SELECT orders.id FROM orders WHERE orders.merchant_id = $1 AND orders.id IN
            (SELECT orders.id FROM orders WHERE orders.note IS NULL)""",
        "orders",
    ),
    ("WITH some AS (SELECT id FROM orders) SELECT some.id FROM some", "orders"),
    ("UPDATE orders SET note=$1 WHERE orders.id = $2", "orders"),
    ("DELETE FROM orders WHERE orders.id = $1", "orders"),
    ("DELETE FROM orders USING parties WHERE orders.merchant_id = $1", "parties"),
]


@pytest.mark.parametrize("sql", SCOPED)
def test_a_scoped_statement_passes(sql: str) -> None:
    assert unscoped(sql) == set()


@pytest.mark.parametrize(("sql", "name"), BARE)
def test_an_unscoped_table_is_named(sql: str, name: str) -> None:
    assert unscoped(sql) == {name}


async def test_the_guard_stands_before_the_tests_database(shared_database: Database) -> None:
    async with shared_database.engine.connect() as connection:
        with pytest.raises(Unscoped, match="No merchant for orders"):
            await connection.execute(text("SELECT id FROM orders"))


async def test_statements_are_counted(shared_database: Database) -> None:
    with counted(shared_database.engine) as sent:
        async with shared_database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    assert sent == ["SELECT 1"]
