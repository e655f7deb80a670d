"""The statement guard: fails any statement on a tenant table without its merchant; counts too.

It reads the text that goes to PostgreSQL, so that nothing between us and the database hides.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from models.base.tables import Base, Owned

TENANT_TABLES = sorted(
    mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned)
)
_TENANT = frozenset(TENANT_TABLES)
FOUND_TABLES = sorted(
    mapper.local_table.name
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, Owned) and mapper.class_.__found__
)
"""Tables whose rows are found without their merchant."""
_SOURCE = re.compile(r"(?:FROM|JOIN|UPDATE|USING|,)\s+(\w+)(?:\s+AS\s+(\w+))?(?![\w.])")
_SCOPED = re.compile(r"\b(\w+)\.merchant_id = \$\d+(?:::UUID)?")
_SCOPE, _LAST_WORD, _LONGEST_NAME = ".merchant_id = $", re.compile(r"\w+\Z"), 63
"""A tenth of a test's time went into one pattern for it, which begins anew at every word."""

BESIDE = ("app.merchant", "set_merchant", "cost_buckets", "SELECT merchant_secrets.token_secret")
"""What statements have that are not an operation's own: its merchant, what its key may spend."""


class Unscoped(AssertionError):
    """A statement reaches a tenant table without `merchant_id = $n`."""


@lru_cache(4096)
def unscoped(sql: str) -> frozenset[str]:
    """Return the tables or aliases that a statement reads or changes without their merchant."""
    before = (it[-_LONGEST_NAME:] for it in sql.split(_SCOPE)[:-1])
    scoped = Counter(word[0] for it in before if (word := _LAST_WORD.search(it)))
    found = _SOURCE.findall(sql)
    sources = Counter(alias or table for table, alias in found if table in _TENANT)
    return frozenset(name for name, count in sources.items() if scoped[name] < count)


def unwalled(sql: str) -> str:
    """Return the statement with every condition on a merchant made true: no first wall."""
    return _SCOPED.sub(r"(\g<0> OR true)", sql)


def finds(sql: str) -> bool:
    """Tell whether a statement only looks, across merchants, at rows that may be found so."""
    tables = {table for table, _ in _SOURCE.findall(sql) if table in _TENANT}
    return sql.startswith("SELECT ") and "FOR UPDATE" not in sql and tables <= {*FOUND_TABLES}


def watch(engine: AsyncEngine, keyless: AsyncEngine) -> None:
    """Guard every statement of the engines. keyless: holds no merchant, and may find rows."""

    def check(_connection: Any, _cursor: Any, sql: str, *_others: Any) -> None:
        if bare := unscoped(sql):
            message = f"No merchant for {', '.join(sorted(bare))} in:\n{sql}"
            raise Unscoped(message)

    def check_keyless(*arguments: Any) -> None:
        if not finds(arguments[2]):
            check(*arguments)

    event.listen(engine.sync_engine, "before_cursor_execute", check)
    event.listen(keyless.sync_engine, "before_cursor_execute", check_keyless)


def looks_up_a_key(statement: str) -> bool:
    """Tell whether a statement asks who holds a token."""
    return "api_keys.secret_sha256" in statement


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collect the statements that the engine's database is sent meanwhile.

    Without BEGIN and COMMIT, without the setting that opens the second wall, without the look-ups
    of a key and of a merchant's secret, which the server remembers for some seconds, and without
    what a key's share of its cost bucket asks now and then.
    """
    sent: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        beside = any(it in statement for it in BESIDE)
        if connection.engine.url == engine.url and not beside and not looks_up_a_key(statement):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
