"""Values that several types show: money, windows, addresses, recipients."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

import strawberry
from sqlalchemy import Text, func

from execution.fields import DECLARED, Parts
from execution.texts import never_null
from schema.graphql.scalars import Country, Currency
from schema.graphql.scopes import Authenticated


@strawberry.type(description="An amount of money.", directives=[Authenticated()])
class Money:
    """Money."""

    amount: Decimal = strawberry.field(
        description="Exact amount in units of the currency: 9.90 for EUR."
    )
    currency: Currency = strawberry.field(description="Currency of the amount.")


@strawberry.type(
    description="When a delivery is to arrive, at the place's own time.",
    directives=[Authenticated()],
)
class DeliveryWindow:
    """A window."""

    earliest: datetime = strawberry.field(description="Not before this instant.")
    latest: datetime = strawberry.field(description="Not after this instant.")
    time_zone: str = strawberry.field(description="IANA time zone of the place.")


@strawberry.type(description="A postal address.", directives=[Authenticated()])
class PostalAddress:
    """The fields of kit.inputs.Place."""

    name: str | None = strawberry.field(description="Company or person at this address.")
    line1: str = strawberry.field(description="Street and number.")
    line2: str | None = strawberry.field(description="Building, floor, or other addition.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    region: str | None = strawberry.field(description="State, province or region.")
    country: Country = strawberry.field(description="Country.")


@strawberry.type(description="The person who takes a delivery in.", directives=[Authenticated()])
class Recipient:
    """The fields of kit.inputs.Recipient."""

    name: str = strawberry.field(description="Name of the person.")
    department: str | None = strawberry.field(description="Department of the company.")
    building: str | None = strawberry.field(description="Building, gate or ramp.")
    phone: str | None = strawberry.field(description="Telephone number.")
    email: str | None = strawberry.field(description="E-mail address.")


def made(type_: Any, parts: Mapping[str, str], description: str) -> Any:
    """Declare an object of a row's columns, null where the first of them is.

    parts: the object's attribute -> the row's.
    """
    first = next(iter(parts.values()))

    def resolve(root: Any) -> Any:
        if getattr(root, first) is None:
            return None
        return type_(**{name: getattr(root, column) for name, column in parts.items()})

    resolve.__annotations__["return"] = type_ | None
    read = {name: attrgetter(column) for name, column in parts.items()}
    declared = Parts(read, lambda row: _there(getattr(row, first)))
    return strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: declared}
    )


def _there(column: Any) -> Any:
    return None if never_null(column) else column.is_not(None)


def _kept(type_: Any, column: str, description: str) -> Any:
    """Declare an object that a row keeps as JSON under the object's own names."""

    def resolve(root: Any) -> Any:
        value = getattr(root, column)
        return None if value is None else type_(**value)

    resolve.__annotations__["return"] = type_ | None
    names = [field.name for field in dataclasses.fields(type_)]
    declared = Parts(
        {name: partial(_inside, column, name) for name in names},
        lambda row: func.jsonb_typeof(getattr(row, column), type_=Text()) != "null",
    )
    return strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: declared}
    )


def _inside(column: str, name: str, row: Any) -> Any:
    return getattr(row, column)[name].astext


def money(amount: str, description: str, *, currency: str = "currency") -> Any:
    """Declare a Money field over a row's columns of amount and currency, null without amount."""
    return made(Money, {"amount": amount, "currency": currency}, description)


def window(prefix: str, description: str) -> Any:
    """Declare a DeliveryWindow field over a row's three columns, null where they are."""
    parts = ("earliest", "latest", "time_zone"), ("earliest", "latest", "zone")
    columns = {name: f"{prefix}_{column}" for name, column in zip(*parts, strict=True)}
    return made(DeliveryWindow, columns, description)


def address(column: str, description: str) -> Any:
    """Declare a PostalAddress field over a row's JSON column."""
    return _kept(PostalAddress, column, description)


def recipient(column: str, description: str) -> Any:
    """Declare a Recipient field over a row's JSON column."""
    return _kept(Recipient, column, description)
