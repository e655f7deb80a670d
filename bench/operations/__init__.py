"""What is measured: six operations, each with its words for every engine."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.operations import limit, ours, postgraphile

OURS, REFERENCE, POSTGRAPHILE, LIMIT = "ours", "reference", "postgraphile", "limit"
KEPT = "kept"
"""Abruf, which may give an answer again; all others that are compared read each time."""
LIMITED = "limited"
"""Abruf with its own limits: for fairness, not for comparison."""
ENGINES = (OURS, REFERENCE, POSTGRAPHILE, LIMIT, KEPT)


@dataclass(frozen=True)
class Operation:
    """One operation. ours, postgraphile: documents; limit: for a reading one, its statement."""

    name: str
    what: str
    ours: str
    postgraphile: str | None = None
    limit: str | None = None

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.limit is not None

    @property
    def engines(self) -> tuple[str, ...]:
        """Return who answers it."""
        others = {POSTGRAPHILE: self.postgraphile is not None, KEPT: self.reads}
        return tuple(it for it in ENGINES if others.get(it, True))


OPERATIONS: Mapping[str, Operation] = {
    each.name: each
    for each in (
        Operation(
            "list",
            "the 20 newest orders with lines, products, deliveries, parcels and events",
            ours.LIST,
            postgraphile.LIST,
            limit.LIST,
        ),
        Operation(
            "one", "one order by number, the same tree", ours.ONE, postgraphile.ONE, limit.ONE
        ),
        Operation(
            "contract",
            "one contract with cumulative quantities, open call-offs and their deliveries",
            ours.CONTRACT,
            postgraphile.CONTRACT,
            limit.CONTRACT,
        ),
        Operation(
            "track",
            "one parcel by tracking number with events, delivery and order",
            ours.TRACK,
            postgraphile.TRACK,
            limit.TRACK,
        ),
        Operation("place", "`orderPlace` with 3 lines", ours.PLACE),
        Operation("scan", "`parcelRecordTracking`, 10 events of 10 parcels", ours.SCAN),
    )
}
READS = tuple(it for it in OPERATIONS.values() if it.reads)
