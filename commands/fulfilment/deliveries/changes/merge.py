"""Deliveries that are put into one."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.locking import (
    DeliveryCommand,
    Locked,
    changed,
    check_allowed,
    delivery_line_columns,
    lock_seen,
    quantities_of,
)
from commands.fulfilment.deliveries.places import WINDOW
from commands.fulfilment.deliveries.remaining.completing import not_completing
from commands.master.packagings.counting import Counted
from commands.trade.orders.lines import active_holds
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing, check_version, missing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import Names
from kit.inputs import Bulk, camel, refuse_duplicates
from models.base.guards import guards
from models.events.fulfilment import deliveries as events
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import ALIKE
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.codes import TradeCode
from models.trade.orders.lines import OrderLine


class DeliveryMerge(DeliveryCommand):
    """Deliveries that are put into this one."""

    delivery_ids: Bulk[Annotated[UUID, Names("Delivery")]] = Field(
        description="Deliveries of the same party, address, recipient, window, method, location,"
        " incoterm, promise, `fulfilAt`, `fulfilBy` and state; they end as CANCELLED with nothing"
        " planned."
    )


@verb(
    acts.MERGE,
    "Put deliveries that are alike into one. Before picking only.",
)
async def merge(writing: Writing, command: DeliveryMerge) -> Outcome:
    """Put deliveries into one. Before picking only.

    Refused: DUPLICATE, NOT_MERGEABLE when they differ in what they must share, or one completes its
    orders and all together would not (D18), ON_HOLD for one that must not lose its hold, NOT_FOUND,
    VERSION_CONFLICT, WRONG_STATE.
    """
    paths = dict[UUID, Path]()
    for place, key in enumerate(command.delivery_ids):
        paths.setdefault(key, ("delivery_ids", place))
    locked = await lock_seen(writing, {command.delivery_id, *paths})
    with writing.refusals:
        _check_once(command)
    target = locked.deliveries.get(command.delivery_id)
    with writing.refusals:
        if target is None:
            raise missing(Delivery, ("delivery_id",))
        with writing.refusals:
            check_version(target.version, command.expected_version)
        check_allowed(target, merge, ("delivery_id",))
    held = await active_holds(locked.writing, paths)
    for key, path in paths.items():
        with writing.refusals:
            _check_source(locked, target, key, held, path)
    writing.refusals.end()
    target = locked.deliveries[command.delivery_id]
    moved_from = _moved_from(locked, paths)
    poured = _pour_all(locked, paths, target)
    mine = {line.order_line_id: line for line in locked.lines_of(target)}
    for line in [it for it in poured if it.id in mine]:
        mine[line.id].planned += poured.pop(line)
    new = [
        delivery_line_columns(target.id, line, Counted(quantity)) | moved_from[line.id]
        for line, quantity in poured.items()
    ]
    await write_rows(writing, {DeliveryLine: new})
    await _check_completing(writing, target)
    return {"delivery_id": target.id}


def _moved_from(locked: Locked, keys: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return order line -> for when deliveries had it before somebody moved them, as columns."""
    lines = (line for key in keys for line in locked.lines_of(locked.deliveries[key]))
    names = "moved_from_earliest", "moved_from_latest"
    return {it.order_line_id: {name: getattr(it, name) for name in names} for it in lines}


async def _check_completing(writing: Writing, target: Delivery) -> None:
    """Refused: NOT_MERGEABLE for what is to complete an order and would not all that it brings."""
    wanted: dict[UUID, Path] = {target.id: ("delivery_ids",)} if target.completes_order else {}
    if await not_completing(writing, wanted):
        text = "One of them completes its orders, and together they do not complete all of theirs."
        raise Refused(FulfilmentCode.NOT_MERGEABLE, text, ("delivery_ids",))


def _check_source(
    locked: Locked, target: Delivery | None, key: UUID, held: Collection[UUID], path: Path
) -> None:
    """Refused: NOT_FOUND, WRONG_STATE, NOT_MERGEABLE, ON_HOLD. target: None where there is none."""
    source = locked.deliveries.get(key)
    if source is None:
        raise missing(Delivery, path)
    refusals = Refusals()
    with refusals:
        check_allowed(source, merge, path)
    with refusals:
        if target is not None:
            _check_alike(locked, target, source, path)
    with refusals:
        _check_free(source, held, path)
    refusals.end()


def _check_once(command: DeliveryMerge) -> None:
    """Refused: DUPLICATE for a delivery that stands twice, or is to be put into itself."""
    refusals, others = Refusals(), command.delivery_ids
    with refusals:
        refuse_duplicates(others, ("delivery_ids",))
    with refusals:
        if command.delivery_id in others:
            path: Path = ("delivery_ids", others.index(command.delivery_id))
            raise Refused(Code.DUPLICATE, "A delivery is not put into itself.", path)
    refusals.end()


@guards("D9")
def _check_free(source: Delivery, held: Collection[UUID], path: Path) -> None:
    """Refused: ON_HOLD for a delivery that would lose its hold."""
    if source.id in held:
        raise Refused(TradeCode.ON_HOLD, f"{source.number} is on hold.", path)


def _client_name(column: str) -> str:
    """Return under which name clients know a column of a delivery."""
    return "window" if column in WINDOW else camel(column.removesuffix("_id"))


def _check_alike(locked: Locked, target: Delivery, source: Delivery, path: Path) -> None:
    """Refused: NOT_MERGEABLE when they differ. Orders of two guests never travel as one."""
    differing = [it for it in ALIKE if getattr(source, it) != getattr(target, it)]
    # One of the target's lines tells of all, since a guest's are of one order.
    lines = [*locked.lines_of(source), *locked.lines_of(target)[:1]]
    if target.party_id is None and len({line.order_id for line in lines}) > 1:
        differing.append("guest")
    if differing:
        names = ", ".join(dict.fromkeys(_client_name(it) for it in differing))
        text = f"{source.number} differs from {target.number}: {names}."
        raise Refused(FulfilmentCode.NOT_MERGEABLE, text, path)


def _pour_all(
    locked: Locked, keys: Iterable[UUID], into: Delivery
) -> defaultdict[OrderLine, Decimal]:
    """Take out all that deliveries plan; returns what is put into this one."""
    poured: defaultdict[OrderLine, Decimal] = defaultdict(Decimal)
    for key in keys:
        for line, quantity in _pour(locked.writing, locked, locked.deliveries[key], into).items():
            poured[line] += quantity
    return poured


def _pour(
    writing: Writing, locked: Locked, source: Delivery, into: Delivery
) -> dict[OrderLine, Decimal]:
    """Take out all that the source plans; it ends empty and cancelled."""
    quantities = {}
    for line in locked.lines_of(source):
        order_line = locked.order_lines[line.order_line_id]
        quantities[order_line] = line.planned
        line.planned = Decimal(0)
    into.completes_order = into.completes_order or source.completes_order
    source.state = DeliveryState.CANCELLED
    source.cancelled_at = writing.now
    changed(writing, source, events.DeliveryCancelled(source.id, merged_into=into.id))
    merged = events.DeliveryMerged(into.id, source=source.id, planned=quantities_of(quantities))
    changed(writing, into, merged)
    return quantities
