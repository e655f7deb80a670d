"""Settling a contract: the account of what was called off against what had to be."""

from decimal import ROUND_CEILING, Decimal

from commands.trade.contracts.life import ContractStep, lock_contract, wrong_state
from commands.trade.contracts.lines import products_of
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.ids import new_id
from models.events.trade.contracts import ContractFellShort, ContractSettled
from models.master.catalog import Product
from models.trade.contracts import acts
from models.trade.contracts.states import ContractState
from models.trade.contracts.tables import ContractLine, Shortfall


class ContractSettle(ContractStep):
    """Close the account of a contract that is terminated or past its last day."""


@verb(
    acts.SETTLE,
    "Close the account of a contract that is TERMINATED or past its last day, and record what"
    " is missing to the minimum of each line.",
)
async def settle(writing: Writing, command: ContractSettle) -> Outcome:
    """Record what is missing against the minimum of each line (K2). Refused: WRONG_STATE."""
    contract = await lock_contract(writing, command, settle)
    if not acts.OVER.test(writing, contract):
        raise wrong_state(contract)
    rows = writing.seen(ContractLine).where(ContractLine.contract_id == contract.id)
    lines = await writing.all(rows.order_by(ContractLine.line_no))
    products = await products_of(writing, {line.product_id: () for line in lines})
    for line in lines:
        _settle_line(writing, line, products[line.product_id])
    contract.state = ContractState.SETTLED
    contract.settled_at = writing.now
    contract.version += 1
    writing.record(ContractSettled(contract.id))
    await writing.session.flush()
    return {"contract_id": contract.id}


def _settle_line(writing: Writing, line: ContractLine, product: Product) -> None:
    if line.min_quantity is None:
        return
    owed = _whole(line.min_quantity * (1 - line.under_tolerance_percent / 100), product)
    if line.called_off >= owed:
        return
    shortfall = Shortfall(
        merchant_id=line.merchant_id,
        id=new_id(),
        contract_id=line.contract_id,
        contract_line_id=line.id,
        owed=owed,
        called_off=line.called_off,
        quantity=owed - line.called_off,
        settled_at=writing.now,
    )
    writing.session.add(shortfall)
    writing.record(
        ContractFellShort(line.contract_id, line_no=line.line_no, quantity=shortfall.quantity)
    )


def _whole(quantity: Decimal, product: Product) -> Decimal:
    """Return the least quantity of the unit's scale that is not below the exact one."""
    return quantity.quantize(product.step, ROUND_CEILING)
