"""Calling off: an order at the price of a contract, with its planned deliveries."""

from collections.abc import Sequence
from dataclasses import replace

from commands.fulfilment.call_offs.inputs import ContractCallOff
from commands.fulfilment.call_offs.lines import agreement_of, drafts_of, sums
from commands.fulfilment.call_offs.parts import check_parts, check_unplanned, plan_parts
from commands.master.channels import check_channel
from commands.master.parties.roles import HeldParty, check_role, held
from commands.master.parties.upsert import ship_to
from commands.trade.contracts import counters
from commands.trade.contracts.life import check_in_force
from commands.trade.contracts.times import AgreedPlace, Window, check_listed, outside
from commands.trade.orders.approvals import awaited
from commands.trade.orders.drafts import Draft, LineDraft, create
from commands.trade.orders.references import check_free
from commands.writing.transaction import Outcome, Writing, check_remembered, missing
from commands.writing.verbs import verb
from kit.errors import Path, Refusals, Refused
from kit.inputs import Place
from models.events.trade.contracts import ContractCalledOff
from models.events.trade.orders import OrderWindowOverridden
from models.master.channels import Channel
from models.master.parties import Address, Contact, PartyRole
from models.trade.codes import TradeCode
from models.trade.contracts import acts
from models.trade.contracts.states import TimeRule
from models.trade.contracts.tables import Contract
from models.trade.orders.states import OrderKind


@verb(
    acts.CALL_OFF,
    "Draw on a contract: place an order of kind CALL_OFF at the contract's prices, and plan its"
    " deliveries.",
)
async def place(writing: Writing, command: ContractCallOff) -> Outcome:
    """Draw on a contract under its lock; where approval is demanded, the order waits for it.

    Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE, NOT_ALLOWED for a channel,
    PARTY_MISMATCH, OUTSIDE_VALIDITY (K3), NOT_ON_CONTRACT, UNIT_MISMATCH (K9), SCALE_EXCEEDED,
    LOT_MULTIPLE, BELOW_MINIMUM, EXCEEDS_MAX (K1), NOTICE_TOO_SHORT, PRICE_CHANGED,
    RELEASE_OUTDATED, INVALID without a window, INVALID_WINDOW, OUTSIDE_RECEIVING_HOURS (D6),
    DUPLICATE, TAKEN, INVALID for a party that is no customer (R1), and for its
    deliveries what `deliveryPlan` refuses.
    """
    locked = await writing.lock(Contract, {command.contract_id: ("contract_id",)})
    contract = locked[command.contract_id]
    draft, overridden = await _checked(writing, contract, command)
    drawn = sums(draft.lines)
    await counters.move(writing, {key: {"called_off": total} for key, total in drawn.items()})
    planned = sum(len(part.lines) for part in command.deliveries)
    (order_id,) = await create(writing, [draft], after=planned)
    if overridden:
        writing.record(OrderWindowOverridden(order_id, rules=tuple(sorted(overridden))))
    delivery_ids = await plan_parts(writing, order_id, command, waits=bool(draft.awaiting))
    writing.record(ContractCalledOff(contract.id, order_id=order_id, lines=drawn))
    return {"order_id": order_id, "contract_id": contract.id, "delivery_ids": delivery_ids}


async def _checked(
    writing: Writing, contract: Contract, command: ContractCallOff
) -> tuple[Draft, frozenset[TimeRule]]:
    """Return the order to be, and the rules that its windows override. Refused: as `place`."""
    (party,) = await held(writing, {"id": [contract.party_id]})
    refusals, address = Refusals(), None
    with refusals:
        _check_contract(writing, contract, party, command)
    channels = await writing.by_key(Channel, "id", [command.channel_id])
    with refusals:
        await _check_channel(writing, channels.get(command.channel_id), party, command)
    with refusals:
        check_parts(writing, contract, command)
    with refusals:
        agreement = await agreement_of(writing, contract, command.lines)
        drafts = await drafts_of(writing, agreement, command)
    with refusals:
        address = await _ship_to(writing, contract, command)
        overridden = _check_hours(AgreedPlace(address, override=command.window_override), command)
    with refusals:
        await _check_contact(writing, contract, command)
    with refusals:
        if refusals.problems:
            channel = channels.get(command.channel_id)
            await check_unplanned(writing, command, channel, party, address)
    refusals.end()
    draft = _draft(writing, contract, command, drafts, address)
    waits = await awaited(writing, channels[command.channel_id], party, draft)
    return replace(draft, awaiting=waits), overridden


def _check_contract(
    writing: Writing, contract: Contract, party: HeldParty, command: ContractCallOff
) -> None:
    """Check what is called off from. party: with whom it is agreed. Refused: as `place`."""
    path: Path = ("contract_id",)
    refusals = Refusals()
    with refusals:
        check_in_force(contract, path)
        if not acts.VALID.test(writing, contract):
            raise outside(contract, path)
    with refusals:
        if command.party_id not in {None, contract.party_id}:
            text = f"The contract {contract.number} is with another party."
            raise Refused(TradeCode.PARTY_MISMATCH, text, ("party_id",))
    with refusals:
        check_role(party, PartyRole.CUSTOMER, path)
    refusals.end()


def _check_hours(arrival: AgreedPlace, command: ContractCallOff) -> frozenset[TimeRule]:
    """Return the rules that its windows override. Refused: OUTSIDE_RECEIVING_HOURS (D6)."""
    windows: list[tuple[Path, Window | None]] = [(("window",), command.window)]
    windows += [(("lines", i, "window"), it.window) for i, it in enumerate(command.lines)]
    refusals, found = Refusals(), set[TimeRule]()
    for path, window in windows:
        with refusals:
            if window is not None:
                found |= arrival.check(window, path)
    refusals.end()
    return frozenset(found)


async def _check_channel(
    writing: Writing, channel: Channel | None, party: HeldParty, command: ContractCallOff
) -> None:
    """Refused: NOT_FOUND, as `check_channel`, and TAKEN for its reference there."""
    if channel is None:
        raise missing(Channel, ("channel_id",))
    check_channel(writing, channel, party)
    await check_free(writing, channel.id, party.id, command)


def _draft(
    writing: Writing,
    contract: Contract,
    command: ContractCallOff,
    lines: Sequence[LineDraft],
    address: Address | None,
) -> Draft:
    return Draft(
        channel_id=command.channel_id,
        currency=contract.currency,
        placed_at=writing.now,
        lines=lines,
        kind=OrderKind.CALL_OFF,
        party_id=contract.party_id,
        buyer_contact_id=command.buyer_contact_id or writing.viewer.contact_id,
        contract_id=contract.id,
        purchase_order_number=command.purchase_order_number,
        external_reference=command.external_reference,
        ship_to_id=None if address is None else address.id,
        ship_to=None if address is None else Place(**address.place),
        recipient=command.recipient,
        window=command.window,
        window_override=command.window_override,
        note=command.note,
    )


async def _ship_to(
    writing: Writing, contract: Contract, command: ContractCallOff
) -> Address | None:
    """Return where it goes; a contract without addresses allows all of the party's.

    Refused: NOT_ON_CONTRACT, NOT_FOUND.
    """
    path: Path = ("ship_to_id",)
    if command.ship_to_id is not None:
        check_listed(contract, command.ship_to_id, path)
    wanted = command.ship_to_id or next(iter(contract.ship_to_ids), None)
    return await ship_to(writing, contract.party_id, wanted, path)


async def _check_contact(writing: Writing, contract: Contract, command: ContractCallOff) -> None:
    """Refused: NOT_FOUND, PARTY_MISMATCH for another party's contact, WRONG_STATE if forgotten."""
    key = command.buyer_contact_id
    if key is None:
        return
    path = ("buyer_contact_id",)
    contact = (await writing.get(Contact, {key: path}))[key]
    if contact.party_id != contract.party_id:
        raise Refused(TradeCode.PARTY_MISMATCH, "This is a contact of another party.", path)
    check_remembered(contact, path)
