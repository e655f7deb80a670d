"""Changing a contract: what both sides agreed on later."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import (
    CountedIn,
    Packagings,
    Quantified,
    packagings_of,
)
from commands.trade.contracts.counters import room_came
from commands.trade.contracts.create import AddressId, check_ship_tos
from commands.trade.contracts.guarantees import (
    LONGEST_DAYS,
    Agreed,
    SupplyGuarantee,
    counts_of,
    guarantee_of,
    says,
    terms_in,
    write_guarantees,
)
from commands.trade.contracts.life import (
    ContractStep,
    check_call_offs,
    check_stray,
    lock_contract,
    note_end,
)
from commands.trade.contracts.lines import (
    SIZES,
    ContractLineCreate,
    add,
    check_agreed_terms,
    counted_quantities,
    reachable,
    refuse_less,
    terms_of,
)
from commands.trade.contracts.routes import ShippingRoute, route_columns
from commands.trade.contracts.times import check_validity
from commands.writing.transaction import Outcome, Writing, check_known, missing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refused
from kit.ids import Names
from kit.inputs import (
    LARGEST_BULK,
    Day,
    ExactAmount,
    Note,
    Percent,
    Quantity,
    QuantityOrZero,
    Reference,
    Zone,
    refuse_duplicates,
)
from models.base.payloads import ColumnName
from models.events.trade.contracts import ContractAmended
from models.master.catalog import Product
from models.trade.contracts import acts
from models.trade.contracts.findings import FindingCode
from models.trade.contracts.guarantees import Guarantee
from models.trade.contracts.states import EndOfLife, ReservationStrategy
from models.trade.contracts.tables import Contract, ContractLine

_OWN = {
    *("idempotency_key", "contract_id", "expected_version", "lines", "add_lines"),
    *("keep_call_offs", "route"),
}


class ContractLineAmend(Quantified):
    """Changes of one line; what is left out stays, null empties.

    Each quantity is counted from then on in what it is given in.
    """

    contract_line_id: Annotated[UUID, Names("ContractLine")] = Field(description="The line.")
    target_quantity: Quantity | None = Field(None, description="How much is agreed.")
    min_quantity: QuantityOrZero | None = Field(
        None, description="The least that must be called off; null for none."
    )
    max_quantity: Quantity | None = Field(
        None, description="The most that may be called off; null for the target."
    )
    over_tolerance_percent: Percent | None = Field(
        None, description="Percent that may be called off beyond the agreed maximum."
    )
    under_tolerance_percent: Percent | None = Field(
        None, description="Percent by which the minimum may be missed."
    )
    lot_multiple: Quantity | None = Field(
        None, description="Every called-off quantity is a multiple of this; null for any."
    )
    min_per_call_off: Quantity | None = Field(
        None, description="The least of this line in one call-off; null for any."
    )
    max_per_call_off: Quantity | None = Field(
        None, description="The most of this line in one call-off; null for any."
    )
    unit_price: ExactAmount | None = Field(
        None, description="Price of one unit; call-offs that are placed keep theirs."
    )
    guarantee: SupplyGuarantee | None = Field(
        None,
        description="What is guaranteed of its supply, as a whole; null for nothing. Call-offs that"
        " are placed keep what was guaranteed then.",
    )


class ContractAmend(ContractStep):
    """Changes of a contract; what is left out stays, null empties."""

    purchase_order_number: Reference | None = Field(
        None, description="The customer's number of this contract; null for none."
    )
    ship_to_ids: list[AddressId] | None = Field(
        None,
        max_length=LARGEST_BULK,
        description="All addresses that may be delivered to; the first is the default.",
    )
    valid_from: Day | None = Field(None, description="First day of validity.")
    valid_to: Day | None = Field(None, description="Last day of validity.")
    time_zone: Zone | None = Field(
        None,
        description="IANA time zone of the days of validity, and of what is guaranteed for"
        " call-offs from then on; those that are placed keep theirs.",
    )
    terms: Note | None = Field(None, description="What else was agreed; null for nothing.")
    reservation_strategy: ReservationStrategy | None = Field(
        None, description="When goods are set aside for it."
    )
    priority_on: Day | None = Field(None, description="Day by which it queues for goods.")
    end_of_life: EndOfLife | None = Field(
        None, description="What happens to what was not called off when it ends."
    )
    min_notice_days: int | None = Field(
        None, ge=0, le=LONGEST_DAYS, description="Days between a call-off and its first delivery."
    )
    firm_zone_days: int | None = Field(
        None, ge=0, le=LONGEST_DAYS, description="Days ahead in which firm quantities only rise."
    )
    trade_off_days: int | None = Field(
        None, ge=0, le=LONGEST_DAYS, description="Days ahead in which material is bought already."
    )
    holding_findings: list[FindingCode] | None = Field(
        None,
        max_length=LARGEST_BULK,
        description="What of its releases waits for consent where it is found, as a whole.",
    )
    jump_percent: Percent | None = Field(
        None,
        description="Percent by which what is wanted may change unnoticed; null for any.",
    )
    route: ShippingRoute | None = Field(
        None, description="How its goods go as a rule, as a whole; null for none."
    )
    keep_call_offs: bool = Field(
        default=False,
        description="Open call-offs are fulfilled nevertheless, where its last day has passed or"
        " they come after it, or before its first day.",
    )
    lines: list[ContractLineAmend] = Field(
        [], max_length=LARGEST_BULK, description="Changes of lines, each line once."
    )
    add_lines: list[ContractLineCreate] = Field(
        [], max_length=LARGEST_BULK, description="New lines; they get the next line numbers."
    )


@dataclass(frozen=True)
class _Known:
    """The lines of a contract by id; products of these and of new ones, and their packagings."""

    lines: Mapping[UUID, ContractLine]
    products: Mapping[UUID, Product]
    packagings: Packagings


@verb(
    acts.AMEND,
    "Change a contract that is not over. Its party, number and currency stay.",
)
async def amend(writing: Writing, command: ContractAmend) -> Outcome:
    """Change a contract that is not over yet. Its party and currency stay: others are another's.

    Nothing happens where all of it is so already.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, DUPLICATE, INVALID where something that
    must be there is emptied, INVALID_DATE when it would end before it starts, OPEN_CALL_OFFS when
    it would be over at once, or not valid when what is called off comes, unless they are kept,
    EXCEEDS_MAX when less would be agreed than is called off, SCALE_EXCEEDED for a quantity,
    OUT_OF_RANGE where quantities contradict each other, INVALID where a guarantee does,
    TOO_MANY_ITEMS for more lines than one call may touch.
    """
    contract = await lock_contract(writing, command, amend)
    changed = list[str]()
    with writing.refusals:
        changed = await _change_terms(writing, contract, command)
    known = await _known(writing, contract, command)
    guarantees = await _guarantees(writing, contract, known, command)
    amended = []
    for place, each in enumerate(command.lines):
        with writing.refusals:
            if _amend_line(known, each, guarantees, ("lines", place)):
                amended.append(known.lines[each.contract_line_id].line_no)
    for line_id, guarantee_id in guarantees.items():
        known.lines[line_id].guarantee_id = guarantee_id
    await _add_lines(writing, contract, known, command.add_lines)
    room_came(writing, (it for it in known.lines.values() if it.line_no in amended))
    if changed or amended or command.add_lines:
        contract.version += 1
        fields, added = tuple(map(ColumnName, changed)), len(command.add_lines)
        happened = ContractAmended(contract.id, fields=fields, lines=tuple(amended), added=added)
        writing.record(happened)
        await writing.session.flush()
    return {"contract_id": contract.id}


async def _change_terms(writing: Writing, contract: Contract, command: ContractAmend) -> list[str]:
    """Change what is agreed beside lines; returns the names of what is new.

    Refused: NOT_FOUND for an address, INVALID, INVALID_DATE, OPEN_CALL_OFFS.
    """
    with writing.refusals:
        if command.ship_to_ids is not None:
            await check_ship_tos(writing, contract.party_id, command.ship_to_ids)
    with writing.refusals:
        refuse_duplicates(command.holding_findings or (), ("holding_findings",))
    route = dict[str, Any]()
    with writing.refusals:
        if "route" in command.model_fields_set:
            route = await route_columns(writing, command.route)
    was_over = acts.OVER.test(writing, contract)
    # Before anything changes: what is read next writes first what has changed.
    first, last = command.valid_from or contract.valid_from, command.valid_to or contract.valid_to
    check_validity(first, last, ("valid_from" if command.valid_to is None else "valid_to",))
    terms = command.model_dump(exclude_unset=True, exclude=_OWN)
    changed = _change(contract, terms | route, ())
    if "valid_to" in changed:
        note_end(writing, contract)
    if not (was_over or command.keep_call_offs):
        await _check_kept(writing, contract, changed)
    return changed


async def _known(writing: Writing, contract: Contract, command: ContractAmend) -> _Known:
    """Lock the lines of a locked contract, and read what they and new ones name.

    Refused: TOO_MANY_ITEMS, NOT_FOUND, DUPLICATE for a line that is changed twice.
    """
    lines = await _lines(writing, contract)
    writing.extent.touch(len(lines), ("add_lines",))
    named = dict(_products(lines, command))
    products = await writing.by_key(Product, "id", named)
    with writing.refusals:
        check_known(Product, products, named.items())
    with writing.refusals:
        named_lines = (it.contract_line_id for it in command.lines)
        refuse_duplicates(named_lines, ("lines",), "contract_line_id")
    return _Known(lines, products, await packagings_of(writing, _named(lines, command)))


_LASTING = {"valid_from", "valid_to", "time_zone", "end_of_life"}
"""What says when call-offs may come."""


async def _check_kept(writing: Writing, contract: Contract, changed: Collection[str]) -> None:
    """Refused: OPEN_CALL_OFFS where a contract would be over, or not valid when it brings."""
    if acts.OVER.test(writing, contract):
        await check_call_offs(writing, contract)
    elif not _LASTING.isdisjoint(changed):
        await writing.session.flush()
        await check_stray(writing, contract)


async def _lines(writing: Writing, contract: Contract) -> dict[UUID, ContractLine]:
    """Lock all lines of the locked contract: id -> line."""
    rows = writing.seen(ContractLine).where(ContractLine.contract_id == contract.id)
    locked = rows.order_by(ContractLine.id).with_for_update(of=ContractLine)
    return {line.id: line for line in await writing.all(locked)}


def _products(
    lines: Mapping[UUID, ContractLine], command: ContractAmend
) -> Iterator[tuple[UUID, Path]]:
    for line in lines.values():
        yield line.product_id, ("lines",)
    for place, new in enumerate(command.add_lines):
        yield new.product_id, ("add_lines", place, "product_id")


def _named(lines: Mapping[UUID, ContractLine], command: ContractAmend) -> Iterator[CountedIn]:
    for change in command.lines:
        if change.contract_line_id in lines:
            yield from counts_of(lines[change.contract_line_id].product_id, change)
    for new in command.add_lines:
        yield from counts_of(new.product_id, new)


async def _guarantees(
    writing: Writing, contract: Contract, known: _Known, command: ContractAmend
) -> dict[UUID, UUID | None]:
    """Write what is guaranteed otherwise than before: line id -> the new guarantee's id, or None.

    In another time zone the same terms are others: their days are. Refused: as `guarantee_of`.
    """
    ids = {it.guarantee_id for it in known.lines.values() if it.guarantee_id is not None}
    there = await writing.by_key(Guarantee, "id", ids)
    wanted: dict[ContractLine, Agreed | None] = {
        line: terms_in(there[line.guarantee_id])
        for line in known.lines.values()
        if line.guarantee_id is not None
    }
    for place, each in enumerate(command.lines):
        line = known.lines.get(each.contract_line_id)
        if line is not None and "guarantee" in each.model_fields_set:
            product, path = known.products[line.product_id], ("lines", place)
            wanted[line] = guarantee_of(
                each.guarantee, contract.currency, product, known.packagings, path
            )
    for line in list(wanted):
        before, now = there.get(line.guarantee_id), wanted[line]
        if (before is None and now is None) or (before and now and says(before, now, contract)):
            del wanted[line]
    made = await write_guarantees(writing, contract, list(wanted.values()))
    return {line.id: key for line, key in zip(wanted, made, strict=True)}


async def _add_lines(
    writing: Writing, contract: Contract, known: _Known, new: Sequence[ContractLineCreate]
) -> None:
    """Write new lines with the next numbers. Refused: as `terms_of`, `guarantee_of`."""
    terms, promises = [], []
    for place, line in enumerate(new):
        product, path = known.products.get(line.product_id), ("add_lines", place)
        with writing.refusals:
            if product is not None:
                terms.append(terms_of(line, product, known.packagings, path))
        with writing.refusals:
            if product is not None:
                promise = line.guarantee, contract.currency, product, known.packagings, path
                promises.append(guarantee_of(*promise))
    writing.refusals.end()
    guarantees = await write_guarantees(writing, contract, promises)
    for line_no, each in enumerate(zip(terms, guarantees, strict=True), _next(known.lines)):
        add(writing, contract, line_no, *each)


def _change(row: Contract | ContractLine, values: Mapping[str, Any], path: Path) -> list[str]:
    """Set what was given and return the names of what is new. Refused: INVALID for a null."""
    for name, value in values.items():
        if value is None and not row.__table__.c[name].nullable:
            raise Refused(Code.INVALID, "This cannot be emptied.", (*path, name))
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _amend_line(
    known: _Known,
    change: ContractLineAmend,
    guarantees: Mapping[UUID, UUID | None],
    path: Path,
) -> bool:
    """Change a line; tell whether it was otherwise before. guarantees: as of `_guarantees`."""
    line = known.lines.get(change.contract_line_id)
    if line is None:
        raise missing(ContractLine, (*path, "contract_line_id"))
    before, product = line.agreed, known.products[line.product_id]
    values = change.model_dump(
        exclude_unset=True, exclude={"contract_line_id", "packaging", "guarantee"}
    )
    values |= counted_quantities(change, product, known.packagings, path)
    if line.id in guarantees:
        values["guarantee_id"] = guarantees[line.id]
    changed = _change(line, values, path)
    check_agreed_terms(line, path, changed)
    if {"min_quantity", *SIZES}.intersection(changed):
        reachable(line, path, changed)
    if line.agreed < min(before, line.called_off):
        refuse_less(line, path, changed)
    return bool(changed)


def _next(lines: Mapping[UUID, ContractLine]) -> int:
    """Return the next line number: lines are never removed, so that no number comes twice."""
    return 1 + max(line.line_no for line in lines.values())
