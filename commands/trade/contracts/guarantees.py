"""What is guaranteed of a contract line's supply: stated with the line, changed by amendment."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import (
    CountedIn,
    Packagings,
    Quantified,
    check_used,
    columns_of,
)
from commands.writing.rows import write_rows
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refused
from kit.ids import new_id
from kit.inputs import (
    IN_ITS_DECIMALS,
    LARGEST_BULK,
    ExactAmount,
    Percent,
    Quantity,
    check_payable,
    refuse_duplicates,
)
from models.master.catalog import Product
from models.master.packagings import Packaged
from models.trade.contracts.guarantees import Guarantee, SupplyExcuse, SupplyPeriod
from models.trade.contracts.tables import Contract

LONGEST_DAYS = 3650


class SupplyGuarantee(Quantified):
    """What is guaranteed of a line's supply, and what is due where it comes later."""

    lead_time_days: int = Field(
        0,
        ge=0,
        le=LONGEST_DAYS,
        description="Days after its call-off within which something is supplied, though not before"
        " the day for which it is wanted.",
    )
    quantity: Quantity | None = Field(
        None,
        description="How much is guaranteed of what is wanted in one `period`, first come, first"
        " served; all of it when left out.",
    )
    period: SupplyPeriod | None = Field(None, description="The period of `quantity`.")
    grace_days: int = Field(
        0, ge=0, le=LONGEST_DAYS, description="Further days for which nothing is due."
    )
    penalty_percent_per_day: Percent | None = Field(
        None, description="Percent of the late goods' net for each day after these."
    )
    penalty_per_day: ExactAmount | None = Field(
        None,
        description="Amount for each of these days on which something of a delivery's line is"
        f" late, {IN_ITS_DECIMALS}.",
    )
    penalty_per_unit: ExactAmount | None = Field(
        None, description="Amount for each unit that comes later, in the contract's currency."
    )
    penalty_cap_percent: Percent | None = Field(
        None, description="The most that is due, in percent of the late goods' net."
    )
    excuses: list[SupplyExcuse] = Field(
        [], max_length=LARGEST_BULK, description="Reasons for which nothing is due."
    )


Agreed: TypeAlias = Mapping[str, Any]
"""What is guaranteed, as columns of its row: in the product's unit, and in what it was counted."""
_TERMS = (*(SupplyGuarantee.model_fields.keys() - {"packaging"}), *Packaged.__annotations__)


def counts_of(product_id: UUID, line: Any) -> Iterator[CountedIn]:
    """Give what a line of a contract counts in: itself, and what is guaranteed of it."""
    yield product_id, line
    if line.guarantee is not None:
        yield product_id, line.guarantee


def guarantee_of(
    terms: SupplyGuarantee | None,
    currency: str,
    product: Product,
    packagings: Packagings,
    path: Path,
) -> Agreed | None:
    """Check the terms of one line together, and return them as they are kept; path: of it.

    currency: the contract's. Refused: DUPLICATE, INVALID and OUT_OF_RANGE where terms contradict
    each other, SCALE_EXCEEDED for parts of a minor unit, and as `Packagings`.
    """
    if terms is None:
        return None
    path = (*path, "guarantee")
    counted = None if terms.quantity is None else packagings(product, terms, path=path)
    check_payable(terms.penalty_per_day, currency, (*path, "penalty_per_day"))
    refuse_duplicates(terms.excuses, (*path, "excuses"))
    for code, name, message in _contradictions(terms):
        raise Refused(code, message, (*path, name))
    kept = terms.model_dump(exclude={"packaging"}) | {"excuses": sorted(terms.excuses)}
    if counted is None:
        return kept | columns_of(None)
    check_used(counted.packaging, (*path, "packaging"))
    return kept | {"quantity": counted.amount} | counted.columns


def _contradictions(terms: SupplyGuarantee) -> Iterator[tuple[Code, str, str]]:
    """Yield (code, field, message) for terms that say nothing, or something else than others."""
    if (terms.quantity is None) != (terms.period is None):
        yield Code.INVALID, "period", "A quantity is guaranteed of a period, and only a quantity."
    percent, cap = terms.penalty_percent_per_day, terms.penalty_cap_percent
    if percent is None and terms.penalty_per_unit is None and terms.penalty_per_day is None:
        if cap is not None:
            yield Code.INVALID, "penalty_cap_percent", "Without a penalty there is nothing to cap."
        if terms.excuses:
            yield Code.INVALID, "excuses", "Without a penalty there is nothing to excuse."
    if cap is not None and cap < (percent or Decimal(0)):
        yield Code.OUT_OF_RANGE, "penalty_cap_percent", "The cap is at least what one day costs."


async def write_guarantees(
    writing: Writing, contract: Contract, terms: Sequence[Agreed | None]
) -> list[UUID | None]:
    """Write what is guaranteed of lines of a contract that is there; return the ids in order."""
    rows = [None if it is None else _row(writing, contract, it) for it in terms]
    await write_rows(writing, {Guarantee: [it for it in rows if it is not None]})
    return [None if it is None else it["id"] for it in rows]


def _row(writing: Writing, contract: Contract, terms: Agreed) -> dict[str, Any]:
    own = {"merchant_id": contract.merchant_id, "id": new_id(), "contract_id": contract.id}
    of_contract = {"currency": contract.currency, "time_zone": contract.time_zone}
    return {**own, **terms, **of_contract, "agreed_at": writing.now}


def terms_in(there: Guarantee) -> Agreed:
    """Return the terms that a guarantee keeps."""
    return {name: getattr(there, name) for name in _TERMS}


def says(there: Guarantee, terms: Agreed, contract: Contract) -> bool:
    """Tell whether what is guaranteed already is just what these terms of a contract say."""
    stated = {**terms, "time_zone": contract.time_zone}
    return all(getattr(there, name) == value for name, value in stated.items())
