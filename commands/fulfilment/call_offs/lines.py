"""The lines of a call-off against the lines of its contract: every rule of what may be drawn."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.fulfilment.call_offs.inputs import CallOffLine, ContractCallOff
from commands.master.packagings.counting import Counted, Packagings, packagings_of
from commands.trade.contracts.lines import products_of
from commands.trade.contracts.times import (
    CallOffTerms,
    Window,
    check_ahead,
    covers,
    refuse_notice,
    refuse_validity,
)
from commands.trade.orders.compose import check_expected
from commands.trade.orders.drafts import LineDraft
from commands.writing.transaction import Writing, missing
from kit.errors import Code, Path, Problem, Refusals, Refused
from kit.inputs import refuse_duplicates
from kit.standards.money import plain
from models.base.guards import guards
from models.master.catalog import NAMES_OF_PACKAGINGS, Product
from models.trade.codes import TradeCode
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import Release, ScheduleLine
from models.trade.releases.words import ReleaseState


@dataclass(frozen=True)
class Agreement:
    """A locked contract with its lines and products by id, and the packagings that are named."""

    contract: Contract
    lines: Mapping[UUID, ContractLine]
    products: Mapping[UUID, Product]
    packagings: Packagings


async def agreement_of(
    writing: Writing, contract: Contract, items: Sequence[CallOffLine]
) -> Agreement:
    """Read what a locked contract agrees on. items: what is called off."""
    rows = writing.seen(ContractLine).where(ContractLine.contract_id == contract.id)
    lines = {line.id: line for line in await writing.all(rows)}
    products = await products_of(writing, {line.product_id: () for line in lines.values()})
    products_by = {key: line.product_id for key, line in lines.items()}
    named = [(products_by.get(it.contract_line_id), it) for it in items]
    packagings = await packagings_of(writing, named)
    return Agreement(contract, lines, products, packagings)


async def drafts_of(
    writing: Writing, agreement: Agreement, command: ContractCallOff
) -> list[LineDraft]:
    """Return the lines of the order to be. Refused: everything that is wrong, line by line."""
    refusals, drafts, amounts = Refusals(), list[LineDraft](), dict[int, Decimal]()
    with refusals:
        _check_once(command.lines)
    are_single = not refusals.problems
    with refusals:
        _check_common(writing, agreement, command)
    for place, item in enumerate(command.lines):
        refusals.above = ("lines", place)
        with refusals:
            line = _agreed(agreement, item)
            with refusals:
                quantity = _quantity(agreement, item, line)
                amounts[place] = quantity.amount
                _check_lot(agreement, line, quantity.amount)
            with refusals:
                check_expected(item.expected_unit_price, line.unit_price, line.currency)
            window = _window(writing, agreement.contract, command, item)
            if place in amounts:
                drafts.append(
                    _draft(
                        *(agreement, item, line, quantity),
                        _promised(writing, agreement.contract, line, window),
                    )
                )
    refusals.above = ()
    limits = _limits(agreement, command.lines, amounts, writing.now)
    refusals.problems += limits if are_single else ()
    with refusals:
        await _check_schedule(writing, agreement, command)
    refusals.end()
    return drafts


def _check_common(writing: Writing, agreement: Agreement, command: ContractCallOff) -> None:
    """Check the window of lines that have none of their own. Refused: as `check_window`."""
    if command.window is not None and any(it.window is None for it in command.lines):
        check_window(writing, agreement.contract, command.window)


def _check_once(lines: Sequence[CallOffLine]) -> None:
    """Refused: DUPLICATE for a reference, and for lines that differ in quantity only."""
    refusals = Refusals()
    with refusals:
        refuse_duplicates((it.external_reference for it in lines), ("lines",))
    with refusals:
        same = ((it.contract_line_id, it.packaging, it.window, it.schedule_line_id) for it in lines)
        refuse_duplicates(same, ("lines",), "contract_line_id")
    refusals.end()


def _agreed(agreement: Agreement, item: CallOffLine) -> ContractLine:
    """Refused: NOT_ON_CONTRACT, with a path inside the line."""
    line = agreement.lines.get(item.contract_line_id)
    if line is None:
        text = f"This is no line of {agreement.contract.number}."
        raise Refused(TradeCode.NOT_ON_CONTRACT, text, ("contract_line_id",))
    return line


def _draft(
    agreement: Agreement,
    item: CallOffLine,
    line: ContractLine,
    quantity: Counted,
    terms: Mapping[str, Any],
) -> LineDraft:
    """Return one line of the order to be. terms: what is guaranteed of it."""
    return LineDraft(
        agreement.products[line.product_id],
        quantity.amount,
        line.unit_price,
        quantity.packaging,
        window=item.window,
        external_reference=item.external_reference,
        contract_line_id=line.id,
        schedule_line_id=item.schedule_line_id,
        **terms,
    )


def _window(
    writing: Writing, contract: Contract, command: ContractCallOff, item: CallOffLine
) -> Window:
    """Return when a line is to arrive; its own window is checked. Refused: INVALID for none."""
    window = item.window or command.window
    if window is None:
        text = "Say when this is to arrive, here or for the whole call-off."
        raise Refused(Code.INVALID, text, ("window",))
    if item.window is not None:
        check_window(writing, contract, item.window)
    return window


def _promised(
    writing: Writing, contract: Contract, line: ContractLine, window: Window
) -> dict[str, Any]:
    """Return what is guaranteed of a call-off, with its days, which no amendment moves."""
    if line.guarantee_id is None:
        return {}
    days = {"called_off_on": contract.day(writing.now), "wanted_on": contract.day(window.latest)}
    return {"guarantee_id": line.guarantee_id, **days}


def _quantity(agreement: Agreement, item: CallOffLine, line: ContractLine) -> Counted:
    """Return the quantity in the contract's unit, which is the product's (K9)."""
    product = agreement.products[line.product_id]
    if item.unit is not None and item.packaging is not None:
        raise Refused(Code.INVALID, "Count in a unit or in a packaging.", ("unit",))
    amount = product.counted(item.quantity, item.unit or product.unit)
    if amount is None:
        text = f"{product.sku} is agreed in {product.unit.value}"
        if item.unit in NAMES_OF_PACKAGINGS:
            text += f'; for a packaging use `packaging: "{item.unit.value}"`'
        raise Refused(TradeCode.UNIT_MISMATCH, f"{text}.", ("unit",))
    return agreement.packagings(product, item.model_copy(update={"quantity": amount}))


def _check_lot(agreement: Agreement, line: ContractLine, quantity: Decimal) -> None:
    """Refused: LOT_MULTIPLE for what is no whole lot, nor the rest."""
    if line.lot_multiple is None or _brings_rest(agreement.contract, line, quantity):
        return
    if quantity % line.lot_multiple != 0:
        sku = agreement.products[line.product_id].sku
        text = f"{sku} comes in multiples of {line.lot_multiple.normalize():f}."
        raise Refused(TradeCode.LOT_MULTIPLE, text, ("quantity",))


def _brings_rest(contract: Contract, line: ContractLine, quantity: Decimal) -> bool:
    """Tell whether it is all that remains under DELIVER_REST, which need be no whole lot (K12)."""
    return contract.delivers_rest and quantity == line.left_of_target


def check_window(writing: Writing, contract: Contract, window: Window, path: Path = ()) -> None:
    """Check days at the contract's zone; path: of what has the window.

    Refused: INVALID_WINDOW, OUTSIDE_VALIDITY (K3), NOTICE_TOO_SHORT (K15), all at once.
    """
    refusals = Refusals()
    with refusals:
        check_ahead(writing, window, path)
    with refusals:
        if not covers(contract, window):
            refuse_validity(contract, (*path, "window"))
    with refusals:
        if not CallOffTerms(contract, writing.now).has_notice(window):
            refuse_notice(contract, (*path, "window", "earliest"))
    refusals.end()


def sums(drafts: Sequence[LineDraft]) -> dict[UUID, Decimal]:
    """Return contract line id -> what is called off of it in all."""
    sums: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for draft in drafts:
        if draft.contract_line_id is not None:
            sums[draft.contract_line_id] += draft.quantity
    return dict(sums)


@guards("K1", instead=())
def _limits(
    agreement: Agreement, items: Sequence[CallOffLine], amounts: Mapping[int, Decimal], at: datetime
) -> Iterator[Problem]:
    """Yield what is too little or too much; told at the last line that draws on the same.

    amounts: place of an item -> how much it is, where that is known.
    """
    totals, places = defaultdict[UUID, Decimal](Decimal), dict[UUID, int]()
    for place, amount in amounts.items():
        totals[items[place].contract_line_id] += amount
        places[items[place].contract_line_id] = place
    unknown = {it.contract_line_id for place, it in enumerate(items) if place not in amounts}
    for line_id, total in totals.items():
        line, path = agreement.lines[line_id], ("lines", places[line_id], "quantity")
        least, most = line.min_per_call_off, line.max_per_call_off
        left = line.ceiling - line.called_off
        if agreement.contract.valid_to < agreement.contract.day(at):
            # After the last day only what remains is delivered.
            left = line.left_of_target
        brings_rest = _brings_rest(agreement.contract, line, total)
        is_less = least is not None and total < least and line_id not in unknown
        if least is not None and is_less and not brings_rest:
            text = f"The least of one call-off is {least.normalize():f}."
            yield Problem(TradeCode.BELOW_MINIMUM, text, path)
        if most is not None and total > most:
            text = f"The most of one call-off is {most.normalize():f}."
            yield Problem(TradeCode.EXCEEDS_MAX, text, path)
        if total > left:
            sku, several = agreement.products[line.product_id].sku, total != amounts[path[1]]
            text = f"Only {plain(left)} {line.unit.value} of {sku} can still be called off"
            more = f"; lines of this input call off {plain(total)} together" if several else ""
            yield Problem(TradeCode.EXCEEDS_MAX, f"{text}{more}.", path)


async def _check_schedule(writing: Writing, agreement: Agreement, command: ContractCallOff) -> None:
    """Refused: NOT_FOUND for another line's schedule, RELEASE_OUTDATED for a superseded one.

    Nothing is said of the schedule of what is no line of the contract.
    """
    keys = {it.schedule_line_id for it in command.lines if it.schedule_line_id is not None}
    found = await writing.by_key(ScheduleLine, "id", keys)
    releases = await writing.by_key(Release, "id", {it.release_id for it in found.values()})
    refusals = Refusals()
    for place, each in enumerate(command.lines):
        path = ("lines", place, "schedule_line_id")
        scheduled = found.get(each.schedule_line_id)
        release = None if scheduled is None else releases[scheduled.release_id]
        with refusals:
            if each.schedule_line_id is None or each.contract_line_id not in agreement.lines:
                continue
            if release is None or release.contract_line_id != each.contract_line_id:
                raise missing(ScheduleLine, path)
            if release.state is not ReleaseState.ACTIVE:
                text = f"Release {release.number} was superseded."
                raise Refused(TradeCode.RELEASE_OUTDATED, text, path)
    refusals.end()
