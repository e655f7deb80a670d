"""Orders in bulk from a back office: history as well as what came in a minute ago."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.trade.contracts.times import check_wanted_still, windows_of
from commands.trade.orders.compose import check_priced, compose
from commands.trade.orders.drafts import Draft, create
from commands.trade.orders.fields import LineFields, OrderFields, OrderLines
from commands.trade.orders.references import (
    OrderKey,
    References,
    customer,
    customer_path,
    read,
    taken,
)
from commands.trade.orders.revisions.again import Again
from commands.trade.orders.revisions.ending import End, check_end, end_each
from commands.trade.orders.revisions.meant import (
    SentAgain,
    beside,
    of_others,
    only_ones,
    read_fixed,
    read_lapsed,
)
from commands.trade.orders.revisions.revise import Revision, apply
from commands.trade.orders.revisions.standing import AsItIs, StandingOrders
from commands.trade.orders.revisions.steps import StandingPrices
from commands.writing.counters import stand_in_lines
from commands.writing.transaction import Outcome, Writing
from commands.writing.upserts.differences import difference
from commands.writing.verbs import verb
from kit.clock import check_happened
from kit.errors import Code, Problem, Refusals, Refused
from kit.ids import Names
from kit.inputs import Command, Each, Instant, Note, Reference, Upsert
from models.access.viewers import Scope
from models.base.acts import Act
from models.master.channels import Channel
from models.trade.codes import TradeCode
from models.trade.orders.states import OPEN_STATES, OrderState
from models.trade.orders.tables import Order


class OrderLineImport(LineFields, Upsert):
    """One line of an imported order; its product by id or by SKU.

    One that is there already keeps what is left out as long as it is of the same product; a price
    that is the merchant's becomes another where its quantity has come to another step of the scale.
    """

    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None, description="What was ordered; or say `productSku`."
    )
    product_sku: Reference | None = Field(None, description="SKU of what was ordered.")


class OrderImport(OrderFields, Upsert):
    """One order from a back office, known by channel, customer and external reference.

    One that was there already is changed by being sent again, but for its customer: under the
    reference of one that the merchant has put in for another customer, it is refused. A guest is
    known by the reference alone, and may be called otherwise. Addresses and people are as sent.
    """

    external_reference: Reference = Field(
        description="The order's number in the channel's system; the key of the import."
    )
    placed_at: Instant = Field(
        description="When it was ordered; at most one day ahead of our clock."
    )
    channel_id: Annotated[UUID, Names("Channel")] | None = Field(
        None, description="Where it was ordered; or say `channelCode`."
    )
    channel_code: Reference | None = Field(None, description="Code of the channel.")
    party_number: Reference | None = Field(None, description="Number of the party.")
    buyer_contact_code: Reference | None = Field(
        None, description="Code of the party's contact who ordered."
    )
    ship_to_address_code: Reference | None = Field(None, description="Code of the party's address.")
    note: Note | None = Field(
        None,
        description="A note for people; null takes that of one that is there away, an empty text"
        " leaves it as what is left out does.",
    )
    cancelled_at: Instant | None = Field(
        None,
        description="When all of it was cancelled; it is imported as CANCELLED. One that is there"
        " and open is CANCELLED as of then by being sent again, where nothing of it has left and no"
        " delivery has taken any of it.",
    )
    closed_at: Instant | None = Field(
        None,
        description="When it was closed; it is imported as CLOSED, and what `deliveriesRecord` does"
        " not tell to have left before counts as cancelled. It costs what was ordered until a"
        " delivery of it is recorded, and what has left from then on. One that is there and"
        " CONFIRMED is CLOSED as of then by being sent again, where nothing of it is planned and"
        " not shipped: so is a long one, once `orderAddLines` has continued it. One that"
        " is CLOSED stays so: null says nothing, here as of `cancelledAt`.",
    )
    lines: OrderLines[OrderLineImport] = Field(
        description="What was ordered; two lines that differ only in quantity are refused. An order"
        " that is there loses lines that are not sent, but never those that `orderAddLines` or"
        " `ordersUpdate` has added: an order of more lines is imported by its first ones, and"
        " continued by `orderAddLines`."
    )

    def ordered_at(self, now: datetime) -> datetime:
        """Return when it was placed."""
        del now
        return self.placed_at

    @property
    def ended(self) -> End | None:
        """The state in which it is over already, and since when; None where it goes on."""
        if self.cancelled_at is not None:
            return OrderState.CANCELLED, self.cancelled_at
        return None if self.closed_at is None else (OrderState.CLOSED, self.closed_at)


class OrdersImport(Command):
    """Up to 250 orders."""

    orders: Each[OrderImport] = Field(description="The orders.")


@verb(
    Act(Scope.ORDERS_IMPORT),
    "Take over up to 250 orders from another system, each known by channel, customer and external"
    " reference: one that is there already becomes what is sent while nothing of what differs is"
    " planned, where what is left out stays, but for the merchant's price where the quantity comes"
    " to another step of its scale; one that is refused stops no other. Dates may have passed,"
    " channels and products may be inactive, no approval is asked.",
)
async def import_all(writing: Writing, command: OrdersImport) -> Outcome:
    """Create the orders that are not there yet, and bring those that are to what is sent.

    What has happened is taken as it was: dates may have passed, channels and products may be
    inactive, and no approval is asked. Prices that are left out are those of that instant.

    Refused: of an item INVALID, NOT_FOUND, NOT_ALLOWED, GUESTS_NOT_ALLOWED, SCALE_EXCEEDED,
    PRICE_CHANGED, PRICE_UNKNOWN and OUT_OF_RANGE for what the order says, DUPLICATE for an order or
    a line that stands twice, INVALID_DATE for the future and for an end before something left,
    INVALID_WINDOW for what would come when it is not wanted any more (D10),
    WRONG_STATE for each difference from an order of which it is too late to change that (D10), for
    another customer than the order has that was put in under its reference, and for the end of one
    whose deliveries are under way, TOO_MANY_ITEMS for more than 2,000 lines.
    """
    orders = command.orders
    references = await read(writing, [(it, it.lines) for it in orders])
    there = await _there(writing, references, orders)
    keys = [_key(writing, references, it) for it in orders]
    standing, known, references = await _known(writing, orders, references, there, keys)
    new = {place: key for place, key in enumerate(keys) if key and place not in known}
    others = await of_others(writing, there, new)
    results = dict[int, dict[str, Any]]()
    drafts, again, seen = dict[int, Draft](), dict[int, Again](), set[Any]()
    for place, item in enumerate(orders):
        await writing.room(len(item.lines))
        with _refused(results, place):
            known_by = _check_once(keys[place], seen, is_new=place in new)
            if place in known:
                again[place] = _again(writing, references, standing, item, known[place])
            else:
                drafts[place] = _draft(writing, references, item, others.get(place))
            if place in drafts or not again[place].odd.problems:
                seen |= known_by
    revisions = await _revisions(writing, references, standing, again, results)
    await apply(writing, revisions)
    done = (it for place, it in again.items() if results[place]["status"] == "UPDATED")
    await end_each(writing, {it.order.id: (it.order, it.end) for it in done if it.end})
    for place, order_id in zip(drafts, await create(writing, [*drafts.values()]), strict=True):
        results[place] = _result("CREATED", order_id)
    return {"results": [results[place] for place in range(len(orders))]}


@contextmanager
def _refused(results: dict[int, dict[str, Any]], place: int) -> Iterator[None]:
    """Note what refuses the order at a place, which stops no other."""
    try:
        yield
    except Refused as refused:
        problems = [it.below(("orders", place)) for it in refused.problems]
        results[place] = _result("REFUSED", None, problems)


async def _revisions(
    writing: Writing,
    references: References,
    standing: StandingOrders,
    again: Mapping[int, Again],
    results: dict[int, dict[str, Any]],
) -> list[Revision]:
    """Return what changes of orders that are there, and note what is done to each. again: by place.

    Their prices of before are asked by one statement, where a quantity changes.
    """
    lined = [(AsItIs.of(it.order), lines) for it in again.values() if (lines := it.recounted)]
    references = await references.also(writing, lined)
    known = StandingPrices(writing, standing, references)
    revisions = list[Revision]()
    for place, each in again.items():
        await writing.room(1 + len(each.item.lines))
        with _refused(results, place):
            is_changed, revision = each.check(known)
            status = "UNCHANGED"
            if is_changed:
                revisions.append(revision)
            if is_changed or each.end:
                status = "UPDATED"
            results[place] = _result(status, each.order.id)
    return revisions


async def _there(
    writing: Writing, references: References, orders: Sequence[OrderImport]
) -> dict[OrderKey, UUID]:
    """Return key -> id of what is there; no other import gives a reference to others meanwhile."""
    named = {it.external_reference for it in orders}
    await stand_in_lines(writing, "imported orders ", named)
    return await taken(writing, references.ids(Channel), named)


async def _known(
    writing: Writing,
    orders: Sequence[OrderImport],
    references: References,
    there: Mapping[OrderKey, UUID],
    keys: Sequence[OrderKey | None],
) -> tuple[StandingOrders, dict[int, SentAgain[OrderImport]], References]:
    """Return orders that are there, which of them are sent again, and what those name as well."""
    unnamed = {place: orders[place] for place, key in enumerate(keys) if key is None}
    named = {place: there[key] for place, key in enumerate(keys) if key and key in there}
    named |= await only_ones(writing, references, unnamed)
    standing = await StandingOrders.read(writing, named.values())
    fixed = await read_fixed(writing, standing.orders.values())
    lapsed = await read_lapsed(writing, standing.orders.values())
    known = {
        place: replace(
            SentAgain.of(orders[place], standing.orders[order_id], is_named=place not in unnamed),
            fixed=fixed.get(order_id, ()),
            lapsed=lapsed.get(order_id),
        )
        for place, order_id in named.items()
        if order_id in standing.orders
    }
    others = [it.item for it in known.values() if it.replaced]
    if others:
        references = await read(writing, [(it, it.lines) for it in [*orders, *others]])
    return standing, known, references


def _again(
    writing: Writing,
    references: References,
    standing: StandingOrders,
    sent: OrderImport,
    known: SentAgain[OrderImport],
) -> Again:
    """Return an order that is sent again: where something of it is odd, what is left beside that.

    Refused: as `_draft` where nothing is known beside what is odd, as `_check_ending`, WRONG_STATE
    for another currency.
    """
    odd, own = Refusals(), known.item
    fixed, lapsed = known.fixed, known.lapsed
    again = partial(Again, standing, known.order, odd=odd, fixed=fixed, lapsed=lapsed)
    with odd:
        _check_ending(standing, known.order, sent)
    with odd:
        _check_dates(writing, sent)
    with odd:
        draft = compose(writing, references, sent, sent.lines)
        if not known.replaced:
            return again(sent, draft)
    _note_currency(known.order, sent, odd)
    still = Refusals()
    still.problems = known.left_of(odd.problems)
    if known.replaced:
        with still:
            return again(own, compose(writing, references, own, own.lines))
        # Of the right customer and channel more may be odd.
        news = (it for it in still.problems if it.code != TradeCode.PRICE_UNKNOWN)
        odd.problems += [it for it in news if it not in odd.problems]
    numbers, good = beside(own, still.problems)
    if good is not None:
        with suppress(Refused):
            draft = compose(writing, references, good, good.lines)
            return again(good, draft, numbers=numbers)
    raise Refused.of(odd.problems)


def _note_currency(order: Order, sent: OrderImport, odd: Refusals) -> None:
    """Note WRONG_STATE for another currency: prices in that are none of the order."""
    if order.currency == sent.currency:
        return
    what = difference("currency", order.currency, sent.currency)
    text = f"{order.number} is there already, and {what}."
    others = [it for it in odd.problems if it.code != TradeCode.PRICE_UNKNOWN]
    odd.problems = [*others, Problem(Code.WRONG_STATE, text, ("currency",))]


def _result(status: str, order_id: UUID | None, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    return {"order_id": order_id, "status": status, "problems": list(problems)}


def _key(writing: Writing, references: References, item: OrderImport) -> OrderKey | None:
    """Return what an order is known by, None where it is not said: its draft tells why."""
    try:
        channel, party = references.find(Channel, item), customer(writing, references, item)
    except Refused:
        return None
    party_id = None if party is None else party.id
    return None if channel is None else (channel.id, party_id, item.external_reference)


def _check_once(key: OrderKey | None, seen: set[Any], *, is_new: bool) -> set[Any]:
    """Return what an order is known by: a new one by its channel and reference alone, too.

    Refused: DUPLICATE for what stands in the call already, before its lines are looked at.
    """
    known_by: set[Any] = set() if key is None else {key, key[::2]} if is_new else {key}
    if known_by & seen:
        text = "This order stands twice in one input."
        raise Refused(Code.DUPLICATE, text, ("external_reference",))
    return known_by


def _check_ending(standing: StandingOrders, order: Order, item: OrderImport) -> None:
    """Refused: as `check_end` for one that is open, WRONG_STATE for one that has another end."""
    end, path = item.ended, ("closed_at" if item.cancelled_at is None else "cancelled_at",)
    if end in {None, (order.state, order.closed_at)}:
        return
    if end is not None and order.state in OPEN_STATES:
        check_end(order, standing.every(order.id), end, standing.left.get(order.id), path)
        return
    text = f"{order.number} is there already, and is {order.state.value}."
    raise Refused(Code.WRONG_STATE, text, path)


def _draft(writing: Writing, references: References, item: OrderImport, other: str | None) -> Draft:
    """Return the draft of a new order. other: number of another customer's that it may be.

    Refused: as `compose` and `check_priced`, INVALID_DATE for the future, INVALID_WINDOW for what
    would come when it is not wanted any more (D10), WRONG_STATE for another's reference.
    """
    refusals = Refusals()
    with refusals:
        if other is not None:
            text = f"{other} has this reference in its channel already, and another customer."
            raise Refused(Code.WRONG_STATE, text, customer_path(item))
    with refusals:
        _check_dates(writing, item)
    for path, window in windows_of(item, item.lines) if item.ended is None else ():
        with refusals:
            where = (*path, "window")
            check_wanted_still(item.cancel_if_not_by, window.earliest, where, writing.now)
    with refusals:
        draft = compose(writing, references, item, item.lines)
    refusals.end()
    check_priced(draft)
    return replace(draft, ended=item.ended)


def _check_dates(writing: Writing, item: OrderImport) -> None:
    """Refused: INVALID_DATE for the future, what was over before, and as `_check_end`."""
    refusals = Refusals()
    with refusals:
        check_happened(item.placed_at, ("placed_at",), writing.now)
    with refusals:
        if item.cancel_if_not_by is not None and item.cancel_if_not_by <= item.placed_at:
            text = "It was placed after this instant."
            raise Refused(Code.INVALID_DATE, text, ("cancel_if_not_by",))
    with refusals:
        _check_end(writing, item)
    refusals.end()


def _check_end(writing: Writing, item: OrderImport) -> None:
    """Refused: INVALID for an order that ended twice, INVALID_DATE for before it was placed."""
    refusals = Refusals()
    for name in ("cancelled_at", "closed_at"):
        if (at := getattr(item, name)) is not None:
            with refusals:
                check_happened(at, (name,), writing.now, item.placed_at)
    if item.cancelled_at is not None and item.closed_at is not None:
        text = "What was cancelled as a whole is not closed as well."
        refusals.problems.append(Problem(Code.INVALID, text, ("closed_at",)))
    refusals.end()
