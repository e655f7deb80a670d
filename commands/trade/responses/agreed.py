"""What an amendment of a call-off must keep of its contract: lots, the least of one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from commands.trade.contracts.lines import too_little
from commands.writing.transaction import Writing
from kit.errors import Path, Problem, Refused
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

Offer: TypeAlias = tuple[Decimal, Path]
"""How much of a line is to be had, and where the input says so."""


async def check_against_contract(
    writing: Writing, order: Order, lines: Iterable[OrderLine], offers: Mapping[OrderLine, Offer]
) -> None:
    """Check amendments of a call-off against its contract. lines: all of the order.

    Its windows are asked for where all are. Refused: LOT_MULTIPLE, BELOW_MINIMUM.
    """
    if order.contract_id is None or not offers:
        return
    keys = {it.contract_line_id for it in offers if it.contract_line_id is not None}
    agreed = await writing.for_all().by_key(ContractLine, "id", keys)
    if problems := list(_too_little(agreed, lines, offers)):
        raise Refused.of(problems)


def _too_little(
    agreed: Mapping[UUID | None, ContractLine],
    lines: Iterable[OrderLine],
    offers: Mapping[OrderLine, Offer],
) -> Iterator[Problem]:
    """Yield what amended quantities break; told where they are offered."""
    wanted: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.contract_line_id is not None:
            left = line.ordered - line.cancelled
            wanted[line.contract_line_id] += offers[line][0] if line in offers else left
    for line, (quantity, path) in offers.items():
        terms = agreed.get(line.contract_line_id)
        if terms is not None:
            yield from too_little(terms, quantity, wanted[terms.id], path)
