"""Where and when a delivery may arrive: locations, methods, windows, addresses, recipients."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import Quantified
from commands.trade.contracts.times import Window
from commands.trade.orders.fields import Recipient
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import Names
from kit.inputs import Bulk, Input, Instant, Note, Place, Quantity
from models.base.guards import guards
from models.events.fulfilment.deliveries import DeliveryWindowOverridden
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries.tables import Incoterm
from models.master.catalog import Product
from models.master.channels import CONSUMER_METHODS, Channel, DeliveryMethod
from models.master.handling import MethodHandling, Need, lacking
from models.master.locations import Location
from models.master.parties import Address, Party, PartyKind
from models.trade.contracts.states import TimeRule
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

WINDOW = ("window_earliest", "window_latest", "window_zone")
_MOST = 10
"""As many codes of locations as a text names."""


class PlannedLine(Quantified):
    """What a delivery takes of one order line."""

    order_line_id: Annotated[UUID, Names("OrderLine")] = Field(description="The order line.")
    quantity: Quantity = Field(description="How much of it, in the product's unit or `packaging`.")


class DeliveryTerms(Input):
    """Where a delivery to be starts, when and where it arrives, and how."""

    location_id: Annotated[UUID, Names("Location")] = Field(description="Where it starts.")
    window: Window | None = Field(
        None, description="When it is to arrive; else the window of its order lines or order."
    )
    window_override: Note | None = Field(
        None,
        description="Why the window may lie outside of the address's receiving hours, or of the"
        " contract's validity, or leave less notice than it asks for. Of a window of the order"
        " that its `windowOverride` was given for, that says it. Shown to the customer.",
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="Address of the party to deliver to; else the order's."
    )
    recipient: Recipient | None = Field(
        None, description="Who takes it in; else the order's recipient."
    )
    method: DeliveryMethod = Field(
        DeliveryMethod.PARCEL, description="How the goods reach the recipient."
    )


class DeliveryPart(DeliveryTerms):
    """One delivery to be."""

    lines: Bulk[PlannedLine] = Field(
        description="What it takes; each order line once, up to 250. What must travel together and"
        " has more lines is planned as several deliveries, and merged (`deliveryMerge`)."
    )
    ship_to: Place | None = Field(
        None, description="A free address instead of `shipToId`; else the order's."
    )
    incoterm: Incoterm | None = Field(None, description="Who bears cost and risk on the way.")
    promised_at: Instant | None = Field(None, description="What the customer was promised.")
    fulfil_at: Instant | None = Field(None, description="Do not pick before this instant.")
    fulfil_by: Instant | None = Field(None, description="It is to have left by this instant.")
    completes_order: bool = Field(
        default=False,
        description="This delivery completes its orders (EDIFACT 4183 164): with it, nothing of"
        " them is in no delivery, and it leaves last. Packed short it completes them no longer.",
    )


class Towards(Protocol):
    """Says where a delivery goes and who takes it in, where it differs from the order."""

    @property
    def ship_to_id(self) -> UUID | None:
        """An address of the party."""

    @property
    def ship_to(self) -> Place | None:
        """A free address."""

    @property
    def recipient(self) -> Recipient | None:
        """Who takes it in."""


def window_of(row: Order | OrderLine) -> tuple[Any, ...] | None:
    """Return the columns of the confirmed window, else of the requested one, else None."""
    for prefix in ("confirmed", "window"):
        if getattr(row, f"{prefix}_earliest") is not None:
            return tuple(getattr(row, f"{prefix}_{it}") for it in ("earliest", "latest", "zone"))
    return None


def check_location(location: Location, path: Path) -> None:
    """Refused: WRONG_STATE when nothing starts at the location any more."""
    if not location.is_active:
        raise Refused(Code.WRONG_STATE, f"{location.code} is not active.", path)


def allowed_methods(channel: Channel, party: Party | None) -> list[DeliveryMethod]:
    """Return by which methods a channel delivers to a party (D8). party: None for a guest."""
    is_company = party is not None and party.kind is PartyKind.COMPANY
    not_for_it = CONSUMER_METHODS if is_company else frozenset()
    return [it for it in DeliveryMethod if it in channel.delivery_methods and it not in not_for_it]


@guards("D8")
def check_method(method: DeliveryMethod, channel: Channel, party: Party | None, path: Path) -> None:
    """Refused: METHOD_NOT_ALLOWED by the channel, or for a business (invariant D8)."""
    allowed = allowed_methods(channel, party)
    if method in allowed:
        return
    if method not in channel.delivery_methods:
        why = f"The channel {channel.code} does not allow {method.value}"
    else:
        why = f"{method.value} is not for businesses: goods go to a named recipient"
    text = f"{why}; what would do: {', '.join(allowed) or 'none'}."
    raise Refused(FulfilmentCode.METHOD_NOT_ALLOWED, text, path)


@dataclass(frozen=True)
class Route:
    """What is to start at a location and go by a method. path: of the input that says so."""

    products: Collection[Product]
    location: Location
    method: DeliveryMethod
    path: Path


@guards("D14")
async def check_carried(writing: Writing, routes: Iterable[Route]) -> None:
    """Look whether locations and methods can handle what they are to carry.

    Asked wherever a delivery gets a place or a method; a release asks the same of the database
    (`models.fulfilment.deliveries.conditions`), since what products need may have changed.

    One statement for all routes, none where no product needs anything. Refused:
    LOCATION_NOT_ALLOWED, METHOD_NOT_ALLOWED, each with what would do, of all routes at once.
    """
    special = [it for it in routes if any(lacking(product, None) for product in it.products)]
    if not special:
        return
    everything = writing.for_all()
    methods = {it.method: it for it in await everything.all(everything.seen(MethodHandling))}
    known: Sequence[Location] = ()
    if any(_lacking(it.products, it.location) for it in special):
        locations = everything.seen(Location).where(Location.is_active)
        known = await everything.all(locations.order_by(Location.code))
    refusals = Refusals()
    for route in special:
        with refusals:
            if missing := _lacking(route.products, route.location):
                fitting = [it.code for it in known if not _lacking(route.products, it)]
                raise _refused(route, "location_id", route.location.code, missing, fitting)
        with refusals:
            if missing := _lacking(route.products, methods.get(route.method)):
                able = [
                    it for it in DeliveryMethod if not _lacking(route.products, methods.get(it))
                ]
                raise _refused(route, "method", route.method.value, missing, able)
    refusals.end()


def _lacking(products: Iterable[Product], carrier: Any) -> list[Need]:
    return sorted({need for product in products for need in lacking(product, carrier)})


def _refused(
    route: Route, field: str, name: str, missing: Sequence[Need], fitting: Sequence[str]
) -> Refused:
    is_place = field == "location_id"
    code = FulfilmentCode.LOCATION_NOT_ALLOWED if is_place else FulfilmentCode.METHOD_NOT_ALLOWED
    instead = ", ".join(fitting[:_MOST]) or "none"
    text = f"{name} cannot handle {', '.join(missing)}; what would do: {instead}."
    return Refused(code, text, (*route.path, field))


def place_columns(
    part: Towards, orders: Sequence[Order], addresses: Mapping[UUID, Address], path: Path
) -> dict[str, Any]:
    """Return ship_to_id, ship_to and recipient: given, or the one of all orders.

    Refused: NOT_FOUND for another party's address, INVALID when there is no one default.
    """
    columns, refusals = dict[str, Any](), Refusals(path)
    with refusals:
        columns |= recipient_columns(part, orders)
    with refusals:
        columns |= ship_to_columns(part, orders, addresses)
    refusals.end()
    return columns


def recipient_columns(part: Towards, orders: Sequence[Order]) -> dict[str, Any]:
    """Return the recipient. Refused: INVALID when there is no one default."""
    if part.recipient is not None:
        return {"recipient": part.recipient.model_dump()}
    return {"recipient": _one([it.recipient or it.guest for it in orders], ("recipient",))}


def ship_to_columns(
    part: Towards, orders: Sequence[Order], addresses: Mapping[UUID, Address]
) -> dict[str, Any]:
    """Return ship_to_id and ship_to. Refused: NOT_FOUND, INVALID."""
    if part.ship_to is not None and part.ship_to_id is not None:
        text = "Give either an address of the party or a free one."
        raise Refused(Code.INVALID, text, ("ship_to",))
    if part.ship_to is not None:
        ship_to: tuple[Any, Any] = (None, part.ship_to.model_dump())
    elif part.ship_to_id is not None:
        address = addresses.get(part.ship_to_id)
        if address is None or address.party_id != orders[0].party_id:
            raise Refused(Code.NOT_FOUND, "There is no such Address.", ("ship_to_id",))
        ship_to = (address.id, address.place)
    else:
        ship_to = _one([(it.ship_to_id, it.ship_to) for it in orders], ("ship_to",))
    return {"ship_to_id": ship_to[0], "ship_to": ship_to[1]}


def _one(values: Sequence[Any], path: Path) -> Any:
    if any(value != values[0] for value in values):
        raise Refused(Code.INVALID, "The orders differ here: say which it is.", path)
    return values[0]


def tell_overridden(writing: Writing, delivery_id: UUID, overridden: frozenset[TimeRule]) -> None:
    """Tell which rules a window breaks, if any."""
    if overridden:
        rules = tuple(sorted(overridden))
        writing.record(DeliveryWindowOverridden(delivery_id, rules=rules))
