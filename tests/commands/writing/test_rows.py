"""Rows that are written past the session are told to the ledger, by no statement of their own."""

from decimal import Decimal
from uuid import UUID

from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.inputs import Command
from models.access.journal import JournalEntry
from models.access.viewers import Scope
from models.base.acts import Act
from models.trade.orders.lines import OrderLine
from tests.guard import counted
from tests.make import World
from tests.make.feed import rows
from tests.make.fulfilment.tracking import sent
from tests.make.running import run

MORE = {"ordered": Decimal(12), "cancelled": Decimal(2)}


class Change(Command):
    """A change of a line, and a new line beside it."""

    line_id: UUID
    is_new: bool


@verb(Act(Scope.ORDERS_MANAGE), "Change a line, and add one.")
async def _write(writing: Writing, command: Change) -> Outcome:
    (line,) = await writing.records(OrderLine, "id", [command.line_id])
    await write_rows(writing, {}, {OrderLine: [(line, {**MORE, "line_no": 7})]})
    if command.is_new:
        new = {**line._asdict(), "id": UUID(int=1), "line_no": 8}
        await write_rows(writing, {OrderLine: [new]})
    return {}


async def test_a_row_that_is_changed_past_the_session_is_told_to_the_ledger(world: World) -> None:
    made = await sent(world)
    before = len(await rows(world, JournalEntry))
    with counted(world.database.engine) as statements:
        await run(world, _write, Change, line_id=made.order_line_id, is_new=False)
    (entry,) = (await rows(world, JournalEntry))[before:]
    assert (entry.type, entry.aggregate_id) == ("order.progressed", made.order_id)
    assert entry.payload == {"moved": {str(made.order_line_id): {"ordered": "7", "cancelled": "2"}}}
    # It is read, and changed; the last statement writes what its order keeps of it.
    assert len([it for it in statements if "order_lines" in it]) == 3


async def test_a_row_that_is_inserted_past_the_session_is_told_to_the_ledger(world: World) -> None:
    made = await sent(world)
    before = len(await rows(world, JournalEntry))
    await run(world, _write, Change, line_id=made.order_line_id, is_new=True)
    (entry,) = (await rows(world, JournalEntry))[before:]
    new = entry.payload["moved"][str(UUID(int=1))]
    assert new == dict.fromkeys(("ordered", "planned", "picked", "packed", "shipped"), "5")
