"""Telling a customer which dates and quantities of its release cannot be met."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import delete

from commands.master.catalog import check_scale
from commands.trade.releases.decisions.decide import ReleaseCommand, lock_release
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import Names, new_id
from kit.inputs import LARGEST_BULK, Day, Input, Note, QuantityOrZero, refuse_duplicates
from models.events.trade.releases import ReleaseAnswered
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.contracts.tables import ContractLine
from models.trade.releases import acts
from models.trade.releases.findings import ReleaseAnswerLine
from models.trade.releases.tables import Release, ScheduleLine


class LineAnswer(Input):
    """What can be instead of a schedule line; several of one line are parts of it."""

    schedule_line_id: Annotated[UUID, Names("ScheduleLine")] = Field(
        description="A line of the release."
    )
    quantity: QuantityOrZero = Field(
        description="How much of it can be on `day`, in the product's unit; 0 for nothing."
    )
    day: Day | None = Field(
        None, description="When: of arrival or shipment, as the line's `dateMeaning`; none for 0."
    )
    reason: Note | None = Field(None, description="Why not as it is wanted.")


class ReleaseAnswer(ReleaseCommand):
    """An answer to a release."""

    lines: list[LineAnswer] = Field(
        max_length=LARGEST_BULK,
        description="What cannot be met as it is wanted, as a whole: what was answered before does"
        " not count. None says that all of it can be met.",
    )


@verb(
    acts.ANSWER,
    "Tell the customer what of a release cannot be met: how much can be, and when. The same answer"
    " again changes nothing.",
)
async def answer(writing: Writing, command: ReleaseAnswer) -> Outcome:
    """Keep an answer; what is not named can be met.

    Refused: NOT_FOUND, WRONG_STATE, DUPLICATE for a line and day, SCALE_EXCEEDED, INVALID for a
    quantity without a day or a day without one, QUANTITY_EXCEEDED for more than a line asks for.
    """
    release, _ = await lock_release(writing, command, answer)
    lines = await writing.by_key(ScheduleLine, "id", {it.schedule_line_id for it in command.lines})
    (line,) = await writing.records(ContractLine, "id", [release.contract_line_id])
    (product,) = await writing.records(Product, "id", [line.product_id])
    same = ((it.schedule_line_id, it.day) for it in command.lines)
    with writing.refusals:
        refuse_duplicates(same, ("lines",), "schedule_line_id")
    _check(release, command.lines, lines, product)
    writing.refusals.end()
    before = await writing.among(ReleaseAnswerLine, "release_id", [release.id], "place")
    wanted = [it.model_dump() for it in command.lines]
    if release.answered_at is None or wanted != [_kept(it) for it in before]:
        await _keep(writing, release, wanted)
    return {"release_id": release.id, "contract_line_id": release.contract_line_id}


def _check(
    release: Release,
    answers: Sequence[LineAnswer],
    lines: Mapping[UUID, ScheduleLine],
    product: Product,
) -> None:
    """Refused: every answer that does not fit its line."""
    refusals, sums = Refusals(), defaultdict[UUID, Decimal](Decimal)
    for place, each in enumerate(answers):
        with refusals:
            path: Path = ("lines", place)
            line = lines.get(each.schedule_line_id)
            if line is None or line.release_id != release.id:
                raise missing(ScheduleLine, (*path, "schedule_line_id"))
            check_scale(product, each.quantity, (*path, "quantity"))
            if (each.day is None) == bool(each.quantity):
                text = "What can be met has a day, and only that."
                raise Refused(Code.INVALID, text, (*path, "day"))
            sums[line.id] += each.quantity
            if sums[line.id] > line.quantity:
                text = f"The line asks for {line.quantity.normalize():f}."
                raise Refused(TradeCode.QUANTITY_EXCEEDED, text, (*path, "quantity"))
    refusals.end()


def _kept(row: ReleaseAnswerLine) -> dict[str, Any]:
    return {name: getattr(row, name) for name in LineAnswer.model_fields}


async def _keep(writing: Writing, release: Release, wanted: Sequence[dict[str, Any]]) -> None:
    """Put an answer in the place of the one before."""
    own = {"merchant_id": release.merchant_id, "release_id": release.id}
    old = (getattr(ReleaseAnswerLine, name) == value for name, value in own.items())
    await writing.session.execute(delete(ReleaseAnswerLine).where(*old))
    rows = [{**own, "id": new_id(), "place": no, **it} for no, it in enumerate(wanted, 1)]
    await write_rows(writing, {ReleaseAnswerLine: rows})
    release.answered_at = writing.now
    lines = len({it["schedule_line_id"] for it in wanted})
    writing.record(ReleaseAnswered(release.id, lines=lines))
