"""Spans of what is sent after entries of the journal, linked to the requests that wrote these."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from opentelemetry.trace import Tracer
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from kit.db.database import Database
from kit.telemetry.links import record_span
from models.access.journal import JournalEntry

_WRITTEN_BY: Any = select(JournalEntry.id, JournalEntry.written_by).where(
    JournalEntry.merchant_id == bindparam("merchant", type_=Uuid()),
    JournalEntry.id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
)


class SentSpans:
    """Records each attempt to send something as a span of its own."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        """Take who records spans. None: nothing is recorded, and nothing read for it."""
        self._tracer = tracer

    async def written_by(
        self, database: Database, merchant_id: UUID, entries: Collection[UUID]
    ) -> Mapping[UUID, str]:
        """Return entry -> the span of the request that wrote it, where that was recorded."""
        if self._tracer is None or not entries:
            return {}
        reads = database.reading(merchant_id)
        try:
            values = {"merchant": merchant_id, "keys": sorted(entries)}
            rows = await reads.rows(_WRITTEN_BY, values)
        finally:
            await reads.close()
        return {it.id: it.written_by for it in rows if it.written_by}

    def record(self, name: str, began_ns: int, written_by: Iterable[str], outcome: str) -> None:
        """Record what has just ended: see `record_span`."""
        if self._tracer is not None:
            record_span(self._tracer, name, began_ns, written_by, outcome)
