"""The lines of a contract: what they agree on, checked alike when they are made and changed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, Any, NoReturn
from uuid import UUID

from pydantic import Field

from commands.master.catalog import check_active
from commands.master.packagings.counting import (
    Packagings,
    Quantified,
    check_used,
    columns_of,
)
from commands.trade.contracts.guarantees import SupplyGuarantee
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Problem, Refused
from kit.ids import Names, new_id
from kit.inputs import ExactAmount, Percent, Quantity, QuantityOrZero
from kit.standards.money import plain
from models.base.guards import guards
from models.master.catalog import Product, measure_of
from models.trade.codes import TradeCode
from models.trade.contracts.tables import AGREED_QUANTITIES, Contract, ContractLine


class ContractLineCreate(Quantified):
    """One product of a contract; quantities in the product's unit and scale or in `packaging`."""

    product_id: Annotated[UUID, Names("Product")] = Field(description="What is agreed.")
    target_quantity: Quantity = Field(
        description="How much is agreed for the whole validity; of a contract that is taken over"
        " (`accountsOpen`), what is left of it: what was issued before is no call-off."
    )
    min_quantity: QuantityOrZero | None = Field(
        None, description="The least that must be called off; at most the target (minimum take)."
    )
    max_quantity: Quantity | None = Field(
        None, description="The most that may be called off; the target when left out."
    )
    over_tolerance_percent: Percent = Field(
        Decimal(0),
        description="Percent of the agreed maximum that may be called off beyond it;"
        " 0 when left out.",
    )
    under_tolerance_percent: Percent = Field(
        Decimal(0), description="Percent by which the minimum may be missed; 0 when left out."
    )
    lot_multiple: Quantity | None = Field(
        None, description="Every called-off quantity is a multiple of this (EDIFACT QTY 251)."
    )
    min_per_call_off: Quantity | None = Field(
        None, description="The least of this line in one call-off (EDIFACT QTY 53)."
    )
    max_per_call_off: Quantity | None = Field(
        None, description="The most of this line in one call-off (EDIFACT QTY 54)."
    )
    unit_price: ExactAmount = Field(description="Price of one unit, in the contract's currency.")
    guarantee: SupplyGuarantee | None = Field(
        None, description="What is guaranteed of its supply; nothing when left out."
    )


async def products_of(writing: Writing, wanted: Mapping[UUID, Path]) -> dict[UUID, Product]:
    """Return id -> product. wanted: id -> path. Refused: NOT_FOUND."""
    return await writing.get(Product, wanted)


def terms_of(
    line: ContractLineCreate, product: Product, packagings: Packagings, path: Path
) -> dict[str, Any]:
    """Return the columns that a new line agrees on; path: of the line.

    Refused: WRONG_STATE for an inactive product or packaging, OUT_OF_RANGE where quantities
    contradict each other, and as `Packagings`.
    """
    check_active(product, (*path, "product_id"))
    stated = line.model_dump(exclude={"packaging", "guarantee", "product_id"})
    terms = stated | counted_quantities(line, product, packagings, path)
    check_used(packagings.named(product.id, line), (*path, "packaging"))
    agreed = {**terms, **measure_of(product)}
    as_agreed = ContractLine(called_off=Decimal(0), **agreed)
    check_agreed_terms(as_agreed, path, line.model_fields_set)
    reachable(as_agreed, path, line.model_fields_set)
    return agreed


def counted_quantities(
    item: Quantified, product: Product, packagings: Packagings, path: Path
) -> dict[str, Any]:
    """Return the quantities that an input gives, in the product's unit, and how they were counted.

    What is emptied is counted in nothing. Refused: as `Packagings`.
    """
    found: dict[str, Any] = {}
    for name, prefix in AGREED_QUANTITIES.items():
        if getattr(item, name) is not None:
            quantity = packagings(product, item, name, path)
            found |= {name: quantity.amount, **columns_of(quantity.packaging, prefix)}
        elif name in item.model_fields_set:
            found |= columns_of(None, prefix)
    return found


@guards("K1")
def check_agreed_terms(line: ContractLine, path: Path, sent: Collection[str]) -> None:
    """Check what a line agrees on, as it would stand after the command; path: of the line.

    sent: the fields that say so, of which those are told that a rule is about.

    Refused: OUT_OF_RANGE where quantities contradict each other, EXCEEDS_MAX when more than the
    ceiling has been called off already.
    """
    problems = [
        Problem(Code.OUT_OF_RANGE, message, (*path, _first(names, sent)))
        for names, message in _contradictions(line)
    ]
    if problems:
        raise Refused.of(problems)
    if line.called_off > line.ceiling:
        refuse_less(line, path, sent)


def refuse_less(line: ContractLine, path: Path, sent: Collection[str]) -> NoReturn:
    """Refused: EXCEEDS_MAX, since more is called off than would be agreed; as above."""
    text = f"{line.called_off.normalize():f} of this line is called off already."
    most = ("max_quantity",) if line.max_quantity else ("max_quantity", "target_quantity")
    name = _first((*most, "over_tolerance_percent"), sent)
    raise Refused(TradeCode.EXCEEDS_MAX, text, (*path, name))


def _first(names: Sequence[str], sent: Collection[str]) -> str:
    """Return the first of several fields that was sent."""
    return next((it for it in names if it in sent), names[0])


def _contradictions(line: ContractLine) -> Iterator[tuple[Sequence[str], str]]:
    """Yield (fields, message) for every pair of quantities that contradict each other."""
    target, least, most = line.target_quantity, line.min_quantity, line.max_quantity
    if least is not None and least > target:
        yield ("min_quantity", "target_quantity"), "The minimum is at most the target."
    if most is not None and most < target:
        yield ("max_quantity", "target_quantity"), "The maximum is at least the target."
    smallest, largest = line.min_per_call_off, line.max_per_call_off
    if smallest is not None and largest is not None and smallest > largest:
        names = ("max_per_call_off", "min_per_call_off")
        yield names, "The largest call-off is at least the smallest."


SIZES = (
    *("lot_multiple", "min_per_call_off", "max_per_call_off", "max_quantity", "target_quantity"),
    *("under_tolerance_percent", "over_tolerance_percent"),
)
"""Beside the minimum, what says whether call-offs reach it."""


@guards("K13")
def reachable(line: ContractLine, path: Path, sent: Collection[str]) -> None:
    """Look whether call-offs of the agreed sizes can bring what is owed of a line, and fit in.

    Both of all of the line, since what is called off may be given back, and of what is left of it.
    Where nothing is owed they bring something of the line at least. path: of the line, as it would
    stand after the command; sent: the fields that say so. Refused: OUT_OF_RANGE.
    """
    step = line.lot_multiple or Decimal(1).scaleb(-line.scale)
    wanted = line.owed
    if _fits(line, step, max(wanted, step), line.ceiling):
        wanted -= line.called_off
        if wanted <= 0 or _fits(line, step, wanted, line.ceiling - line.called_off):
            return
    text = "Call-offs of the agreed sizes bring nothing of this line."
    if wanted > 0:
        text = f"Call-offs of the agreed sizes do not reach {wanted.normalize():f} of this line."
    names = ("min_quantity", *SIZES) if line.min_quantity else SIZES
    raise Refused(Code.OUT_OF_RANGE, text, (*path, _first(names, sent)))


def _fits(line: ContractLine, step: Decimal, wanted: Decimal, within: Decimal) -> bool:
    """Tell whether call-offs of the agreed sizes bring what is wanted within what is left.

    The fewest that bring it are also those that take least room: each takes at least the smallest
    size.
    """
    room = _whole(within, step, ROUND_FLOOR)
    smallest = max(_whole(line.min_per_call_off or step, step, ROUND_CEILING), step)
    largest = min(_whole(line.max_per_call_off or max(room, smallest), step, ROUND_FLOOR), room)
    if largest < smallest:
        return False
    needed = _whole(wanted, step, ROUND_CEILING)
    fewest = (needed / largest).to_integral_value(ROUND_CEILING)
    return max(needed, fewest * smallest) <= room


@guards("K17", instead=())
def too_little(
    line: ContractLine, quantity: Decimal, whole: Decimal, path: Path
) -> Iterator[Problem]:
    """Yield what is odd about what is to stay of a call-off's line; path: of what says it.

    whole: what is to stay of that call-off of the contract line, in all.
    """
    lot, least = line.lot_multiple, line.min_per_call_off
    if lot is not None and quantity % lot:
        text = f"This comes in multiples of {plain(lot)}."
        yield Problem(TradeCode.LOT_MULTIPLE, text, path)
    if least is not None and whole < least:
        text = f"The least of one call-off is {plain(least)}."
        yield Problem(TradeCode.BELOW_MINIMUM, text, path)


def _whole(quantity: Decimal, step: Decimal, rounding: str) -> Decimal:
    """Return the nearest multiple of a step, above or below."""
    return (quantity / step).to_integral_value(rounding) * step


def add(
    writing: Writing,
    contract: Contract,
    line_no: int,
    terms: Mapping[str, Any],
    guarantee_id: UUID | None,
) -> ContractLine:
    """Write a new line. terms: as of `terms_of`. guarantee_id: of what is written already."""
    line = ContractLine(
        merchant_id=contract.merchant_id,
        id=new_id(),
        contract_id=contract.id,
        line_no=line_no,
        currency=contract.currency,
        guarantee_id=guarantee_id,
        **terms,
    )
    writing.session.add(line)
    return line
