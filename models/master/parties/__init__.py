"""Parties: companies and persons that order, carry, supply or fulfil."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Index, Text, Uuid, case, literal, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor, Scope
from models.base.bindings import Binding, Bindings
from models.base.masks import NULL, Hidden, Mask
from models.base.tables import (
    OneOf,
    Owned,
    Searched,
    check,
    folded,
    found_by,
    indexed,
    known,
    to,
    unique,
)
from models.base.visibility import AnyViewer, Rule, Seen, bound, either, own
from models.master.channels import ReleaseWhen
from models.master.parties.duties import ContactDuty


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
_PRIVATE = (
    *("gln", "vat_id", "email", "phone", "language", "price_group", "release_when"),
    *("approval_limit", "approval_limit_per_day", "approval_currency"),
)
"""What is between a party and the merchant, whatever else the party is."""


def _in_place(instead: str, text: str) -> Mask:
    """Return what is read in place of a column. instead: SQL of ours."""
    return Mask(text, lambda _viewer, _row, _column: literal_column(instead))


def _unless_own(mask: Mask) -> Mask:
    """Return what is read of a party that is not one's own company."""

    def reads(viewer: AnyViewer, row: Any, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((row.id == bound(viewer), column), else_=mask.reads(viewer, row, column))

    return Mask(f"{mask.text}, unless it is its own company", reads)


_LISTED_BY = ("name",), ("kind", "number"), ("kind", "name"), ("gln",), ("vat_id",)
_OF_A_CARRIER = {
    "roles": _in_place(f"ARRAY['{PartyRole.CARRIER}']", "that it is a carrier"),
    "channel_ids": _in_place("'{}'", "nothing"),
    **dict.fromkeys(_PRIVATE, NULL),
}
"""What others read of a carrier beside its number, its kind and its name."""


class Party(Owned):
    """A company or a person, known by its number.

    price_group: whose price lists count beside its own. channel_ids: over which its buyers order.
    release_when: its own rule in place of its channels'. tracking_url: of a carrier, with {number}.
    approval_limit: net above which orders of its buyers wait for an approver; per_day: of one day.
    """

    __tablename__ = "parties"
    __searched__ = Searched(
        Scope.MASTER_DATA_READ, numbers=("number",), names=("name",), contains=("name",)
    )
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: either(own("id"), _CARRIERS),
        Actor.STOREFRONT: _CARRIERS,
        Actor.WAREHOUSE: _CARRIERS,
        Actor.CARRIER: own("id"),
    }
    __hidden__: ClassVar[Hidden] = {
        Actor.BUYER: {name: _unless_own(mask) for name, mask in _OF_A_CARRIER.items()},
        **dict.fromkeys((Actor.STOREFRONT, Actor.WAREHOUSE), _OF_A_CARRIER),
    }
    __binds__: ClassVar[Bindings] = {
        Actor.BUYER: Binding("a customer's party number", "number", _has(PartyRole.CUSTOMER)),
        Actor.CARRIER: Binding("a carrier's party number", "number", _has(PartyRole.CARRIER)),
    }
    __table_args__ = (
        unique("number", "number"),
        *(indexed("parties", *by, "id") for by in _LISTED_BY),
        indexed("parties", "id", among="ruled", postgresql_where=text("release_when IS NOT NULL")),
        *found_by("parties", "number", "name"),
        known("kind", PartyKind),
        known("release_when", ReleaseWhen),
        check("tracking_url_form", "tracking_url LIKE 'https://%{number}%'"),
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
    number_folded: Mapped[str] = folded("number")
    kind: Mapped[PartyKind] = mapped_column(OneOf(PartyKind))
    roles: Mapped[list[PartyRole]] = mapped_column(ARRAY(OneOf(PartyRole)))
    name: Mapped[str]
    name_folded: Mapped[str] = folded("name")
    gln: Mapped[str | None]
    vat_id: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str | None]
    price_group: Mapped[str | None]
    channel_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    release_when: Mapped[ReleaseWhen | None] = mapped_column(OneOf(ReleaseWhen))
    tracking_url: Mapped[str | None]
    approval_limit: Mapped[Decimal | None]
    approval_limit_per_day: Mapped[Decimal | None]
    approval_currency: Mapped[str | None]


class Contact(Owned):
    """A person at a party, known by a code of the merchant's."""

    __tablename__ = "contacts"
    __searched__ = Searched(Scope.MASTER_DATA_READ, names=("name",), contains=("name",))
    __seen__: ClassVar[Seen] = {Actor.BUYER: own("party_id")}
    __table_args__ = (
        to("parties", "party_id"),
        unique("code", "party_id", "code"),
        *found_by("contacts", "name"),
        check(
            "duties_known",
            "duties <@ ARRAY['PURCHASING', 'APPROVAL', 'GOODS_IN', 'CONTRACTS', 'INTERFACES']",
        ),
    )

    party_id: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    name_folded: Mapped[str] = folded("name")
    title: Mapped[str | None]
    department: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str | None]
    duties: Mapped[list[ContactDuty]] = mapped_column(
        ARRAY(OneOf(ContactDuty)), default=list, server_default="{}"
    )


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
