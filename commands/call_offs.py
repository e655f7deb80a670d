"""Calling off: an order at the price of a contract, within all that the contract agrees on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.catalog import check_scale
from commands.contracts import counters
from commands.contracts.life import check_in_force
from commands.contracts.lines import products_of
from commands.orders.drafts import Draft, LineDraft, create
from commands.orders.references import taken
from commands.parties import ship_to
from commands.writing import Outcome, Writing, missing
from kit.errors import Code, Path, Problem, Refused
from kit.ids import Names
from kit.inputs import (
    Bulk,
    Command,
    Input,
    Note,
    Place,
    Quantity,
    Recipient,
    Reference,
    Window,
    refuse_duplicates,
)
from models.catalog import Product, Unit
from models.channels import Channel
from models.contracts import Contract, ContractLine
from models.journal import Aggregate
from models.orders import OrderKind, OrderState
from models.parties import Address, Contact
from models.releases import Release, ReleaseState, ScheduleLine


class CallOffLine(Input):
    """How much of one contract line, and when."""

    contract_line_id: Annotated[UUID, Names("ContractLine")] = Field(
        description="The contract line; two lines may name one product, so the line is named."
    )
    quantity: Quantity = Field(description="How much, in `unit`.")
    unit: Unit | None = Field(
        None,
        description="Unit of the quantity, the product's own when left out. Grams and kilograms,"
        " litres and cubic metres are converted exactly, others are refused.",
    )
    window: Window | None = Field(
        None, description="When this line is to arrive; else the window of the call-off."
    )
    schedule_line_id: Annotated[UUID, Names("ScheduleLine")] | None = Field(
        None, description="The line of an active release that is answered."
    )
    external_reference: Reference | None = Field(
        None, description="The line's number in the sender's system."
    )


class ContractCallOff(Command):
    """An order of kind CALL_OFF that draws on a contract."""

    contract_id: Annotated[UUID, Names("Contract")] = Field(description="The contract.")
    channel_id: Annotated[UUID, Names("Channel")] = Field(description="Where it was called off.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Who calls off, to be sure: it must be the contract's party."
    )
    lines: Bulk[CallOffLine] = Field(description="What is called off.")
    window: Window | None = Field(
        None, description="When the goods are to arrive; for lines without a window of their own."
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="One of the contract's addresses; its first when left out."
    )
    recipient: Recipient | None = Field(None, description="Who takes the goods in.")
    buyer_contact_id: Annotated[UUID, Names("Contact")] | None = Field(
        None, description="Who at the party called off."
    )
    purchase_order_number: Reference | None = Field(
        None, description="The customer's own number of this call-off."
    )
    external_reference: Reference | None = Field(
        None, description="Its number in the channel's system; unique per channel."
    )
    note: Note | None = Field(None, description="A note for people.")


@dataclass(frozen=True)
class _Agreement:
    """A locked contract with its lines and products by id."""

    contract: Contract
    lines: Mapping[UUID, ContractLine]
    products: Mapping[UUID, Product]


async def call_off(writing: Writing, command: ContractCallOff) -> Outcome:
    """Draw on a contract under its lock; where the channel demands approval, it waits for that.

    Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE, PARTY_MISMATCH, OUTSIDE_VALIDITY (K3),
    NOT_ON_CONTRACT, UNIT_MISMATCH (K9), SCALE_EXCEEDED, LOT_MULTIPLE, BELOW_MINIMUM, EXCEEDS_MAX
    (K1), NOTICE_TOO_SHORT, RELEASE_OUTDATED, INVALID without a window, DUPLICATE, TAKEN.
    """
    locked = await writing.lock(Contract, {command.contract_id: ("contract_id",)})
    contract = locked[command.contract_id]
    _check_contract(writing, contract, command)
    channel = await _channel(writing, command)
    drafts = await _drafts(writing, await _agreement(writing, contract), command)
    draft = await _draft(writing, contract, channel, command, drafts)
    drawn = _sums(drafts)
    await counters.move(writing, {key: {"called_off": total} for key, total in drawn.items()})
    (order,) = await create(writing, [draft])
    told = {str(key): str(total) for key, total in drawn.items()}
    writing.record(
        Aggregate.CONTRACT, contract.id, "contract.called_off", order_id=order.id, lines=told
    )
    return {"order_id": order.id, "contract_id": contract.id}


def _check_contract(writing: Writing, contract: Contract, command: ContractCallOff) -> None:
    check_in_force(contract, ("contract_id",))
    if command.party_id not in {None, contract.party_id}:
        text = f"The contract {contract.number} is with another party."
        raise Refused(Code.PARTY_MISMATCH, text, ("party_id",))
    if not contract.is_valid_on(contract.day(writing.now)):
        raise _outside(contract, ("contract_id",))


def _outside(contract: Contract, path: Path) -> Refused:
    text = f"{contract.number} is valid from {contract.valid_from} to {contract.valid_to}."
    return Refused(Code.OUTSIDE_VALIDITY, text, path)


async def _channel(writing: Writing, command: ContractCallOff) -> Channel:
    """Refused: NOT_FOUND, WRONG_STATE, TAKEN for an external reference of the channel."""
    path = ("channel_id",)
    channel = (await writing.get(Channel, {command.channel_id: path}))[command.channel_id]
    if not channel.is_active:
        raise Refused(Code.WRONG_STATE, f"{channel.code} is not active.", path)
    reference = command.external_reference
    if reference and await taken(writing, [channel.id], [reference]):
        text = f"The channel {channel.code} has an order {reference} already."
        raise Refused(Code.TAKEN, text, ("external_reference",))
    return channel


async def _agreement(writing: Writing, contract: Contract) -> _Agreement:
    rows = writing.seen(ContractLine).where(ContractLine.contract_id == contract.id)
    lines = {line.id: line for line in await writing.all(rows)}
    products = await products_of(writing, {line.product_id: () for line in lines.values()})
    return _Agreement(contract, lines, products)


async def _drafts(
    writing: Writing, agreement: _Agreement, command: ContractCallOff
) -> list[LineDraft]:
    """Return the lines of the order to be. Refused: everything that is wrong, line by line."""
    refuse_duplicates((it.external_reference for it in command.lines), ("lines",))
    same = ((it.contract_line_id, it.window, it.schedule_line_id) for it in command.lines)
    refuse_duplicates(same, ("lines",), "contract_line_id")
    drafts, problems = [], list[Problem]()
    for place, line in enumerate(command.lines):
        try:
            drafts.append(_line(writing, agreement, command, line))
        except Refused as refused:
            problems += [it.below(("lines", place)) for it in refused.problems]
    if not problems:
        problems += _limits(agreement, drafts)
    if problems:
        raise Refused.of(problems)
    await _check_schedule(writing, command)
    return drafts


def _line(
    writing: Writing, agreement: _Agreement, command: ContractCallOff, given: CallOffLine
) -> LineDraft:
    """Return one line of the order to be. Refused: with paths inside the line."""
    line = agreement.lines.get(given.contract_line_id)
    if line is None:
        text = f"This is no line of {agreement.contract.number}."
        raise Refused(Code.NOT_ON_CONTRACT, text, ("contract_line_id",))
    product = agreement.products[line.product_id]
    quantity = _quantity(given, line, product)
    window = given.window or command.window
    if window is None:
        text = "Say when this is to arrive, here or for the whole call-off."
        raise Refused(Code.INVALID, text, ("window",))
    _check_window(writing, agreement.contract, window)
    return LineDraft(
        product,
        quantity,
        line.unit_price,
        window=given.window,
        external_reference=given.external_reference,
        contract_line_id=line.id,
        schedule_line_id=given.schedule_line_id,
    )


def _quantity(given: CallOffLine, line: ContractLine, product: Product) -> Decimal:
    """Return the quantity in the contract's unit, which is the product's (K9)."""
    quantity = product.counted(given.quantity, given.unit or product.unit)
    if quantity is None:
        text = f"{product.sku} is agreed in {product.unit.value}."
        raise Refused(Code.UNIT_MISMATCH, text, ("unit",))
    check_scale(product, quantity, ("quantity",))
    if line.lot_multiple is not None and quantity % line.lot_multiple != 0:
        text = f"{product.sku} comes in multiples of {line.lot_multiple.normalize():f}."
        raise Refused(Code.LOT_MULTIPLE, text, ("quantity",))
    return quantity


def _check_window(writing: Writing, contract: Contract, window: Window) -> None:
    """Refused: INVALID_WINDOW, OUTSIDE_VALIDITY (K3), NOTICE_TOO_SHORT; days at the contract."""
    first, last = contract.day(window.earliest), contract.day(window.latest)
    if window.latest <= writing.now:
        raise Refused(Code.INVALID_WINDOW, "This window has passed.", ("window", "latest"))
    if not (contract.is_valid_on(first) and contract.is_valid_on(last)):
        raise _outside(contract, ("window",))
    notice = timedelta(days=contract.min_notice_days)
    if notice and first < contract.day(writing.now) + notice:
        text = f"{contract.number} asks for {contract.min_notice_days} days of notice."
        raise Refused(Code.NOTICE_TOO_SHORT, text, ("window", "earliest"))


def _sums(drafts: Sequence[LineDraft]) -> dict[UUID, Decimal]:
    """Return contract line id -> what is called off of it in all."""
    sums: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for draft in drafts:
        if draft.contract_line_id is not None:
            sums[draft.contract_line_id] += draft.quantity
    return dict(sums)


def _limits(agreement: _Agreement, drafts: Sequence[LineDraft]) -> Iterator[Problem]:
    """Yield what is too little or too much; told at the last line that draws on the same."""
    places = {draft.contract_line_id: place for place, draft in enumerate(drafts)}
    for line_id, total in _sums(drafts).items():
        line, path = agreement.lines[line_id], ("lines", places[line_id], "quantity")
        least, most = line.min_per_call_off, line.max_per_call_off
        left = line.ceiling - line.called_off
        if least is not None and total < least:
            text = f"The least of one call-off is {least.normalize():f}."
            yield Problem(Code.BELOW_MINIMUM, text, path)
        if most is not None and total > most:
            text = f"The most of one call-off is {most.normalize():f}."
            yield Problem(Code.EXCEEDS_MAX, text, path)
        if total > left:
            text = f"Only {left.normalize():f} can still be called off."
            yield Problem(Code.EXCEEDS_MAX, text, path)


async def _check_schedule(writing: Writing, command: ContractCallOff) -> None:
    """Refused: NOT_FOUND for another line's schedule, RELEASE_OUTDATED for a superseded one."""
    keys = {it.schedule_line_id for it in command.lines if it.schedule_line_id is not None}
    found = await writing.by_key(ScheduleLine, "id", keys)
    releases = await writing.by_key(Release, "id", {it.release_id for it in found.values()})
    for place, it in enumerate(command.lines):
        if it.schedule_line_id is None:
            continue
        path = ("lines", place, "schedule_line_id")
        scheduled = found.get(it.schedule_line_id)
        release = None if scheduled is None else releases[scheduled.release_id]
        if release is None or release.contract_line_id != it.contract_line_id:
            raise missing(ScheduleLine, path)
        if release.state is not ReleaseState.ACTIVE:
            text = f"Release {release.release_no} was superseded."
            raise Refused(Code.RELEASE_OUTDATED, text, path)


async def _draft(
    writing: Writing,
    contract: Contract,
    channel: Channel,
    command: ContractCallOff,
    lines: Sequence[LineDraft],
) -> Draft:
    address = await _ship_to(writing, contract, command)
    await _check_contact(writing, contract, command)
    state = OrderState.PENDING_APPROVAL if channel.approval_required else OrderState.CONFIRMED
    return Draft(
        channel_id=channel.id,
        currency=contract.currency,
        placed_at=writing.now,
        lines=lines,
        kind=OrderKind.CALL_OFF,
        state=state,
        party_id=contract.party_id,
        buyer_contact_id=command.buyer_contact_id,
        contract_id=contract.id,
        purchase_order_number=command.purchase_order_number,
        external_reference=command.external_reference,
        ship_to_id=None if address is None else address.id,
        ship_to=None if address is None else Place(**address.place),
        recipient=command.recipient,
        window=command.window,
        note=command.note,
    )


async def _ship_to(
    writing: Writing, contract: Contract, command: ContractCallOff
) -> Address | None:
    """Return where it goes; a contract without addresses allows all of the party's.

    Refused: NOT_ON_CONTRACT for an address that the contract does not list, NOT_FOUND.
    """
    agreed, wanted, path = contract.ship_to_ids, command.ship_to_id, ("ship_to_id",)
    if agreed and wanted is not None and wanted not in agreed:
        text = f"{contract.number} does not list this address."
        raise Refused(Code.NOT_ON_CONTRACT, text, path)
    return await ship_to(writing, contract.party_id, wanted or next(iter(agreed), None), path)


async def _check_contact(writing: Writing, contract: Contract, command: ContractCallOff) -> None:
    """Refused: NOT_FOUND, PARTY_MISMATCH for a contact of another party."""
    key = command.buyer_contact_id
    if key is None:
        return
    path = ("buyer_contact_id",)
    if (await writing.get(Contact, {key: path}))[key].party_id != contract.party_id:
        raise Refused(Code.PARTY_MISMATCH, "This is a contact of another party.", path)
