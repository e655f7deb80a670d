"""Releases as they are read: their schedule lines, and how far each line has come."""

from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from kit.inputs import Input
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Many, One, Reader, Relation, among_keys
from models.trade.contracts.tables import ContractLine
from models.trade.releases import (
    Release,
    ReleaseState,
    ReleaseType,
    ScheduleLine,
    open_quantities,
    released_quantities,
    schedule_status,
)
from models.base.visibility import seen_by

by_id = One(Release)
schedule_line_by_id = One(ScheduleLine)
schedule_of = Many(ScheduleLine, "release_id", order_by=("window_earliest", "line_no"))


class Progress(Relation):
    """schedule line id -> cumulative, open quantity and status, by the rule of the domain.

    A line's figures follow from all lines of its release, so that these are read with it.
    """

    _record = namedtuple("_record", ("cumulative_released", "open_quantity", "status"))  # noqa: PYI024 -- the parts of one computation.

    def statement(self, reader: Reader) -> Select[Any]:
        """Select what the rule needs of all lines of the asked lines' releases, in date order."""
        asked, viewer = aliased(ScheduleLine), reader.viewer
        releases = select(asked.release_id).where(among_keys(asked.id), *seen_by(viewer, asked))
        return (
            select(
                ScheduleLine.release_id,
                ScheduleLine.id,
                ScheduleLine.quantity,
                (ScheduleLine.window_latest < reader.at),
                Release.state,
                Release.cumulative_received,
                ContractLine.shipped,
                func.greatest(ContractLine.received, ContractLine.delivered),
            )
            .join(Release, Release.id == ScheduleLine.release_id)
            .join(ContractLine, ContractLine.id == Release.contract_line_id)
            .where(
                ScheduleLine.release_id.in_(releases),
                *seen_by(viewer, ScheduleLine),
                *seen_by(viewer, Release),
                *seen_by(viewer, ContractLine),
            )
            .order_by(ScheduleLine.release_id, ScheduleLine.window_earliest, ScheduleLine.line_no)
        )

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Compute each release and give each key its record."""
        found = {
            line_id: record
            for _, lines in groupby(rows, key=lambda row: row[0])
            for line_id, record in self._computed(list(lines))
        }
        return [found.get(key) for key in keys]

    def _computed(self, lines: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield (line id, record) for all lines of one release. A superseded one asks nothing."""
        _, ids, quantities, past, states, (received, *_), (issued, *_), (arrived, *_) = zip(
            *lines, strict=True
        )
        is_active = states[0] is ReleaseState.ACTIVE
        released = released_quantities(quantities, received)
        still_open = open_quantities(quantities, received, issued)
        undelivered = open_quantities(quantities, received, arrived)
        for line_id, quantity, is_past, upto, left, missing in zip(
            ids, quantities, past, released, still_open, undelivered, strict=True
        ):
            status = schedule_status(quantity, missing, is_active=is_active, is_past=is_past)
            yield line_id, self._record(upto, left if is_active else 0, status)


progress = Progress()


class ReleaseSort(Enum):
    """Orders of a release list."""

    ACTIVE_FIRST = "ACTIVE_FIRST"
    RECEIVED_AT = "RECEIVED_AT"
    RECEIVED_AT_DESC = "RECEIVED_AT_DESC"


class ReleaseFilter(Input):
    """Which releases to list."""

    states: tuple[ReleaseState, ...] | None = Field(None, description="State is one of these.")
    types: tuple[ReleaseType, ...] | None = Field(None, description="Type is one of these.")


def _matching(_asking: Reader, release: Any, given: ReleaseFilter) -> Iterable[ColumnElement[bool]]:
    if given.states is not None:
        yield release.state.in_(given.states)
    if given.types is not None:
        yield release.type.in_(given.types)


_SORTS: Mapping[Enum | None, Sorted] = {
    ReleaseSort.ACTIVE_FIRST: Sorted("state"),
    ReleaseSort.RECEIVED_AT: Sorted("received_at"),
    ReleaseSort.RECEIVED_AT_DESC: Sorted("received_at", descending=True),
}
of_contract = Paged(Release, _SORTS, of="contract_id", matching=_matching)
of_contract_line = Paged(Release, _SORTS, of="contract_line_id", matching=_matching)
