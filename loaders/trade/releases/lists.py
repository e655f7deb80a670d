"""Releases, their schedules and their accounts, as they are listed."""

from collections import namedtuple
from collections.abc import Iterable, Mapping
from enum import Enum
from types import SimpleNamespace
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, and_, select

from loaders.reading.acts import available
from loaders.reading.filters import Filter, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Computed, Many, One, Part, Reader, Relation
from models.base.visibility import seen_by
from models.trade.releases.acts import ACTS
from models.trade.releases.findings import ReleaseAnswerLine, ReleaseFinding
from models.trade.releases.tables import (
    AccountPeriod,
    CumulativeAccount,
    LastReceipt,
    Release,
    ScheduleLine,
)
from models.trade.releases.words import ReleaseState, ReleaseType

by_id = One(Release)
offered = Computed(Release, {"actions": available(ACTS)})
schedule_line_by_id = One(ScheduleLine)
schedule_of = Many(ScheduleLine, "release_id", order_by=("line_no",), typical=10)
account_by_id = One(CumulativeAccount)
accounts_of = Many(CumulativeAccount, "contract_line_id", order_by=("id",), typical=2)
period_by_id = One(AccountPeriod)
last_receipt_by_id = One(LastReceipt)
last_receipts_of = Many(LastReceipt, "release_id", order_by=("id",), typical=2)
finding_by_id = One(ReleaseFinding)
findings_of = Many(ReleaseFinding, "release_id", order_by=("place",), typical=2)


class _Awaited(Relation):
    """release finding id -> whether it awaits consent, as its release does."""

    record = namedtuple("record", ("is_awaiting",))  # noqa: PYI024 -- one figure.
    source = SimpleNamespace(is_awaiting=ReleaseFinding.is_holding)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return it and the select of one finding's."""
        finding, release = reader.table(ReleaseFinding), reader.table(Release)
        rows = select().select_from(finding).join(release, release.id == finding.release_id)
        seen = (*seen_by(reader.viewer, finding), *seen_by(reader.viewer, release))
        is_awaiting = and_(finding.is_awaiting, release.state == ReleaseState.RECEIVED)
        rows = rows.where(finding.id == key, *seen).correlate_except(finding, release)
        return SimpleNamespace(is_awaiting=is_awaiting), rows


awaited = _Awaited()
answer_by_id = One(ReleaseAnswerLine)
answers_of = Many(ReleaseAnswerLine, "release_id", order_by=("place",), typical=2)
periods_of = Many(AccountPeriod, "account_id", order_by=("starts_on",), typical=2)


class ReleaseSort(Enum):
    """Orders of a release list."""

    ACTIVE_FIRST = "ACTIVE_FIRST"
    RECEIVED_AT = "RECEIVED_AT"
    RECEIVED_AT_DESC = "RECEIVED_AT_DESC"


class ReleaseFilter(Filter):
    """Which releases to list."""

    states: tuple[ReleaseState, ...] | None = Field(None, description="State is one of these.")
    types: tuple[ReleaseType, ...] | None = Field(None, description="Type is one of these.")


def _matching(
    _reader: Reader, release: Any, filter_by: ReleaseFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(release.state, filter_by.states)
    if filter_by.types is not None:
        yield one_of(release.type, filter_by.types)


_SORTS: Mapping[Enum | None, Sorted] = {
    ReleaseSort.ACTIVE_FIRST: Sorted("state"),
    ReleaseSort.RECEIVED_AT: Sorted("received_at"),
    ReleaseSort.RECEIVED_AT_DESC: Sorted("received_at", descending=True),
}
every = Paged(
    Release,
    _SORTS,
    matching=_matching,
    leads=Leads({"states": "state", "types": "type"}, above=("contract_id", "Contract")),
)
of_contract = Paged(Release, _SORTS, of="contract_id", matching=_matching)
of_contract_line = Paged(Release, _SORTS, of="contract_line_id", matching=_matching)
