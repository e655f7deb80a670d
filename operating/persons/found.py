"""Whose rows are a person's: a private customer, a guest, or somebody at a company."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from kit.db.sessions import Session
from kit.errors import Code, Refused
from models.access.keys import ApiKey
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel
from models.master.parties import Address, Contact, Party, PartyKind
from models.messages.notifications import Notification, NotificationPreference
from models.messages.webhooks.tables import Webhook
from models.trade.orders.tables import Order

Ids = frozenset[UUID]


@dataclass
class Person:
    """The ids of its rows. named: orders and deliveries of others that only name it as recipient.

    emails: by which it was looked for, or which it has as a private customer; in small letters.
    """

    merchant_id: UUID
    emails: frozenset[str]
    parties: Ids = frozenset()
    contacts: Ids = frozenset()
    addresses: Ids = frozenset()
    keys: Ids = frozenset()
    webhooks: Ids = frozenset()
    orders: Ids = frozenset()
    deliveries: Ids = frozenset()
    parcels: Ids = frozenset()
    named_orders: Ids = frozenset()
    named_deliveries: Ids = frozenset()
    notifications: Ids = frozenset()
    preferences: Ids = frozenset()
    companies: dict[UUID, list[UUID]] = field(default_factory=dict)

    @property
    def is_nobody(self) -> bool:
        """Tell whether nothing is kept of it."""
        own = self.parties | self.contacts | self.orders | self.named_orders
        return not own | self.named_deliveries | self.notifications | self.preferences


def any_id(column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return whether a column is one of the ids."""
    return column.in_(ids) if ids else false()


def mailed(column: Any, emails: Collection[str]) -> ColumnElement[bool]:
    """Return whether a column is one of the addresses."""
    return func.lower(column).in_(emails) if emails else false()


async def _ids(session: Session, merchant_id: UUID, table: Any, *where: ColumnElement[bool]) -> Ids:
    rows = select(table.id).where(table.merchant_id == merchant_id, or_(*where))
    return frozenset(await session.scalars(rows))


async def find_person(
    session: Session, merchant_id: UUID, number: str | None, email: str | None
) -> Person:
    """Find a private customer by its number, or whoever has an e-mail address.

    What is found by an address alone is found by that of a customer, too, but no other customer.
    Refused: NOT_FOUND where nothing is kept of it, INVALID for the number of a company.
    """
    of, person = merchant_id, Person(merchant_id, frozenset({email.lower()} if email else ()))
    is_person = and_(Party.kind == PartyKind.PERSON, mailed(Party.email, person.emails))
    person.parties = await _ids(session, of, Party, Party.number == number, is_person)
    await _refuse_companies(session, person)
    person.emails |= await _emails(session, person)
    await _find_what_is_its(session, person)
    await _find_orders(session, person)
    await _find_notifications(session, person)
    await _find_companies(session, person)
    if person.is_nobody:
        raise Refused(Code.NOT_FOUND, "Nothing is kept of such a person.", ("person",))
    return person


async def lock(session: Session, person: Person) -> None:
    """Hold it, so that whoever names it now comes before it is forgotten, or after that."""
    for table, ids in ((Party, person.parties), (Contact, person.contacts)):
        own = (table.merchant_id == person.merchant_id, any_id(table.id, ids))
        held = select(table.id).where(*own).order_by(table.id).with_for_update()
        await session.execute(held)


async def _emails(session: Session, person: Person) -> frozenset[str]:
    """Return the addresses of the customers that it is, in small letters."""
    own = (Party.merchant_id == person.merchant_id, any_id(Party.id, person.parties))
    rows = select(func.lower(Party.email)).where(*own, Party.email.is_not(None))
    return frozenset(await session.scalars(rows))


async def _find_what_is_its(session: Session, person: Person) -> None:
    """Find where it is named and can be reached, and what acts for it."""
    of, parties = person.merchant_id, person.parties
    own = (any_id(Contact.party_id, parties), mailed(Contact.email, person.emails))
    person.contacts = await _ids(session, of, Contact, *own)
    person.addresses = await _ids(session, of, Address, any_id(Address.party_id, parties))
    own = (any_id(ApiKey.bound_to, parties), any_id(ApiKey.contact_id, person.contacts))
    person.keys = await _ids(session, of, ApiKey, *own)
    person.webhooks = await _ids(session, of, Webhook, any_id(Webhook.party_id, parties))


async def _find_orders(session: Session, person: Person) -> None:
    """Find what it ordered and was sent, and what others let it take in."""
    of, parties, at = person.merchant_id, person.parties, person.emails
    guest = mailed(Order.guest["email"].astext, at)
    person.orders = await _ids(session, of, Order, any_id(Order.party_id, parties), guest)
    lines = select(DeliveryLine.delivery_id).where(
        DeliveryLine.merchant_id == of, any_id(DeliveryLine.order_id, person.orders)
    )
    own = (any_id(Delivery.party_id, parties), Delivery.id.in_(lines))
    person.deliveries = await _ids(session, of, Delivery, *own)
    person.parcels = await _ids(session, of, Parcel, any_id(Parcel.delivery_id, person.deliveries))
    named = mailed(Order.recipient["email"].astext, at)
    person.named_orders = await _ids(session, of, Order, named) - person.orders
    named = mailed(Delivery.recipient["email"].astext, at)
    person.named_deliveries = await _ids(session, of, Delivery, named) - person.deliveries


async def _find_companies(session: Session, person: Person) -> None:
    """Find at which companies it is a contact."""
    held = select(Contact.party_id, Contact.id).where(
        Contact.merchant_id == person.merchant_id, any_id(Contact.id, person.contacts)
    )
    for party_id, contact_id in await session.execute(held):
        person.companies.setdefault(party_id, []).append(contact_id)


async def _find_notifications(session: Session, person: Person) -> None:
    """Find what it was told by mail, and what it wanted to be told."""
    of, at = person.merchant_id, person.emails
    own = (any_id(Notification.contact_id, person.contacts), mailed(Notification.address, at))
    of_orders = any_id(Notification.order_id, person.orders)
    person.notifications = await _ids(session, of, Notification, *own, of_orders)
    wishes = NotificationPreference
    own = (any_id(wishes.contact_id, person.contacts), mailed(wishes.address, at))
    person.preferences = await _ids(session, of, wishes, *own)


async def _refuse_companies(session: Session, person: Person) -> None:
    rows = select(Party.number).where(
        Party.merchant_id == person.merchant_id,
        any_id(Party.id, person.parties),
        Party.kind == PartyKind.COMPANY,
    )
    for number in await session.scalars(rows):
        text = f"{number} is a company: name the person in it by its e-mail address."
        raise Refused(Code.INVALID, text, ("party",))
