"""Answers that are kept as long as their merchant is in the same state.

What lasts (`kit.db.statements.Compiled.lasts`) is the same for the same statement and values as
long as the journal ends with the same entry and its counter is not renewed: both become visible in
order, with all that was changed. docs/decisions/0071-kept-answers.md says why ids name that state.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from sys import getsizeof
from typing import Any, NamedTuple
from uuid import UUID

from kit.db.driver import is_long
from kit.db.reads import Reads
from kit.loop.recent import Recent, RecentOf
from resolvers.running.shares import Lane

_STATE = (
    "concat((SELECT journal.id FROM journal WHERE journal.merchant_id = ${0}::UUID"
    " ORDER BY journal.position DESC LIMIT 1), '/', (SELECT merchant_counters.id"
    " FROM merchant_counters WHERE merchant_counters.merchant_id = ${0}::UUID"
    " AND merchant_counters.name = 'JOURNAL'))"
)
STATE_READ = f"SELECT {_STATE.format(1)} AS state"
"""The statement that tells in which state a merchant is."""
STATES = 10_000
"""Merchants of which a process remembers the state."""
_PLAIN = (str, int, float, Decimal, UUID, date, bytes, type(None))
WEIGHT_BESIDE = 1_500
"""Bytes that an answer takes beside its text: its key, its places, who it is for."""


class _Answer(NamedTuple):
    """What was read. state: of the merchant, when it was."""

    state: str
    rows: Sequence[Sequence[Any]]


class KeptAnswers:
    """What a process remembers to answer, in so many bytes; 0 keeps nothing.

    Each company or key has answers of its own, though others ask the same: none is given what was
    read for somebody else, and none learns by the time that it takes what others ask. A merchant
    has half at most. counted: how often what happened.
    """

    def __init__(self, most: int) -> None:
        """Remember nothing yet."""
        self._most, self._kept = most, RecentOf[_Answer](most)
        self._states: Recent[str] = Recent(STATES)
        self.counted: Counter[str] = Counter()

    @property
    def weight(self) -> int:
        """Return the bytes that are kept."""
        return self._kept.weight

    async def rows(
        self, lane: Lane, reads: Reads, statement: str, values: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        """Return the rows of a statement that lasts: those that are kept, or read and kept.

        Raises what reading raises.
        """
        key = _key_of(statement, values) if self._most else None
        if key is None:
            return await reads.texts(statement, values)
        known, merchant_id = self._kept.get(lane, key), lane[0]
        if known is not None and known.state == self._states.get(merchant_id):
            ((state,),) = await reads.texts(STATE_READ, [merchant_id])
            if state == known.state:
                self.counted["given again"] += 1
                return known.rows
        self.counted["read"] += 1
        # State and rows are of one snapshot, whatever is committed meanwhile.
        state = _STATE.format(len(values) + 1)
        whole = f"SELECT own.*, {state} AS state FROM ({statement}) AS own"  # noqa: S608 -- ours.
        found = [tuple(row) for row in await reads.texts(whole, [*values, merchant_id])]
        rows = [row[:-1] for row in found]
        if found:
            self._states.keep(merchant_id, found[0][-1])
            weight = WEIGHT_BESIDE + sum(_weight(it) for row in rows for it in row)
            self._kept.keep(lane, key, _Answer(found[0][-1], rows), weight)
        return rows

    def passed(self, merchant_id: UUID) -> None:
        """Take note that a merchant's state is another one, which saves asking for it."""
        self._states.keep(merchant_id, "")


def _weight(text: bytes | str | None) -> int:
    """Return what a text takes; of a str with its bytes, which Python remembers once wanted."""
    if isinstance(text, str) and not text.isascii():
        return getsizeof(text) + len(text.encode())
    return getsizeof(text)


def _key_of(statement: str, values: Sequence[Any]) -> bytes | None:
    """Return what stands for a statement with its values, None where these may be anything."""
    if not all(map(_is_plain, values)):
        return None
    return blake2b(f"{statement}\0{values!r}".encode(), digest_size=32).digest()


def _is_plain(value: Any) -> bool:
    """Tell whether a value is short, and says by its `repr` all that it is."""
    if isinstance(value, list):
        return not is_long(value) and all(map(_is_plain, value))
    return isinstance(value, _PLAIN) and not is_long(value)
