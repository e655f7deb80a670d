"""Answers to amendments: by the customer in time, or by nobody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, select

from commands.trade.contracts.times import AgreedPlace, Window, check_ahead
from commands.trade.orders.lines import called_off, cancel, lines_of, opened, withdraw
from commands.trade.orders.states import VersionedOrderCommand, locked
from commands.trade.responses.agreed import check_against_contract
from commands.trade.responses.substitutes import substitute
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.db.statements import Statement
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import Names
from kit.inputs import Bulk, Input, refuse_duplicates
from models.events.trade.orders import (
    OrderAmendmentAccepted,
    OrderAmendmentDeclined,
)
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.contracts.guarantees import Guarantee
from models.trade.contracts.tables import Contract
from models.trade.orders import acts
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

_LOCKED_FOR = timedelta(seconds=10)
"""After which an order that somebody else has locked is looked at again."""


class AmendmentAnswer(Input):
    """The answer to the amendment of one line."""

    line_id: Annotated[UUID, Names("OrderLine")] = Field(description="An amended line.")
    is_accepted: bool = Field(description="Whether the customer takes what is offered.")


class OrderAnswerAmendment(VersionedOrderCommand):
    """Answers to amendments of an order's lines."""

    lines: Bulk[AmendmentAnswer] = Field(description="The lines, each once.")


@verb(
    acts.ANSWER_AMENDMENT,
    "Accept or decline amendments of lines, as the customer or for it. What is accepted takes"
    " effect, and what it leaves out is cancelled; its date is the agreed one from then on. A line"
    " that is declined, or not answered in time, stands as it was ordered until the merchant"
    " responds anew.",
)
async def answer(writing: Writing, command: OrderAnswerAmendment) -> Outcome:
    """Answer amendments that wait.

    Refused: NOT_FOUND, VERSION_CONFLICT, DUPLICATE, WRONG_STATE also for a line whose amendment
    does not wait, or waits no longer, and for a substitute that is not active any more,
    QUANTITY_NOT_OPEN where more of a line has arrived meanwhile than its amendment leaves. Of a
    call-off LOT_MULTIPLE, BELOW_MINIMUM, OUTSIDE_VALIDITY (K3) and NOTICE_TOO_SHORT (K15) for what
    its contract, which may have been amended since, does not allow. INVALID_WINDOW for what was
    offered for a window that has passed meanwhile (D15).
    """
    with writing.refusals:
        refuse_duplicates((it.line_id for it in command.lines), ("lines",), "line_id")
    order = await locked(writing, command, answer)
    lines = await lines_of(writing, [order.id])
    waiting = _waiting(writing, command, lines)
    accepted, declined = waiting[True], waiting[False]
    writing.refusals.end()
    withdraw(writing, order, declined)
    if accepted:
        await _check(writing, order, lines.values(), accepted)
        known = await _known(writing, accepted)
        left_out = {line: _accept(writing, order, line, known) for line in accepted}
        happened = OrderAmendmentAccepted(order.id, lines=_numbers(accepted))
        less = {line: quantity for line, quantity in left_out.items() if quantity > 0}
        await cancel(writing, order, lines.values(), less, happened)
    if declined:
        writing.record(OrderAmendmentDeclined(order.id, lines=_numbers(declined)))
    order.version += 1
    return {"order_id": order.id}


def _waiting(
    writing: Writing,
    command: OrderAnswerAmendment,
    lines: Mapping[UUID, OrderLine],
) -> Mapping[bool, dict[OrderLine, Path]]:
    """Return whether it is accepted -> the lines that are answered so, with their paths.

    Refused: NOT_FOUND, WRONG_STATE, QUANTITY_NOT_OPEN.
    """
    refusals, found = Refusals(), {True: dict[OrderLine, Path](), False: dict[OrderLine, Path]()}
    for place, each in enumerate(command.lines):
        with refusals:
            path: Path = ("lines", place, "line_id")
            line = lines.get(each.line_id)
            if line is None:
                raise missing(OrderLine, path)
            if not line.is_amended(writing.now):
                text = f"No amendment of line {line.line_no} waits for an answer."
                raise Refused(Code.WRONG_STATE, text, path)
            if each.is_accepted:
                _check_open(line, path)
            found[each.is_accepted][line] = path
    refusals.end()
    return found


def _check_open(line: OrderLine, path: Path) -> None:
    """Refused: QUANTITY_NOT_OPEN for less than deliveries have, as what was lost may be found."""
    is_less = line.offered_quantity is not None and line.offered_quantity < line.planned
    if is_less or (line.offered_product_id is not None and (line.planned or line.has_left)):
        text = f"Deliveries have taken {line.planned.normalize():f} of line {line.line_no}."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, path)


async def _check(
    writing: Writing, order: Order, lines: Iterable[OrderLine], accepted: Mapping[OrderLine, Path]
) -> None:
    """Look whether what is accepted is still to come, and its contract allows it.

    Refused: as `answer`.
    """
    windows, refusals = dict[Path, Window](), Refusals()
    for line, path in accepted.items():
        if line.offered_earliest and line.offered_latest and line.offered_zone:
            of = (line.offered_earliest, line.offered_latest, line.offered_zone)
            windows[path] = Window.kept(*of)
            with refusals:
                check_ahead(writing, windows[path], path, ())
    with refusals:
        await _check_contract(writing, order, lines, accepted, windows)
    refusals.end()


async def _check_contract(
    writing: Writing,
    order: Order,
    lines: Iterable[OrderLine],
    accepted: Mapping[OrderLine, Path],
    windows: Mapping[Path, Window],
) -> None:
    """Look whether a call-off's contract still allows what is accepted. windows: by line's path.

    What was said when it was offered still says why, and nothing else. Refused: as `answer`.
    """
    if order.contract_id is None:
        return
    offers = {
        line: (line.offered_quantity, path)
        for line, path in accepted.items()
        if line.offered_quantity is not None
    }
    await check_against_contract(writing, order, lines, offers)
    contracts = await writing.for_all().by_key(Contract, "id", {order.contract_id})
    call_offs = called_off([order], lines, contracts)
    refusals = Refusals()
    for path, window in windows.items():
        agreed = AgreedPlace(None, call_offs, opens=opened(order, lines, window), starts=())
        with refusals:
            agreed.check(window, path)
    refusals.end()


@dataclass(frozen=True)
class _Known:
    """What amendments name, by id: substitutes, and what is guaranteed of lines."""

    substitutes: Mapping[UUID, Product]
    guarantees: Mapping[UUID, Guarantee]


async def _known(writing: Writing, lines: Mapping[OrderLine, Path]) -> _Known:
    """Read what amendments name. lines: with their paths.

    Refused: WRONG_STATE for a substitute that is not active any more, or in another unit now.
    """
    everything = writing.for_all()
    keys = {it.offered_product_id for it in lines if it.offered_product_id is not None}
    found = await everything.by_key(Product, "id", keys)
    for line, path in lines.items():
        product = None if line.offered_product_id is None else found[line.offered_product_id]
        if product is not None and not product.is_active:
            text = f"{product.sku} is not to be had any more."
            raise Refused(Code.WRONG_STATE, text, path)
        if product is not None and product.unit is not line.unit:
            text = f"{product.sku} is sold in {product.unit.value} now."
            raise Refused(Code.WRONG_STATE, text, path)
    dated = [it for it in lines if it.offered_latest is not None]
    promised = {it.guarantee_id for it in dated if it.guarantee_id is not None}
    return _Known(found, await everything.by_key(Guarantee, "id", promised))


def _accept(writing: Writing, order: Order, line: OrderLine, known: _Known) -> Decimal:
    """Let an amendment take effect; return how much of the line it leaves out.

    Its day is the one that is agreed from now on, of what is guaranteed, too: what has come by now
    stays as late as it was.
    """
    response, reason, offered = line.response, line.response_reason, line.offered_quantity
    if line.offered_product_id is not None:
        substitute(order, line, known.substitutes[line.offered_product_id])
    if line.offered_packaging_id is not None:
        line.packaging_id = line.offered_packaging_id
        line.packaging_content = line.offered_packaging_content
    if line.offered_latest is not None:
        for name in ("earliest", "latest", "zone", "overridden"):
            setattr(line, f"confirmed_{name}", getattr(line, f"offered_{name}"))
        line.agreed_latest = line.offered_latest
        if line.guarantee_id is not None and line.wanted_on is not None:
            line.agreed_at = [*line.agreed_at, writing.now]
            line.wanted_before = [*line.wanted_before, line.wanted_on]
            line.wanted_on = known.guarantees[line.guarantee_id].day(line.offered_latest)
    withdraw(writing, order, [line])
    line.response, line.response_reason = response, reason
    return Decimal(0) if offered is None else line.ordered - line.cancelled - offered


def _numbers(lines: Iterable[OrderLine]) -> tuple[int, ...]:
    return tuple(line.line_no for line in lines)


async def expire(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """End amendments of orders that nobody has answered in time.

    They stop nothing from their last instant on, whenever this comes. Returns the orders that
    somebody else has locked, with when they are looked at again.
    """
    now, merchant_id = writing.now, writing.viewer.merchant_id
    found = {"merchant": merchant_id, "now": now, "due": list(due)}
    overdue = {it for (it,) in await writing.session.rows(_OVERDUE, found)}
    if not overdue:
        return {}
    orders = (await writing.session.scalars(_FREE, {**found, "due": list(overdue)})).all()
    every = await lines_of(writing, [it.id for it in orders])
    for order in orders:
        mine = [line for line in every.values() if line.order_id == order.id]
        over = [it for it in mine if it.answer_by is not None and it.answer_by <= now]
        withdraw(writing, order, over)
    return dict.fromkeys(overdue - {it.id for it in orders}, now + _LOCKED_FOR)


_MERCHANT = bindparam("merchant", type_=Uuid())
_DUE = any_(bindparam("due", type_=ARRAY(Uuid())))
_OVERDUE = Statement(
    select(OrderLine.order_id).where(
        OrderLine.merchant_id == _MERCHANT,
        OrderLine.order_id == _DUE,
        OrderLine.answer_by <= bindparam("now", type_=DateTime(timezone=True)),
    )
)
_FREE = (
    select(Order)
    .where(Order.merchant_id == _MERCHANT, Order.id == _DUE)
    .order_by(Order.id)
    .with_for_update(of=Order, skip_locked=True)
    .execution_options(populate_existing=True)
)
