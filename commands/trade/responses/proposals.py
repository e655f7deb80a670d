"""Another window for an order: its customer proposes it, the merchant answers."""

from typing import Any

from pydantic import Field

from commands.trade.contracts.times import AgreedPlace, Window, check_ahead
from commands.trade.orders.drafts import window_columns
from commands.trade.orders.lines import lines_of
from commands.trade.orders.states import VersionedOrderCommand, locked
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import Note
from models.events.trade.orders import (
    OrderProposalAnswered,
    OrderWindowOverridden,
    OrderWindowProposed,
)
from models.master.channels import Channel
from models.master.parties import Address
from models.trade.codes import TradeCode
from models.trade.contracts.states import TimeRule
from models.trade.orders import acts
from models.trade.orders.states import OrderKind, ProposalAnswer
from models.trade.orders.tables import Order


class OrderProposeWindow(VersionedOrderCommand):
    """Another window for an order."""

    window: Window = Field(description="When it is to arrive instead.")
    reason: Note | None = Field(
        None,
        description="Why, for the merchant. It must be said of a window outside of the address's"
        " receiving hours; who accepts that says why, too.",
    )


class OrderAnswerProposal(VersionedOrderCommand):
    """The answer to a window that was proposed."""

    answer: ProposalAnswer = Field(description="Whether it is the order's window from now on.")
    reason: Note | None = Field(None, description="Why, for the customer.")
    window_override: Note | None = Field(
        None,
        description="Why it may lie outside of the address's receiving hours; shown to the"
        " customer.",
    )


@verb(
    acts.PROPOSE_WINDOW,
    "Propose another window for an order, not a call-off, of which something is in no delivery,"
    " where its channel lets those who order over it do so. Nothing changes until the merchant"
    " answers (`orderAnswerProposal`); a later proposal takes the place of one that waits.",
)
async def propose(writing: Writing, command: OrderProposeWindow) -> Outcome:
    """Keep what is proposed, until it is answered.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, NOT_ALLOWED for a call-off and where its
    channel does not let its customers propose, QUANTITY_NOT_OPEN when deliveries have taken all,
    INVALID_WINDOW for one that has passed (D15), OUTSIDE_RECEIVING_HOURS (D6).
    """
    order = await locked(writing, command, propose)
    await _check_may(writing, order)
    why = {"override": command.reason, "says_why": "reason"}
    await _broken(writing, order, command.window, (), **why)
    for name, value in window_columns(command.window, "proposed").items():
        setattr(order, name, value)
    order.proposal_reason = command.reason
    order.proposal_answer = order.proposal_answer_reason = None
    order.version += 1
    window = command.window
    writing.record(OrderWindowProposed(order.id, earliest=window.earliest, latest=window.latest))
    return {"order_id": order.id}


@verb(
    acts.ANSWER_PROPOSAL,
    "Accept or decline the window that an order's customer has proposed. What is accepted is the"
    " order's window, wanted and promised, for all lines without one of their own; deliveries that"
    " are planned stay as they are.",
)
async def answer(writing: Writing, command: OrderAnswerProposal) -> Outcome:
    """Make a proposed window the order's, or leave the order as it is.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE also where nothing waits for an answer;
    INVALID_WINDOW for one that has passed meanwhile (D15), OUTSIDE_RECEIVING_HOURS (D6).
    """
    order = await locked(writing, command, answer)
    if not acts.PROPOSED.test(writing, order):
        text = f"No window is proposed for {order.number} that waits for its answer."
        raise Refused(Code.WRONG_STATE, text, ("order_id",))
    if command.answer is ProposalAnswer.ACCEPTED:
        await _accept(writing, order, command)
    order.proposal_answer, order.proposal_answer_reason = command.answer, command.reason
    order.version += 1
    writing.record(OrderProposalAnswered(order.id, answer=command.answer))
    return {"order_id": order.id}


async def _accept(writing: Writing, order: Order, command: OrderAnswerProposal) -> None:
    """Make the proposed window the order's. Refused: INVALID_WINDOW, OUTSIDE_RECEIVING_HOURS."""
    kept = (order.proposed_earliest, order.proposed_latest, order.proposed_zone)
    names = ("earliest", "latest", "timeZone")
    window = Window.model_validate(dict(zip(names, kept, strict=True)))
    why = {"override": command.window_override}
    broken = await _broken(writing, order, window, ("answer",), **why)
    if command.window_override is not None:
        order.window_override = command.window_override
    if broken:
        writing.record(OrderWindowOverridden(order.id, rules=tuple(sorted(broken))))
    for prefix in ("window", "confirmed"):
        for name, value in window_columns(window, prefix).items():
            setattr(order, name, value)
    order.confirmed_overridden = command.window_override is not None


async def _broken(
    writing: Writing, order: Order, window: Window, path: Path, **why: Any
) -> frozenset[TimeRule]:
    """Return the rules that a window breaks since somebody says why (fields of `AgreedPlace`).

    path: of what has it.

    Refused: INVALID_WINDOW for one that has passed (D15), OUTSIDE_RECEIVING_HOURS (D6).
    """
    addresses = await writing.for_all().by_key(Address, "id", {order.ship_to_id} - {None})
    address = addresses.get(order.ship_to_id)
    place = AgreedPlace(address, **why, not_by=order.cancel_if_not_by)
    refusals, broken = Refusals(), frozenset[TimeRule]()
    with refusals:
        check_ahead(writing, window, path)
    with refusals:
        broken = place.check(window, path or ("window",))
    refusals.end()
    return broken


async def _check_may(writing: Writing, order: Order) -> None:
    """Refused: NOT_ALLOWED, QUANTITY_NOT_OPEN."""
    (channel,) = await writing.for_all().records(Channel, "id", [order.channel_id])
    why = None if channel.reschedulable else f"The channel {channel.code} lets nobody propose that"
    if order.kind is OrderKind.CALL_OFF:
        why = f"{order.number} is a call-off"
    if why is not None:
        text = f"{why}: the merchant says when it comes (`orderConfirm`, `deliveryReschedule`)."
        raise Refused(Code.NOT_ALLOWED, text, ("order_id",))
    lines = (await lines_of(writing, [order.id])).values()
    if not any(it.unplanned > 0 for it in lines):
        text = f"Deliveries have taken all of {order.number}."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, ("order_id",))
