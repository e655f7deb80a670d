"""Values that several types show: money, windows, addresses, recipients."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from schema.scalars import Country, Currency


@strawberry.type(description="An amount of money.")
class Money:
    """Money."""

    amount: Decimal = strawberry.field(description="Exact amount in units of the currency.")
    currency: Currency = strawberry.field(description="Currency of the amount.")


@strawberry.type(description="When a delivery is to arrive, at the place's own time.")
class DeliveryWindow:
    """A window."""

    earliest: datetime = strawberry.field(description="Not before this instant.")
    latest: datetime = strawberry.field(description="Not after this instant.")
    time_zone: str = strawberry.field(description="IANA time zone of the place.")


@strawberry.type(description="A postal address.")
class PostalAddress:
    """The fields of kit.inputs.Place."""

    name: str | None = strawberry.field(description="Company or person at this address.")
    line1: str = strawberry.field(description="Street and number.")
    line2: str | None = strawberry.field(description="Building, floor, or other addition.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    region: str | None = strawberry.field(description="State, province or region.")
    country: Country = strawberry.field(description="Country.")


@strawberry.type(description="The person who takes a delivery in.")
class Recipient:
    """The fields of kit.inputs.Recipient."""

    name: str = strawberry.field(description="Name of the person.")
    department: str | None = strawberry.field(description="Department of the company.")
    building: str | None = strawberry.field(description="Building, gate or ramp.")
    phone: str | None = strawberry.field(description="Telephone number.")
    email: str | None = strawberry.field(description="E-mail address.")


def money(amount: str, description: str) -> Any:
    """Declare a Money field over a row's amount column and its `currency` column."""

    def resolve(root: Any) -> Money | None:
        value = getattr(root, amount)
        return None if value is None else Money(amount=value, currency=root.currency)

    return strawberry.field(resolver=resolve, description=description)


def window(prefix: str, description: str) -> Any:
    """Declare a DeliveryWindow field over a row's three columns, null where they are."""

    def resolve(root: Any) -> DeliveryWindow | None:
        earliest = getattr(root, f"{prefix}_earliest")
        if earliest is None:
            return None
        return DeliveryWindow(
            earliest=earliest,
            latest=getattr(root, f"{prefix}_latest"),
            time_zone=getattr(root, f"{prefix}_zone"),
        )

    return strawberry.field(resolver=resolve, description=description)


def address(column: str, description: str) -> Any:
    """Declare a PostalAddress field over a row's JSON column."""

    def resolve(root: Any) -> PostalAddress | None:
        value = getattr(root, column)
        return None if value is None else PostalAddress(**value)

    return strawberry.field(resolver=resolve, description=description)


def recipient(column: str, description: str) -> Any:
    """Declare a Recipient field over a row's JSON column."""

    def resolve(root: Any) -> Recipient | None:
        value = getattr(root, column)
        return None if value is None else Recipient(**value)

    return strawberry.field(resolver=resolve, description=description)
