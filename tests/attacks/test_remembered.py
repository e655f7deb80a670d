"""What a process remembers, filled by who wants it full: it takes what SECURITY.md says."""

import asyncio
import gc
import re
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from commands.access.buckets.take import Bucket
from execution import plans as planning
from kit.ids import new_id
from kit.limits import DEFAULT_BOUNDS
from kit.loop.recent import Recent
from models.access.viewers import Actor, Scope, Viewer
from resolvers.running import process, statements
from resolvers.running.answers import STATES, KeptAnswers
from resolvers.running.buckets import BucketShares
from resolvers.running.process import KnownDocuments
from schema.graphql.extensions import limits
from schema.schema import PLANNER
from tests import make
from tests.run.abruf import ROOT
from transport.identity import authentication, holders
from transport.identity.guesses import Guesses
from transport.identity.holders import TokenHolders

MB = 1024 * 1024
ROW = re.compile(r"^\| ([^|]+) \| (\d+) MB \|", re.MULTILINE)
BOUNDS = {
    "documents, and what they ask for": limits.DOCUMENTS,
    "operations": planning.OPERATIONS,
    "plans": planning.PLANS,
    "what writes statements": planning.WRITERS,
    "statements": planning.STATEMENTS,
    "statements with clients' aliases": planning.STATEMENTS,
    "statements of code": statements.STATEMENTS_KEPT,
    "texts that clients have shown": process.KEPT,
    "texts that are registered": process.KEPT,
    "keys": holders.LARGEST,
    "sessions": holders.LARGEST,
    "secrets of merchants": authentication.SECRETS,
    "answers": DEFAULT_BOUNDS.kept_answers,
}
"""What SECURITY.md announces of what is bounded by bytes."""
OF_PLANS = ("OPERATIONS", "PLANS", "WRITERS", "STATEMENTS")
FEWER = 16
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def announced() -> dict[str, int]:
    """Return what docs/SECURITY.md says that is remembered -> its bytes."""
    text = (ROOT / "docs" / "SECURITY.md").read_text()
    _, _, table = text.partition("### What a process remembers")
    return {what: int(size) * MB for what, size in ROW.findall(table.partition("\n### ")[0])}


def test_what_is_announced_is_what_is_declared() -> None:
    found = announced()
    assert {what: found.pop(what, None) for what in BOUNDS} == BOUNDS
    assert set(found) == set(FULL)


@contextmanager
def growing(grown: list[int]) -> Iterator[None]:
    """Note by how many bytes what is held grows meanwhile."""
    gc.collect()
    tracemalloc.start()
    try:
        yield
        gc.collect()
        grown.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()


def _literals(number: int) -> str:
    states = f'states: [{"CONFIRMED " * 900}], externalReference: "{number}"'
    return f"{{ orders(first: 1, filter: {{{states}}}) {{ nodes {{ id }} }} }}"


def _wide(number: int) -> str:
    asks = " ".join(f"a{it}: orders(first: {number}) {{ nodes {{ ...f }} }}" for it in range(20))
    fields = "id number placedAt lines { id lineNo ordered product { id sku name } }"
    return f"{{ {asks} }} fragment f on Order {{ {fields} }}"


def _named(number: int) -> str:
    names = " ".join(f"{'k' * 90}{number}x{it}: ordered" for it in range(29))
    return f"{{ orders(first: 1) {{ nodes {{ lines {{ {names} }} }} }} }}"


def _by_code(number: int) -> str:
    lines = f"lines {{ {' '.join(f'l{it}: lineNo' for it in range(25))} }}"
    return f"{{ viewer {{ name }} orders(first: {number}) {{ nodes {{ accessToken {lines} }} }} }}"


LONG_WORD = "\N{GRINNING FACE}" * 15_000


def _long(number: int) -> str:
    return f"{{ orders(first: {number}) {{ totalCount }} }} # {LONG_WORD}"


HOSTILE = [_literals, _wide, _named, _by_code, _long]


@pytest.fixture
def plans() -> bool:
    """Plans are what is remembered, whatever the whole run is of."""
    return True


async def test_documents_of_whoever_wants_memory_take_what_is_announced(
    ask: make.Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sixteenth of each bound, which few documents fill."""
    known = Recent[Any](limits.DOCUMENTS // FEWER)
    monkeypatch.setattr(limits, "_KNOWN", known)
    for name in OF_PLANS:
        monkeypatch.setattr(planning, name, getattr(planning, name) // FEWER)
    for shape in HOSTILE:
        assert "errors" not in await ask.answer(shape(1))
    PLANNER.forget()
    kept, grown = (known, *PLANNER.remembered), list[int]()
    with growing(grown):
        for number in range(2, 12):
            for shape in HOSTILE:
                await ask.answer(shape(number))
    most = [limits.DOCUMENTS // FEWER, *(getattr(planning, it) for it in (*OF_PLANS, "STATEMENTS"))]
    # All are full but for what the next one takes.
    assert all(it.weight > size // 3 for it, size in zip(kept, most, strict=True))
    assert grown[0] <= sum(most)
    assert grown[0] > sum(most) // 4


def paid() -> KnownDocuments:
    known = KnownDocuments()
    for number in range(process.PAID + 100):
        known.pay((new_id(), new_id()), f"document {number}")
    return known


def shown(text: Callable[[int], str], count: int) -> KnownDocuments:
    known = KnownDocuments()
    for number in range(count):
        known.show((new_id(), new_id()), f"{number:064x}", text(number))
    return known


def states() -> KeptAnswers:
    kept = KeptAnswers(1)
    for _ in range(STATES + 100):
        kept._states.keep(new_id(), f"{new_id()}/{new_id()}")  # noqa: SLF001 -- reads would need a database.
    return kept


def shares() -> BucketShares:
    found = BucketShares(Any)
    for _ in range(10_100):
        found.share(Bucket(new_id(), new_id(), 1, 1), NOW)
    return found


def guesses() -> Guesses:
    found = Guesses(DEFAULT_BOUNDS, lambda: NOW)
    for number in range(10_100):
        found._of(f"2001:db8:{number:x}::1")  # noqa: SLF001 -- wrong tokens are slow.
    return found


def keys() -> TokenHolders[Viewer]:
    """Return those of keys with all that a key may have."""

    async def read(token: str) -> Viewer:
        own, scopes = {"cost": 1_000_000 + len(token)}, frozenset(Scope)
        return Viewer(new_id(), Actor.STAFF, new_id(), token * 9, scopes, new_id(), limits=own)

    async def read_all() -> None:
        for number in range(4_000):
            await found.of(f"abruf_{number}")

    found = TokenHolders(read, lambda: NOW)
    asyncio.run(read_all())
    return found


FULL: dict[str, Callable[[], object]] = {
    "what is paid": paid,
    "states of merchants": states,
    "shares of buckets": shares,
    "addresses with wrong tokens": guesses,
}
"""What is bounded by numbers -> fills it."""
FILLED: dict[str, Callable[[], object]] = {
    **FULL,
    "texts that clients have shown": lambda: shown(lambda it: f"{{a{it}}}", 10_000),
    "texts that are registered": lambda: shown(lambda it: f"{LONG_WORD}{it}", 100),
    "keys": keys,
}


@pytest.mark.parametrize("what", FILLED)
def test_what_is_small_and_many_takes_what_is_announced(what: str) -> None:
    grown = list[int]()
    FILLED[what]()
    with growing(grown):
        held = FILLED[what]()
    del held
    assert announced()[what] // 3 < grown[0] <= announced()[what]
