"""What orders owe again: what of a delivery was lost or came back.

It counts no more as planned and shipped of its order line, nor as issued of its contract line, so
that it is open again, and can be planned again or cancelled. If it arrives after all, it counts as
planned and shipped again, as far as nothing has taken its place meanwhile; what lies beyond is kept
as `owed_again` of the delivery's line, and counts so as soon as there is room. What arrived is
delivered either way, and issued: of an order line that is what arrived in all of its deliveries, of
a contract line what left in all of its call-offs and is not gone. What falls
open in an order that is closed already is cancelled like what was open when it was closed.

What was cancelled of what was lost (`given_up`, counted in `commands.trade.orders.lines`) is wanted
again when that arrives after all, in an open order as in a closed one, and is called off again of a
contract that still has room for it and did not let it go over to another one. What arrives is first
what is open of what was lost, then what was cancelled of it. Where it turns out not to have
arrived, it is cancelled again. How much is (`waived`) follows from what is there: of the same facts
it is the same, in whichever order they are told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from commands.fulfilment.deliveries.locking import Locked
from commands.fulfilment.deliveries.remaining import remainder
from commands.trade.contracts import counters
from commands.trade.contracts.account import call_off_again, takes_again
from commands.trade.contracts.counters import Then
from commands.trade.orders.lines import wanted_again
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderState
from models.trade.orders.tables import Order

Amounts = Mapping[str, Decimal]
"""delivered, lost, refused -> quantity."""

ENDED = ("delivered", "refused", "lost")
_GONE = ("planned", "picked", "packed", "shipped")
"""Counters of order lines in which what is owed again counts no more."""
_COUNTED = ("cancelled", "waived", "owed_again", *_GONE, *ENDED)
_NOTHING = Decimal(0)
_FOUND_AGAIN = (
    select(DeliveryLine)
    .where(
        DeliveryLine.merchant_id == bindparam("merchant", type_=Uuid()),
        DeliveryLine.order_line_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
        DeliveryLine.owed_again > DeliveryLine.lost + DeliveryLine.refused,
    )
    .order_by(DeliveryLine.id)
)


@dataclass
class Recount:
    """What changes of deliveries, lines and contracts. deliveries: those that it is about, by id.

    lines: of deliveries, with their new columns. moved: delivery id -> order line -> how much more
    ended how. sums: order line -> counter -> what is added. fallen: orders of which less arrived.
    contracts: locked, of what is wanted again. takes: line of those -> how much may be called off
    again. gone_again: order line -> what of it was cancelled before it was thought to have arrived.
    """

    deliveries: dict[UUID, Delivery]
    lines: list[tuple[DeliveryLine, dict[str, Decimal]]] = field(default_factory=list)
    moved: defaultdict[UUID, dict[OrderLine, Amounts]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    sums: defaultdict[OrderLine, defaultdict[str, Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Decimal))
    )
    contracts: Mapping[UUID, Contract] = field(default_factory=dict)
    takes: dict[UUID, Decimal] = field(default_factory=dict)
    gone_again: defaultdict[OrderLine, Decimal] = field(
        default_factory=lambda: defaultdict(Decimal)
    )

    def of(self, delivery: Delivery) -> Mapping[OrderLine, Amounts]:
        """Return order line -> what more of a delivery ended how."""
        return self.moved.get(delivery.id, {})

    @property
    def fallen(self) -> set[UUID]:
        """Return the orders of which less has arrived than before."""
        return {line.order_id for line, sums in self.sums.items() if sums["delivered"] < 0}

    def order_lines(self) -> list[tuple[OrderLine, dict[str, Decimal]]]:
        """Return the order lines, with their new columns."""
        found = []
        for line, sums in self.sums.items():
            columns = {it: getattr(line, it) + sums[it] for it in _COUNTED}
            unplanned = max(line.ordered - columns["cancelled"] - columns["planned"], Decimal(0))
            columns["backordered"] = min(line.backordered, unplanned)
            found.append((line, columns))
        return found

    def note(self, line: DeliveryLine, of: OrderLine, known: Amounts, owed: Decimal) -> None:
        """Note that a delivery line becomes what is known of it, if it is not so already."""
        more = {it: known[it] - getattr(line, it) for it in ENDED}
        if not any(more.values()) and owed == line.owed_again:
            return
        self.lines.append((line, {**known, "owed_again": owed}))
        self.moved[line.delivery_id][of] = more
        sums = self.sums[of]
        for counter in ENDED:
            sums[counter] += more[counter]
        sums["owed_again"] += owed - line.owed_again
        for counter in _GONE:
            sums[counter] -= owed - line.owed_again

    def find(self, of: OrderLine, arrived: Mapping[DeliveryLine, Amounts]) -> None:
        """Note what arrived of an order line after all, as far as there is room."""
        beyond = {it: it.owed_again - its["lost"] - its["refused"] for it, its in arrived.items()}
        fits = self._balance(of, sum(beyond.values(), _NOTHING))
        for line, known in arrived.items():
            counts = min(beyond[line], fits)
            fits -= counts
            self.note(line, of, known, line.owed_again - counts)

    def _balance(self, of: OrderLine, arrived: Decimal) -> Decimal:
        """Cancel of an order line what was given up and is not there; return what of it counts.

        arrived: what did after all, and is still owed. All follows from what is wanted and there,
        not from what was told before: what arrived is first what is open of what was lost, then
        what was given up of it, as far as its contract still has room for that.
        """
        planned, owed = self.planned(of), of.owed_again + self._more(of, "owed_again")
        wanted = of.ordered - of.cancelled + of.waived
        counts = min(arrived, max(wanted + of.over_tolerance - planned, _NOTHING))
        counts = counts if wanted else _NOTHING
        missing = max(wanted - planned - counts, _NOTHING)
        waived = min(of.given_up, missing, owed - counts)
        if waived < of.waived:
            waived = of.waived - self._put_back(of, min(of.waived - waived, arrived))
        elif waived > of.waived:
            self.gone_again[of] = waived - of.waived
        wanted -= waived
        room = wanted + of.over_tolerance - planned if wanted else _NOTHING
        return max(min(counts, room, owed - waived), _NOTHING)

    def _put_back(self, of: OrderLine, back: Decimal) -> Decimal:
        """Let so much of a line be wanted again, as far as it may; return how much that is."""
        if back and of.contract_line_id is not None:
            back = min(back, self.takes[of.contract_line_id])
            self.takes[of.contract_line_id] -= back
        if back:
            for counter in ("cancelled", "waived"):
                self.sums[of][counter] -= back
        return back

    def planned(self, line: OrderLine) -> Decimal:
        """Return how much of an order line is planned then."""
        return line.planned + self._more(line, "planned")

    def room(self, line: OrderLine) -> Decimal:
        """Return how much more of an order line deliveries may take then."""
        wanted = line.ordered - line.cancelled - self._more(line, "cancelled")
        return wanted + line.over_tolerance - self.planned(line) if wanted else _NOTHING

    def _more(self, line: OrderLine, counter: str) -> Decimal:
        return self.sums[line][counter] if line in self.sums else _NOTHING


async def recounted(locked: Locked, reports: Iterable[Mapping[DeliveryLine, Amounts]]) -> Recount:
    """Return what changes with what is known of delivery lines, all in all.

    What more is owed again comes first, since it makes the room that others may need.
    """
    found = Recount(dict(locked.deliveries))
    known = {line: dict(amounts) for lines in reports for line, amounts in lines.items()}
    later, is_anew = list[DeliveryLine](), not known
    for line, amounts in known.items():
        gone, owed = amounts["lost"] + amounts["refused"], line.owed_again
        # What was lost before deliveries gave back what is owed again is not owed by itself.
        more = min(gone - owed, gone - line.lost - line.refused)
        if more > 0 or owed <= gone:
            of = locked.order_lines[line.order_line_id]
            found.note(line, of, amounts, owed + max(more, _NOTHING))
        else:
            later.append(line)
    if is_anew or any(sums["planned"] for sums in found.sums.values()):
        others = await _found_again(locked, found, known)
        known |= {line: {it: getattr(line, it) for it in ENDED} for line in others}
        later += others
    await _ask_contracts(locked, found, later)
    arrived: dict[OrderLine, dict[DeliveryLine, Amounts]] = {
        it: {} for it in (locked.order_lines.values() if is_anew else found.sums)
    }
    for line in sorted(later, key=lambda it: it.id):
        arrived.setdefault(locked.order_lines[line.order_line_id], {})[line] = known[line]
    for of, lines in arrived.items():
        found.find(of, lines)
    return found


async def _ask_contracts(locked: Locked, found: Recount, later: Iterable[DeliveryLine]) -> None:
    """Lock the contracts of what arrived and was cancelled; see what they take again."""
    lines = [locked.order_lines[it.order_line_id] for it in later]
    lines = [it for it in lines if it.waived > 0]
    ids = {it.contract_line_id for it in lines if it.contract_line_id is not None}
    if not ids:
        return
    writing = locked.writing
    contracts = {locked.orders[it.order_id].contract_id for it in lines}
    found.contracts = await writing.lock(Contract, {it: () for it in contracts if it is not None})
    for line in (await writing.lock(ContractLine, dict.fromkeys(ids, ()))).values():
        found.takes[line.id] = takes_again(line)


async def _found_again(
    locked: Locked, found: Recount, known: Collection[DeliveryLine]
) -> list[DeliveryLine]:
    """Return other lines that arrived beside what took their place, where there is room now."""
    lines = locked.order_lines.values()
    roomy = [line.id for line in lines if found.room(line) > 0 or line.waived > 0]
    if not roomy:
        return []
    writing = locked.writing
    await writing.session.flush()
    values = {"merchant": writing.viewer.merchant_id, "keys": roomy}
    rows = (await writing.session.scalars(_FOUND_AGAIN, values)).all()
    others = [line for line in rows if line not in known]
    missing = {it.delivery_id: () for it in others if it.delivery_id not in found.deliveries}
    found.deliveries |= await writing.get(Delivery, missing)
    return others


async def count_on_contracts(
    locked: Locked, found: Recount, moved_at: Mapping[UUID, datetime]
) -> None:
    """Move what is issued and delivered of contracts; what closed orders owe again is cancelled.

    So is what was cancelled before it was thought to have arrived. What is wanted again, since it
    arrived after all, is called off again. moved_at: order id -> when that happened.
    """
    changes: defaultdict[UUID, defaultdict[str, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    then: list[Then] = []
    for line, sums in found.sums.items():
        if line.contract_line_id is not None:
            parts = {
                "shipped": -sums["lost"] - sums["refused"],
                "delivered": sums["delivered"],
                "called_off": -sums["cancelled"],
            }
            for counter, amount in parts.items():
                changes[line.contract_line_id][counter] += amount
            at = moved_at.get(line.order_id, locked.writing.now)
            then.append((line.contract_line_id, at, parts))
    moved = {key: amounts for key, amounts in changes.items() if any(amounts.values())}
    happened = [each for each in then if each[0] in moved]
    called_off = await counters.move(locked.writing, moved, happened)
    again = {line.order_id for line, sums in found.sums.items() if sums["cancelled"]}
    for order in (locked.orders[it] for it in sorted(again)):
        await wanted_again(locked.writing, order, locked.lines_of_order(order))
    for contract in found.contracts.values():
        lines = [it for it in called_off.values() if it.contract_id == contract.id]
        await call_off_again(locked.writing, contract, lines)
    remaining: defaultdict[Order, dict[OrderLine, Decimal]] = defaultdict(dict)
    for line in {**found.sums, **found.gone_again}:
        order = locked.orders[line.order_id]
        wanted = line.unplanned if order.state is OrderState.CLOSED else found.gone_again[line]
        remaining[order][line] = min(wanted, line.unplanned)
    await remainder.cancel_each(locked, remaining, found.gone_again)
