"""What a mail tells, as data: made of rows, written by `wording`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kit.standards.languages import Spoken
from models.fulfilment.deliveries.states import DeliveryState
from models.master.catalog import Unit
from models.messages.notifications import NotificationKind
from models.messages.webhooks.states import WebhookDisabling
from models.trade.orders.states import OrderState


@dataclass(frozen=True)
class Sender:
    """The merchant. colour: "#rrggbb". logo_url: an https address."""

    name: str
    colour: str | None = None
    logo_url: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class ArrivalWindow:
    """From when until when something is to arrive. zone: in which it is told, of its place."""

    earliest: datetime
    latest: datetime
    zone: str


@dataclass(frozen=True)
class Goods:
    """A line of an order, or what a delivery takes of it. net: exact, None where it is not told.

    arrived: how much of that, where a part has. later: how much comes later than it was wanted,
    where some does. promised: when that comes, where it was said.
    """

    name: str
    quantity: Decimal
    unit: Unit
    net: Decimal | None = None
    arrived: Decimal | None = None
    later: Decimal | None = None
    promised: ArrivalWindow | None = None


@dataclass(frozen=True)
class Tracked:
    """A parcel's number. url: where its carrier shows where it is, where that is known."""

    number: str
    url: str | None


@dataclass(frozen=True)
class Coming:
    """A delivery as it stands. window: when it is to arrive."""

    number: str
    state: DeliveryState
    window: ArrivalWindow
    goods: Sequence[Goods] = ()
    tracked: Sequence[Tracked] = ()


@dataclass(frozen=True)
class Ordered:
    """An order as it stands; one that is cancelled as it was.

    net: of all of it in its currency, None where it is not told.
    """

    number: str
    state: OrderState
    currency: str
    purchase_order_number: str | None = None
    goods: Sequence[Goods] = ()
    coming: Sequence[Coming] = ()
    net: Decimal | None = None


@dataclass(frozen=True)
class AgreedContract:
    """A contract of which something is told.

    missing: what of its lines should have been called off. left: what of their targets was not
    called off yet. last_day: of its validity, where that is told.
    """

    number: str
    missing: Sequence[Goods] = ()
    left: Sequence[Goods] = ()
    last_day: date | None = None


@dataclass(frozen=True)
class News:
    """One thing that happened. delivery: its number, where it happened to one.

    reason: why a webhook was disabled.
    """

    kind: NotificationKind
    number: str
    delivery: str | None = None
    reason: WebhookDisabling | None = None


@dataclass(frozen=True)
class Letter:
    """A whole mail: what happened, the most important first, and how everything stands now.

    way_out: where its reader unsubscribes, None where it tells what must be told.
    """

    language: Spoken
    sender: Sender
    news: Sequence[News]
    orders: Sequence[Ordered] = ()
    contracts: Sequence[AgreedContract] = ()
    way_out: str | None = None


@dataclass(frozen=True)
class WrittenMail:
    """A mail in words."""

    subject: str
    text: str
    html: str
