"""Parties: companies and persons that order, carry, supply or fulfil."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Index, Text, Uuid, literal, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.bindings import Binding, Bindings
from models.base.tables import OneOf, Owned, check, indexed, known, to, unique
from models.base.visibility import Rule, Seen, either, own
from models.master.channels import ReleaseWhen

END_OF_DAY = "24:00"
"""When an opening closes that lasts until midnight."""

Opening = Mapping[str, Any]
"""One object of `Address.receiving_hours`."""


class PartyKind(StrEnum):
    """Whether a party is a business or a private person."""

    COMPANY = "COMPANY"
    PERSON = "PERSON"


class PartyRole(StrEnum):
    """What a party is to the merchant; a party may have several roles."""

    CUSTOMER = "CUSTOMER"
    CARRIER = "CARRIER"
    SUPPLIER = "SUPPLIER"
    FULFILMENT_PROVIDER = "FULFILMENT_PROVIDER"


def _has(role: PartyRole) -> Callable[[Any], Sequence[ColumnElement[bool]]]:
    """Return the condition on parties that have the role."""
    return lambda table: (table.roles.contains(literal([role.value], ARRAY(Text))),)


_CARRIERS = Rule("carriers", lambda _viewer, table: _has(PartyRole.CARRIER)(table)[0])


class Party(Owned):
    """A company or a person, known by its number.

    price_group: whose price lists count beside its own. channel_ids: over which its buyers order.
    release_when: its own rule in place of its channels'. approval_limit: net above which an order
    of its buyers waits for an approver; per_day: the same for all of one day of the merchant's.
    """

    __tablename__ = "parties"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: either(own("id"), _CARRIERS),
        Actor.STOREFRONT: _CARRIERS,
        Actor.WAREHOUSE: _CARRIERS,
        Actor.CARRIER: own("id"),
    }
    __binds__: ClassVar[Bindings] = {
        Actor.BUYER: Binding("a customer's party number", "number", _has(PartyRole.CUSTOMER)),
        Actor.CARRIER: Binding("a carrier's party number", "number", _has(PartyRole.CARRIER)),
    }
    __table_args__ = (
        unique("number", "number"),
        indexed("parties", "name", "id"),
        known("kind", PartyKind),
        known("release_when", ReleaseWhen),
        check(
            "roles_known",
            "roles <@ ARRAY['CUSTOMER', 'CARRIER', 'SUPPLIER', 'FULFILMENT_PROVIDER']"
            " AND cardinality(roles) > 0",
        ),
        check(
            "approval_limit_whole",
            "(approval_currency IS NULL)"
            " = (num_nonnulls(approval_limit, approval_limit_per_day) = 0)"
            " AND least(approval_limit, approval_limit_per_day) >= 0",
        ),
    )

    number: Mapped[str]
    kind: Mapped[PartyKind] = mapped_column(OneOf(PartyKind))
    roles: Mapped[list[PartyRole]] = mapped_column(ARRAY(OneOf(PartyRole)))
    name: Mapped[str]
    gln: Mapped[str | None]
    vat_id: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str | None]
    price_group: Mapped[str | None]
    channel_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    release_when: Mapped[ReleaseWhen | None] = mapped_column(OneOf(ReleaseWhen))
    approval_limit: Mapped[Decimal | None]
    approval_limit_per_day: Mapped[Decimal | None]
    approval_currency: Mapped[str | None]


class Contact(Owned):
    """A person at a party, known by a code of the merchant's."""

    __tablename__ = "contacts"
    __seen__: ClassVar[Seen] = {Actor.BUYER: own("party_id")}
    __table_args__ = (to("parties", "party_id"), unique("code", "party_id", "code"))

    party_id: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    title: Mapped[str | None]
    department: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]


class Address(Owned):
    """A place where a party takes deliveries, known by a code of the merchant's.

    place: the fields of kit.inputs.Place. receiving_hours: for each opening {weekday: 1 (Monday) to
    7, opens: "HH:MM", closes: "HH:MM" or "24:00"}, at the place's time zone; none: at any time.
    """

    __tablename__ = "addresses"
    __seen__: ClassVar[Seen] = {Actor.BUYER: own("party_id")}
    __table_args__ = (
        to("parties", "party_id"),
        unique("code", "party_id", "code"),
        Index(
            "uq_addresses_default",
            "merchant_id",
            "party_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    party_id: Mapped[UUID]
    code: Mapped[str]
    place: Mapped[dict[str, Any]]
    time_zone: Mapped[str]
    receiving_hours: Mapped[list[dict[str, Any]]]
    is_default: Mapped[bool]


def takes_in(
    receiving_hours: Sequence[Opening], time_zone: str, earliest: datetime, latest: datetime
) -> bool:
    """Tell whether a window (from earliest up to latest) lies in the receiving hours (D6).

    Days and hours are those of the place's clock. A window inside one day must lie whole in one
    opening of that weekday; a window over several days must meet an opening on each of them. A
    window that ends at midnight does not touch the day that begins then. No hours: always.

    Where the clock is set back, an opening covers both passes of an hour; an hour that is missing
    belongs to none.
    """
    if not receiving_hours:
        return True
    zone = ZoneInfo(time_zone)
    first = earliest.astimezone(zone).date()
    last = (latest - timedelta.resolution).astimezone(zone).date()
    if first == last:
        openings = _openings(receiving_hours, first, zone)
        return any(opens <= earliest and latest <= closes for opens, closes in openings)
    # Beyond the first day and a whole week, only the last day can tell anything new.
    days = [first + timedelta(number) for number in range(min((last - first).days, 8))]
    return all(
        any(
            opens < latest and earliest < closes
            for opens, closes in _openings(receiving_hours, day, zone)
        )
        for day in (*days, last)
    )


def _openings(
    openings: Sequence[Opening], day: date, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Give the openings of one day at the place as instants; those that touch are one."""
    hours = {it["opens"]: it["closes"] for it in openings if it["weekday"] == day.isoweekday()}
    for begin in sorted({*hours} - {*hours.values()}):
        end = begin
        while end in hours:
            end = hours[end]
        until, clock = (day, end) if end != END_OF_DAY else (day + timedelta(1), "00:00")
        opens = _instant(day, begin, zone, fold=0)
        closes = _instant(until, clock, zone, fold=int(end != END_OF_DAY))
        if opens < closes:
            yield opens, closes


def _instant(day: date, clock: str, zone: ZoneInfo, fold: int) -> datetime:
    """Return when the place's clock shows the time; fold: 0 the first pass, 1 the second."""
    return datetime.combine(day, time.fromisoformat(clock).replace(fold=fold), zone).astimezone(UTC)
