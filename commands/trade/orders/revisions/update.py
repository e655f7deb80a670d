"""Changing orders line by line, and continuing long ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from commands.trade.contracts.times import AgreedPlace
from commands.trade.orders.amounts import with_discount
from commands.trade.orders.compose import check_products, lines_as_far
from commands.trade.orders.lines import check_order_version
from commands.trade.orders.references import References, read
from commands.trade.orders.revisions.changes import LineChanges, priced_anew
from commands.trade.orders.revisions.inputs import OrderAddLines, OrdersUpdate, OrderUpdate
from commands.trade.orders.revisions.meant import read_lapsed
from commands.trade.orders.revisions.revise import (
    Gone,
    LineTarget,
    Revision,
    apply,
    check_new,
    check_some,
)
from commands.trade.orders.revisions.standing import AsItIs, StandingOrders
from commands.trade.orders.revisions.windows import addresses_of, changed_windows, check_windows
from commands.writing.transaction import Outcome, Writing, check_state, missing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import refuse_duplicates
from models.trade.codes import TradeCode
from models.trade.contracts.states import TimeRule
from models.trade.orders import acts
from models.trade.orders.states import OrderKind
from models.trade.orders.tables import Order


@verb(
    acts.UPDATE,
    "Add, change and remove lines of up to 250 orders before those lines are planned; an order that"
    " is refused stops no other. Prices that are left out are those of the instant of the order, as"
    " far as price lists and products tell them today: what is written in a price's place is its"
    " price of before, too. A line whose quantity changes keeps its price, unless another step of"
    " the merchant's scale says that of so much. What staff add to a company's order waits for none"
    " of its approvers.",
)
async def update_all(writing: Writing, command: OrdersUpdate) -> Outcome:
    """Change orders line by line. Taxes were stated for what was ordered: they are not known then.

    Refused: of an item NOT_FOUND, VERSION_CONFLICT, DUPLICATE, WRONG_STATE for an order that is
    over, a call-off, a line of which something is planned, cancelled or responded to, and a new one
    of an order that what has left has completed (D18), NOT_ALLOWED for prices, INVALID_WINDOW and
    OUTSIDE_RECEIVING_HOURS (D6) for a new window, SCALE_EXCEEDED, PRICE_UNKNOWN, PRICE_CHANGED for
    a price that is not ours, OUT_OF_RANGE for a discount above what it is given on, WRONG_STATE for
    a new line, or more, of an inactive product or in an inactive packaging, TOO_FEW_ITEMS where no
    line is left, TOO_MANY_ITEMS for more than 2,000, INVALID where two ways name a product or none.
    """
    items = command.orders
    found = await _revisions(writing, items, ("orders",), "add_lines")
    refuse_duplicates((it.order_id for it in items), ("orders",), "order_id")
    await apply(writing, [it for it in found if it is not None])
    statuses = ["UNCHANGED" if it is None else "UPDATED" for it in found]
    return {
        "results": [
            {"order_id": item.order_id, "status": status, "problems": []}
            for item, status in zip(items, statuses, strict=True)
        ]
    }


@verb(
    acts.ADD_LINES,
    "Add up to 250 lines to an order, of which nothing else changes: so an order of up to 2,000"
    " lines is placed or imported, and held (`orderHold`) where nobody is to plan it before it is"
    " whole. Lines with an `externalReference` that the order has already, and lines that differ"
    " only in quantity from one that may still change, are refused, so that a call that is sent"
    " twice adds nothing. Prices that are left out are those of the instant of the order, as"
    " `ordersUpdate` knows them. What staff add to a company's order waits for none of its"
    " approvers.",
)
async def add_lines(writing: Writing, command: OrderAddLines) -> Outcome:
    """Add lines to an order. Refused: as `ordersUpdate`."""
    item = OrderUpdate.model_construct(
        order_id=command.order_id,
        expected_version=command.expected_version,
        add_lines=command.lines,
        window_override=command.window_override,
    )
    await apply(writing, [it for it in await _revisions(writing, [item], (), "lines") if it])
    return {"order_id": command.order_id}


async def _revisions(
    writing: Writing, items: Sequence[OrderUpdate], path: Path, adding: str
) -> list[Revision | None]:
    """Return what each order becomes, None where nothing changes.

    path: of the items, empty where there is only one. adding: the field of new lines. Refused: what
    is wrong with any item, all at once.
    """
    standing = await _standing(writing, items)
    orders = [standing.orders.get(it.order_id) for it in items]
    references = await read(
        writing,
        [
            (AsItIs.of(order), [*item.add_lines, *priced_anew(standing, item)])
            for order, item in zip(orders, items, strict=True)
            if order is not None
        ],
    )
    changed = await LineChanges.read(writing, standing, references, items)
    addresses, lapsed = (
        await addresses_of(writing, standing),
        await read_lapsed(writing, standing.orders.values()),
    )
    found, refusals, rules = [], Refusals(), frozenset[TimeRule]()
    for place, (order, item) in enumerate(zip(orders, items, strict=True)):
        await writing.room(1 + len(standing.every(item.order_id)) + len(item.add_lines))
        refusals.above = (*path, place) if path else ()
        with refusals:
            _check(writing, standing, item, lapsed)
        if order is None:
            continue
        with refusals:
            why, at = item.window_override, addresses.get(item.order_id)
            with refusals:
                new = changed_windows(standing.lines(item.order_id), item, adding)
                arrival = AgreedPlace(at, override=why, not_by=order.cancel_if_not_by)
                rules = check_windows(writing, arrival, new)
            targets, gone = _targets(writing, changed, references, item, adding)
            revision = _revision(standing, order, targets, gone)
            if why is not None:
                revision = revision.against(rules, why)
            found.append(revision if revision.check() else None)
    refusals.end()
    return found


async def _standing(writing: Writing, items: Sequence[OrderUpdate]) -> StandingOrders:
    """Lock the orders of items. Each item looks at all lines of its order: so often they count."""
    standing = await StandingOrders.read(writing, {it.order_id for it in items})
    looked_at = sum(len(standing.every(it.order_id)) for it in items)
    writing.extent.touch(looked_at - sum(map(len, standing.rows.values())))
    return standing


def _targets(
    writing: Writing, changed: LineChanges, references: References, item: OrderUpdate, adding: str
) -> tuple[list[LineTarget], list[Gone]]:
    """Return all lines that an order is to have, and those that go.

    Refused: what is wrong with any line, and that it is too late for others.
    """
    order, odd = changed.standing.orders[item.order_id], Refusals()
    lines, gone = changed.targets(writing, item, odd)
    lines += _added(writing, references, order, item, (adding, odd))
    if odd.problems:
        with odd:
            _becoming(changed.standing, order, {}, lines, gone).check()
        twice, there = Refusals(), {(it.code, it.path) for it in odd.problems}
        with twice:
            _check_twice(order, lines)
        odd.problems += [it for it in twice.problems if (it.code, it.path) not in there]
    odd.end()
    return lines, gone


def _check(
    writing: Writing, standing: StandingOrders, item: OrderUpdate, lapsed: Mapping[UUID, str]
) -> None:
    """Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE for what is over, a call-off, D10.

    lapsed: why orders are as good as cancelled. What was recorded after its last instant is not: so
    it is continued.
    """
    order = standing.orders.get(item.order_id)
    if order is None:
        raise missing(Order, ("order_id",))
    refusals = Refusals()
    with refusals:
        rows = standing.rows[order.id]
        check_order_version(writing, order, rows, item.expected_version)
    with refusals:
        check_state(order, acts.UPDATE.states, ("order_id",))
        if order.kind is OrderKind.CALL_OFF:
            raise Refused(Code.WRONG_STATE, f"{order.number} is a call-off.", ("order_id",))
        if order.id in lapsed:
            raise Refused(Code.WRONG_STATE, lapsed[order.id], ("order_id",))
    refusals.end()


def _added(
    writing: Writing,
    references: References,
    order: Order,
    item: OrderUpdate,
    noted: tuple[str, Refusals],
) -> list[LineTarget]:
    """Return the lines that are new, as far as they can be.

    noted: the field in which they stand, and where is noted what is refused: as of `compose`, and
    PRICE_UNKNOWN.
    """
    refusals, (adding, odd) = Refusals(), noted
    found = lines_as_far(writing, references, AsItIs.of(order), item.add_lines, refusals)
    good = {number: it for number, it in enumerate(found) if it is not None}
    with refusals:
        check_products(found, item.add_lines)
    for number, draft in good.items():
        with refusals:
            if draft.unit_price is None:
                text = f"{draft.product.sku} has no price here."
                raise Refused(TradeCode.PRICE_UNKNOWN, text, ("lines", number))
    odd.problems += [replace(it, path=(adding, *it.path[1:])) for it in refusals.problems]
    return [(None, replace(it, added=True), (adding, number)) for number, it in good.items()]


def _becoming(
    standing: StandingOrders,
    order: Order,
    header: Mapping[str, Any],
    lines: Sequence[LineTarget],
    gone: Sequence[Gone],
) -> Revision:
    """Return what an order is to become. That it is over is told by `_check`, once."""
    every, by = standing.every(order.id), standing.completed.get(order.id)
    return Revision(order, every, header, lines, gone, completed_by=by, tells_closed=False)


def _revision(
    standing: StandingOrders, order: Any, lines: Sequence[LineTarget], gone: Sequence[Any]
) -> Revision:
    """Spread the order's discount over its lines as they become.

    Refused: DUPLICATE, TOO_FEW_ITEMS, OUT_OF_RANGE for a discount of more than the lines cost.
    """
    check_some(order, lines, gone)
    _check_twice(order, lines)
    rows, drafts, paths = [list(it) for it in zip(*lines, strict=True)]
    spread = with_discount(drafts, order)
    targets: list[Any] = list(zip(rows, spread, paths, strict=True))
    return _becoming(standing, order, {"taxed": None}, targets, gone)


def _check_twice(order: Order, lines: Sequence[LineTarget]) -> None:
    """Refused: DUPLICATE for a reference of another line, and as `check_new`."""
    refusals, seen = Refusals(), set[str | None]()
    for _, draft, path in lines:
        with refusals:
            if draft.external_reference and draft.external_reference in seen:
                text = "Another line of the order has this reference."
                raise Refused(Code.DUPLICATE, text, (*path, "external_reference"))
        seen.add(draft.external_reference)
    with refusals:
        check_new(order, lines)
    refusals.end()
