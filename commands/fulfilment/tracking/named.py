"""The parcels that reports name: by id, by SSCC, or by a tracking number that several may have."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, select

from commands.fulfilment.tracking.reports import TrackingReport
from commands.writing.transaction import Writing, missing
from kit.db.statements import Statement
from kit.errors import Code, Refused
from models.access.viewers import Actor, anyone
from models.base.records import columns, record
from models.base.visibility import seen_by
from models.fulfilment.parcels import Parcel, ParcelStatus, TrackingNumber


async def find(
    writing: Writing, reports: Sequence[TrackingReport]
) -> tuple[dict[int, Parcel], dict[int, Refused]]:
    """Return position -> its parcel, and position -> why it has none."""
    numbered = await _read_numbered(writing, reports)
    ids = [it.parcel_id for it in reports if it.parcel_id is not None]
    by_id = await writing.by_key(Parcel, "id", ids)
    by_sscc = await writing.by_key(Parcel, "sscc", {it.sscc for it in reports if it.sscc})
    found, refused = {}, {}
    for place, report in enumerate(reports):
        if report.tracking_number is not None:
            candidates = _with_number(report, numbered[report.tracking_number])
        else:
            parcel = by_id.get(report.parcel_id) if report.parcel_id else by_sscc.get(report.sscc)
            candidates = [] if parcel is None else [parcel]
        try:
            found[place] = _checked(place, report, candidates)
        except Refused as refusal:
            refused[place] = refusal
    return found, refused


Numbered = tuple[UUID | None, Parcel]
"""A parcel that has a number, and the number's carrier where it is known."""


async def _read_numbered(
    writing: Writing, reports: Sequence[TrackingReport]
) -> Mapping[str, list[Numbered]]:
    wanted = {it.tracking_number for it in reports if it.tracking_number is not None}
    found: defaultdict[str, list[Numbered]] = defaultdict(list)
    if wanted:
        statement, parameters = (
            _numbered(writing.viewer.actor),
            {**writing.parameters, "keys": sorted(wanted)},
        )
        for number, carrier_id, *parcel in await writing.session.rows(statement, parameters):
            found[number].append((carrier_id, record(Parcel)._make(parcel)))
    return found


@cache
def _numbered(actor: Actor) -> Statement:
    """Build the statement of `_read_numbered`."""
    number, viewer = TrackingNumber, anyone(actor)
    of = (number.number.label("its_number"), number.carrier_id.label("its_carrier_id"))
    return Statement(
        select(*of, *columns(Parcel))
        .join(Parcel, Parcel.id == number.parcel_id)
        .where(*seen_by(viewer, number), *seen_by(viewer, Parcel))
        .where(number.number == any_(bindparam("keys", type_=ARRAY(Text()))))
    )


def _with_number(report: TrackingReport, numbers: Sequence[Numbered]) -> list[Parcel]:
    """Return the parcels with the number, live ones before voided ones.

    A number whose carrier is not known is its parcel's carrier's, or any partner's.
    """
    mine = [
        parcel
        for carrier_id, parcel in numbers
        if report.carrier_id is None or carrier_id in {None, report.carrier_id}
    ]
    return [it for it in mine if it.status is not ParcelStatus.VOIDED] or mine


def _checked(place: int, report: TrackingReport, candidates: Sequence[Parcel]) -> Parcel:
    """Return the one parcel of a report that may be recorded."""
    path = ("events", place, report.key)
    if not candidates:
        raise missing(Parcel, path)
    if len(candidates) > 1:
        text = "Several parcels have this number; name the carrier, or the parcel by another key."
        raise Refused(Code.INVALID, text, path)
    return candidates[0]
