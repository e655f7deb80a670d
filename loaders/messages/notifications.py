"""Notifications and preferences as staff reads them."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, select

from kit.db.reads import Reads
from kit.ids import Names
from kit.inputs import TextLine
from loaders.reading.filters import Filter, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.access.keys import Merchant, MerchantSecret
from models.messages.notifications import (
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationState,
)

by_id = One(Notification)
preference_by_id = One(NotificationPreference)


class NotificationSort(Enum):
    """Orders of a list of notifications."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


_COLUMNS = ("address", "contact_id", "order_id", "delivery_id", "contract_id")
"""That a filter compares under their own name."""


class NotificationFilter(Filter):
    """Which notifications to list."""

    states: tuple[NotificationState, ...] | None = Field(None, description="State is one of these.")
    kinds: tuple[NotificationKind, ...] | None = Field(None, description="Kind is one of these.")
    address: TextLine | None = Field(None, description="To this mail address, in small letters.")
    contact_id: Annotated[UUID, Names("Contact")] | None = Field(
        None, description="To this contact."
    )
    order_id: Annotated[UUID, Names("Order")] | None = Field(None, description="Of this order.")
    delivery_id: Annotated[UUID, Names("Delivery")] | None = Field(
        None, description="Of this delivery."
    )
    contract_id: Annotated[UUID, Names("Contract")] | None = Field(
        None, description="Of this contract."
    )


class NotificationPreferenceFilter(Filter):
    """Which preferences to list."""

    contact_id: Annotated[UUID, Names("Contact")] | None = Field(
        None, description="Of the contact."
    )
    address: TextLine | None = Field(None, description="Of this mail address, in small letters.")


def _matching(
    _reader: Reader, row: Any, filter_by: NotificationFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(row.state, filter_by.states)
    if filter_by.kinds is not None:
        yield one_of(row.kind, filter_by.kinds)
    for column in _COLUMNS:
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(row, column) == value


def _preferred(
    _reader: Reader, row: Any, filter_by: NotificationPreferenceFilter
) -> Iterable[ColumnElement[bool]]:
    for column in ("contact_id", "address"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(row, column) == value


every = Paged(
    Notification,
    {
        NotificationSort.NEWEST_FIRST: Sorted("created_at", descending=True),
        NotificationSort.OLDEST_FIRST: Sorted("created_at"),
    },
    matching=_matching,
    leads=Leads({"states": "state", "kinds": "kind", **{it: it for it in _COLUMNS}}),
)
preferences = Paged(NotificationPreference, {None: Sorted("id")}, matching=_preferred)


async def sealed_by(reads: Reads, merchant_id: UUID, notification_id: UUID) -> Any:
    """Return what seals the links of a merchant's mails, its name, and a notification's language.

    None where there is no such merchant; no language where there is no such notification.
    """
    of, secret = Notification, MerchantSecret
    language = select(of.language).where(of.merchant_id == merchant_id, of.id == notification_id)
    found = (
        select(secret.token_secret, Merchant.name, language.scalar_subquery().label("language"))
        .join(Merchant, Merchant.id == secret.merchant_id)
        .where(secret.merchant_id == merchant_id)
    )
    return next(iter(await reads.rows(found)), None)
