"""Parties: companies and persons that order, carry, supply or fulfil."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OneOf, Owned, check, known, to, unique


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


class Party(Owned):
    """A company or a person, known by its number."""

    __tablename__ = "parties"
    __table_args__ = (
        unique("number", "number"),
        known("kind", PartyKind),
        check(
            "roles_known",
            "roles <@ ARRAY['CUSTOMER', 'CARRIER', 'SUPPLIER', 'FULFILMENT_PROVIDER']"
            " AND cardinality(roles) > 0",
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


class Contact(Owned):
    """A person at a party, known by a code of the merchant's."""

    __tablename__ = "contacts"
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

    place: the fields of kit.inputs.Place. receiving_hours: one object for each opening of a
    weekday, {weekday: 1 (Monday) to 7, opens: "HH:MM", closes: "HH:MM"}, at the place's time
    zone; no opening at all means that deliveries are taken at any time.
    """

    __tablename__ = "addresses"
    __table_args__ = (to("parties", "party_id"), unique("code", "party_id", "code"))

    party_id: Mapped[UUID]
    code: Mapped[str]
    place: Mapped[dict[str, Any]]
    time_zone: Mapped[str]
    receiving_hours: Mapped[list[dict[str, Any]]]
    is_default: Mapped[bool]
