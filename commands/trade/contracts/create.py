"""Making a contract: a draft with its lines, not yet in force."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import packagings_of
from commands.master.parties.roles import check_role, held
from commands.trade.contracts.guarantees import (
    LONGEST_DAYS,
    Agreed,
    counts_of,
    guarantee_of,
    write_guarantees,
)
from commands.trade.contracts.lines import ContractLineCreate, add, terms_of
from commands.trade.contracts.routes import ShippingRoute, route_columns
from commands.trade.contracts.times import check_validity
from commands.writing.counters import numbers
from commands.writing.transaction import Outcome, Writing, check_known
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import Names, new_id
from kit.inputs import (
    LARGEST_BULK,
    Bulk,
    Command,
    Currency,
    Day,
    Note,
    Percent,
    Reference,
    Zone,
    refuse_duplicates,
)
from models.access.keys import CounterName
from models.access.viewers import Scope
from models.base.acts import Transition
from models.events.trade.contracts import ContractCreated
from models.master.catalog import Product
from models.master.parties import Address, Party, PartyRole
from models.trade.contracts.findings import USUAL_JUMP, USUALLY_HOLDING, FindingCode
from models.trade.contracts.states import ContractState, EndOfLife, ReservationStrategy
from models.trade.contracts.tables import Contract

AddressId = Annotated[UUID, Names("Address")]
_CREATE = Transition(Scope.CONTRACTS_WRITE, becomes=ContractState.DRAFT)


class ContractCreate(Command):
    """A call-off contract with one party."""

    party_id: Annotated[UUID, Names("Party")] = Field(description="With whom it is agreed.")
    number: Reference | None = Field(
        None, description="The merchant's own number; taken from the counter when left out."
    )
    purchase_order_number: Reference | None = Field(
        None, description="The customer's number of this contract (EDIFACT RFF BO or CT)."
    )
    ship_to_ids: list[AddressId] = Field(
        [],
        max_length=LARGEST_BULK,
        description="Addresses of the party that may be delivered to; the first is the default.",
    )
    valid_from: Day = Field(description="First day of validity.")
    valid_to: Day = Field(description="Last day of validity; not before the first.")
    time_zone: Zone = Field(description="IANA time zone in which the days of validity are counted.")
    currency: Currency = Field(description="Currency of all prices.")
    terms: Note | None = Field(None, description="What else was agreed, for people.")
    reservation_strategy: ReservationStrategy = Field(
        ReservationStrategy.AT_CALL_OFF, description="When goods are set aside for it."
    )
    priority_on: Day | None = Field(
        None, description="Day by which it queues for goods; `validFrom` when left out."
    )
    end_of_life: EndOfLife = Field(
        EndOfLife.EXPIRE, description="What happens to what was not called off when it ends."
    )
    min_notice_days: int = Field(
        0, ge=0, le=LONGEST_DAYS, description="Days between a call-off and its first delivery."
    )
    firm_zone_days: int = Field(
        0, ge=0, le=LONGEST_DAYS, description="Days ahead in which firm quantities only rise."
    )
    trade_off_days: int = Field(
        0, ge=0, le=LONGEST_DAYS, description="Days ahead in which material is bought already."
    )
    holding_findings: list[FindingCode] = Field(
        list(USUALLY_HOLDING),
        max_length=LARGEST_BULK,
        description="What of its releases waits for consent where it is found; all else informs."
        f" When left out: {', '.join(USUALLY_HOLDING)}.",
    )
    jump_percent: Percent = Field(
        Decimal(USUAL_JUMP), description="Percent by which what is wanted may change unnoticed."
    )
    route: ShippingRoute | None = Field(None, description="How its goods go as a rule.")
    lines: Bulk[ContractLineCreate] = Field(
        description="What is agreed; two lines may name one product (price steps, places)."
    )


@verb(
    _CREATE,
    "Create a contract with its lines, as a DRAFT.",
)
async def create(writing: Writing, command: ContractCreate) -> Outcome:
    """Write a contract in state DRAFT with its lines numbered from 1.

    Refused: NOT_FOUND for the party, an address of another one, a product, or what its route names;
    INVALID for a party that is no customer, and a carrier that is none; INVALID_DATE when it would
    end before it starts; DUPLICATE for an address or a finding that is named twice; TAKEN for the
    number; WRONG_STATE for an inactive product or packaging; SCALE_EXCEEDED for a quantity;
    OUT_OF_RANGE where quantities contradict each other, and INVALID where a guarantee does.
    """
    refusals = Refusals()
    with refusals:
        parties = {it.id: it for it in await held(writing, {"id": [command.party_id]})}
        check_known(Party, parties, [(command.party_id, ("party_id",))])
        with refusals:
            check_role(parties[command.party_id], PartyRole.CUSTOMER, ("party_id",))
        await check_ship_tos(writing, command.party_id, command.ship_to_ids)
    with refusals:
        refuse_duplicates(command.holding_findings, ("holding_findings",))
    with refusals:
        check_validity(command.valid_from, command.valid_to, ("valid_to",))
    with refusals:
        await _check_number(writing, command.number)
    with refusals:
        route = await route_columns(writing, command.route)
    with refusals:
        terms, promises = await _agreed(writing, command)
    refusals.end()
    contract = await _contract(writing, command, route)
    guarantees = await write_guarantees(writing, contract, promises)
    for line_no, each in enumerate(zip(terms, guarantees, strict=True), 1):
        add(writing, contract, line_no, *each)
    await writing.session.flush()
    writing.record(ContractCreated(contract.id, lines=len(command.lines)))
    return {"contract_id": contract.id}


async def _agreed(
    writing: Writing, command: ContractCreate
) -> tuple[list[dict[str, Any]], list[Agreed | None]]:
    """Return the columns of the lines, and what is guaranteed of each. Refused: as `create`."""
    products = await writing.by_key(Product, "id", [it.product_id for it in command.lines])
    named = (each for it in command.lines for each in counts_of(it.product_id, it))
    packagings, terms, promises = await packagings_of(writing, named), [], []
    refusals, guaranteed = Refusals(), command.currency
    for place, line in enumerate(command.lines):
        path: Path = ("lines", place)
        with refusals:
            check_known(Product, products, [(line.product_id, (*path, "product_id"))])
            product = products[line.product_id]
            with refusals:
                terms.append(terms_of(line, product, packagings, path))
            promises.append(guarantee_of(line.guarantee, guaranteed, product, packagings, path))
    refusals.end()
    return terms, promises


async def check_ship_tos(writing: Writing, party_id: UUID, addresses: Sequence[UUID]) -> None:
    """Refused: NOT_FOUND for an address that is not the party's, DUPLICATE."""
    refusals = Refusals()
    with refusals:
        refuse_duplicates(addresses, ("ship_to_ids",))
    found = await writing.by_key(Address, "id", addresses)
    own = {key for key, it in found.items() if it.party_id == party_id}
    with refusals:
        check_known(Address, own, [(key, ("ship_to_ids", i)) for i, key in enumerate(addresses)])
    refusals.end()


async def _contract(
    writing: Writing, command: ContractCreate, route: Mapping[str, Any]
) -> Contract:
    own = {"idempotency_key", "number", "lines", "route"}
    values: dict[str, Any] = command.model_dump(exclude=own)
    contract = Contract(
        **values | {"priority_on": command.priority_on or command.valid_from},
        **route,
        merchant_id=writing.viewer.merchant_id,
        id=new_id(),
        number=command.number or await _free_number(writing),
        state=_CREATE.becomes,
        created_at=writing.now,
    )
    writing.session.add(contract)
    await writing.session.flush()
    return contract


async def _check_number(writing: Writing, wanted: str | None) -> None:
    """Refused: TAKEN."""
    if wanted is not None and await writing.by_key(Contract, "number", [wanted]):
        raise Refused(Code.TAKEN, f"There is a contract {wanted} already.", ("number",))


async def _free_number(writing: Writing) -> str:
    """Return the next number of the counter that nobody gave by hand."""
    while True:
        (number,) = await numbers(writing, CounterName.CONTRACT, 1)
        if not await writing.by_key(Contract, "number", [number]):
            return number
