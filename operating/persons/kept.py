"""What of a person stands in which columns, and what stands there once it is forgotten.

What is kept: numbers, references, products, quantities, prices, days, countries and states, as
books and tax law want it, and so that sums stay true; in the journal who did what as a kind of
actor and a key's id.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, literal, not_, or_
from sqlalchemy.dialects.postgresql import JSONB

from models.access.journal import JournalEntry
from models.access.keys import ApiKey
from models.access.viewers import Actor
from models.base.records import ANONYMOUS
from models.fulfilment.deliveries.receipts import Receipt, ReceiptLine
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel
from models.fulfilment.tracking.events import TrackingEvent
from models.master.calendars import Calendar
from models.master.parties import Address, Contact, Party
from models.master.prices.tables import PriceList
from models.messages.notifications import (
    Notification,
    NotificationPreference,
    NotificationReason,
    NotificationState,
)
from models.messages.webhooks.tables import Webhook, WebhookAttempt, WebhookMessage
from models.trade.contracts.tables import Contract
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from models.trade.payments import Payment
from operating.persons.found import Ids, Person, any_id, mailed

NOWHERE = "https://anonymised.invalid/"
"""Where a webhook that has ended was sent to (RFC 2606)."""


def _merged(column: Any, **values: str | None) -> ColumnElement[Any]:
    """Return a JSON object with other values; what is null stays null."""
    return column.op("||")(literal(values, JSONB))  # type: ignore[no-any-return]


def _place(column: Any) -> ColumnElement[Any]:
    """Only the country is left, which taxes depend on."""
    gone = dict.fromkeys(("name", "line2", "postal_code", "region"))
    return _merged(column, line1=ANONYMOUS, city=ANONYMOUS, **gone)


def _person(column: Any) -> ColumnElement[Any]:
    gone = dict.fromkeys(("department", "building", "phone", "email"))
    return _merged(column, name=ANONYMOUS, **gone)


class Kept(NamedTuple):
    """Rows of a table that tell of a person. forgotten: column -> what stands there afterwards.

    written: which columns tell of nobody else, and are written out; None for all of them.
    """

    table: Any
    where: ColumnElement[bool]
    forgotten: dict[str, Any]
    written: tuple[str, ...] | None = None


def all_kept(person: Person) -> list[Kept]:
    """Return all that is kept of a person, table by table."""
    return [
        *_of_parties(person),
        *_of_orders(person),
        *_of_deliveries(person),
        *_of_mails(person),
        Kept(JournalEntry, _entries_about(person), _FORGOTTEN_ACTOR),
        *_of_webhooks(person),
    ]


def _of_webhooks(person: Person) -> list[Kept]:
    """What was sent of its rows, and answered; a document may have told of it anywhere."""
    message, attempt = WebhookMessage, WebhookAttempt
    rows = person.parties | person.orders | person.deliveries | person.parcels
    about = any_id(message.aggregate_id, rows)
    others = any_id(message.aggregate_id, person.named_orders | person.named_deliveries)
    documents = message.body.contains('"document":')
    own = (message.merchant_id == person.merchant_id, message.id == attempt.message_id)
    ways = ((and_(about, not_(documents)), None), (or_(others, documents), ()))
    answered = [
        (and_(attempt.answer.is_not(None), exists().where(*own, which)), written)
        for which, written in ways
    ]
    endpoint = {"url": NOWHERE, "description": None}
    # Answers first: bodies say which of them may repeat a document.
    return [
        Kept(Webhook, any_id(Webhook.id, person.webhooks), endpoint),
        *(Kept(attempt, which, {"answer": None}, written) for which, written in answered),
        *(Kept(message, which, {"body": None}, written) for which, written in ways),
    ]


def _of_parties(person: Person) -> list[Kept]:
    nothing = dict.fromkeys
    return [
        Kept(
            Party,
            any_id(Party.id, person.parties),
            {"name": ANONYMOUS, **nothing(("email", "phone", "vat_id", "gln"))},
        ),
        Kept(
            Contact,
            any_id(Contact.id, person.contacts),
            {"name": ANONYMOUS, **nothing(("title", "department", "email", "phone"))},
        ),
        Kept(Address, any_id(Address.id, person.addresses), {"place": _place(Address.place)}),
        Kept(ApiKey, any_id(ApiKey.id, person.keys), {"name": ANONYMOUS}),
        *_of_agreements(person),
    ]


def _of_agreements(person: Person) -> list[Kept]:
    """What was agreed with a private customer, in words."""
    its = person.parties
    return [
        Kept(Contract, any_id(Contract.party_id, its), dict.fromkeys(("terms", "state_reason"))),
        Kept(PriceList, any_id(PriceList.party_id, its), {"name": ANONYMOUS}),
        Kept(Calendar, any_id(Calendar.party_id, its), {"name": ANONYMOUS, "closures": []}),
    ]


def _of_orders(person: Person) -> list[Kept]:
    orders = person.orders
    own = {"ship_to": _place(Order.ship_to), "note": None, "guest": _person(Order.guest)}
    own |= {"recipient": _person(Order.recipient), "window_override": None}
    own |= dict.fromkeys(("proposal_reason", "proposal_answer_reason"))
    own |= dict.fromkeys(("cancel_reason", "reject_reason"))
    return [
        Kept(Order, any_id(Order.id, orders), own),
        Kept(OrderLine, any_id(OrderLine.order_id, orders), {"response_reason": None}),
        Kept(Payment, any_id(Payment.order_id, orders), {}),
        _recipient(Order, person.named_orders),
    ]


def _received(deliveries: Ids) -> ColumnElement[bool]:
    """Return which lines of receipts are of deliveries."""
    own = (Receipt.merchant_id == ReceiptLine.merchant_id, Receipt.id == ReceiptLine.receipt_id)
    return exists().where(*own, any_id(Receipt.delivery_id, deliveries))


def _recipient(table: Any, ids: Ids) -> Kept:
    """Somebody else's rows that only name it."""
    gone = {"recipient": _person(table.recipient)}
    return Kept(table, any_id(table.id, ids), gone, written=("id", "number", "recipient"))


def _of_deliveries(person: Person) -> list[Kept]:
    deliveries, parcels = person.deliveries, person.parcels
    own = {"ship_to": _place(Delivery.ship_to), "window_override": None}
    own |= {"recipient": _person(Delivery.recipient)}
    return [
        Kept(Delivery, any_id(Delivery.id, deliveries), own),
        Kept(DeliveryLine, any_id(DeliveryLine.delivery_id, deliveries), {}),
        _recipient(Delivery, person.named_deliveries),
        Kept(Hold, any_id(Hold.subject_id, person.orders | deliveries), {"note": None}),
        Kept(Parcel, any_id(Parcel.id, parcels), {}),
        Kept(ReceiptLine, _received(deliveries), {"note": None}),
        Kept(ReceiptLine, _received(person.named_deliveries), {"note": None}, written=()),
        Kept(Receipt, any_id(Receipt.delivery_id, deliveries), {"received_by": None}),
        Kept(
            Receipt,
            any_id(Receipt.delivery_id, person.named_deliveries),
            {"received_by": None},
            written=(),
        ),
        Kept(
            TrackingEvent,
            any_id(TrackingEvent.parcel_id, parcels),
            dict.fromkeys(("place", "message", "sub_status")),
        ),
    ]


def _of_mails(person: Person) -> list[Kept]:
    """What still waits is not sent any more."""
    waits = Notification.state == NotificationState.PENDING
    gone, why = NotificationState.SUPPRESSED, NotificationReason.FORGOTTEN
    ended = {
        "state": case((waits, gone.value), else_=Notification.state),
        "reason": case((waits, why.value), else_=Notification.reason),
    }
    wishes = NotificationPreference
    return [
        Kept(
            Notification,
            any_id(Notification.id, person.notifications),
            {"address": None, **ended},
        ),
        Kept(wishes, any_id(wishes.id, person.preferences), {"address": None, "is_staff": False}),
    ]


_FORGOTTEN_ACTOR = {"actor_name": ANONYMOUS, **dict.fromkeys(("actor_subject", "address"))}


def _entries_about(person: Person) -> ColumnElement[bool]:
    """Return which entries of the journal name the person, or where it was: those of its acts.

    What others have done to its rows tells of these others.
    """
    rows = person.parties | person.orders | person.deliveries
    by_itself = JournalEntry.actor.in_([Actor.BUYER, Actor.STOREFRONT])
    ways = [
        any_id(JournalEntry.actor_key_id, person.keys),
        and_(any_id(JournalEntry.aggregate_id, rows), by_itself),
    ]
    return or_(*ways, mailed(JournalEntry.actor_subject, person.emails))
