"""Numbers without holes: one counter row for each merchant and kind of document."""

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from commands.writing import Writing
from kit.ids import new_id
from kit.statements import Statement
from models.keys import CounterName, MerchantCounter

PREFIXES = {CounterName.ORDER: "O", CounterName.CONTRACT: "C", CounterName.DELIVERY: "D"}


def _raise() -> Any:
    """Build the statement that raises a counter, and makes it where it is the first time."""
    table: Any = MerchantCounter.__table__
    row = insert(table).values({it.key: bindparam(it.key, type_=it.type) for it in table.c})
    return row.on_conflict_do_update(
        index_elements=["merchant_id", "name"],
        set_={"value": table.c.value + row.excluded.value},
    ).returning(table.c.value)


_RAISE = Statement(_raise())


async def raised(writing: Writing, name: CounterName, by: int) -> int:
    """Raise a counter and return its new value; its row stays locked until the transaction ends."""
    row = {"merchant_id": writing.viewer.merchant_id, "id": new_id(), "name": name, "value": by}
    ((value,),) = await writing.session.rows(_RAISE, row)
    return int(value)


async def numbers(writing: Writing, name: CounterName, how_many: int) -> list[str]:
    """Return the next document numbers, for example O-000042. Ask late: it holds a lock."""
    last = await raised(writing, name, how_many)
    return [f"{PREFIXES[name]}-{value:06}" for value in range(last - how_many + 1, last + 1)]
