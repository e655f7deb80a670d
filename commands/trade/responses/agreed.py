"""What an amendment of a call-off must keep of its contract: lots, the least of one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from uuid import UUID

from commands.trade.responses.lines import AnsweredLine
from commands.writing.transaction import Writing
from kit.errors import Problem, Refused
from models.trade.codes import TradeCode
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import LineResponse
from models.trade.orders.tables import Order


async def check_agreed(
    writing: Writing, order: Order, lines: Iterable[OrderLine], items: Iterable[AnsweredLine]
) -> None:
    """Check amendments of a call-off against its contract. lines: all of the order.

    Its windows are asked for where all are. Refused: LOT_MULTIPLE, BELOW_MINIMUM.
    """
    amended = [it for it in items if it.fields.response is LineResponse.AMENDED]
    if order.contract_id is None or not amended:
        return
    everything = writing.for_all()
    keys = {it.line.contract_line_id for it in amended if it.line.contract_line_id is not None}
    agreed = await everything.by_key(ContractLine, "id", keys)
    if problems := list(_too_little(agreed, lines, amended)):
        raise Refused.of(problems)


def _too_little(
    agreed: Mapping[UUID | None, ContractLine],
    lines: Iterable[OrderLine],
    amended: Iterable[AnsweredLine],
) -> Iterator[Problem]:
    """Yield what amended quantities break; told where they are offered."""
    offers = {it.line.id: it.fields.quantity for it in amended if it.fields.quantity is not None}
    wanted: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.contract_line_id is not None:
            offer = offers.get(line.id)
            left = line.ordered - line.cancelled
            wanted[line.contract_line_id] += left if offer is None else offer
    for item in amended:
        quantity, path = offers.get(item.line.id), (*item.path, "quantity")
        terms = agreed.get(item.line.contract_line_id)
        if quantity is None or terms is None:
            continue
        lot, least = terms.lot_multiple, terms.min_per_call_off
        if lot is not None and quantity % lot:
            text = f"This comes in multiples of {lot.normalize():f}."
            yield Problem(TradeCode.LOT_MULTIPLE, text, path)
        if least is not None and wanted[terms.id] < least:
            text = f"The least of one call-off is {least.normalize():f}."
            yield Problem(TradeCode.BELOW_MINIMUM, text, path)
