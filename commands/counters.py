"""Numbers without holes: one counter row for each merchant and kind of document."""

from sqlalchemy.dialects.postgresql import insert

from commands.writing import Writing
from kit.ids import new_id
from models.keys import CounterName, MerchantCounter

PREFIXES = {CounterName.ORDER: "O", CounterName.CONTRACT: "C", CounterName.DELIVERY: "D"}


async def raised(writing: Writing, name: CounterName, by: int) -> int:
    """Raise a counter and return its new value; its row stays locked until the transaction ends."""
    row = insert(MerchantCounter).values(
        merchant_id=writing.viewer.merchant_id, id=new_id(), name=name, value=by
    )
    counted = row.on_conflict_do_update(
        index_elements=["merchant_id", "name"],
        set_={"value": MerchantCounter.value + row.excluded.value},
    ).returning(MerchantCounter.value)
    return (await writing.session.execute(counted)).scalar_one()


async def numbers(writing: Writing, name: CounterName, how_many: int) -> list[str]:
    """Return the next document numbers, for example O-000042. Ask late: it holds a lock."""
    last = await raised(writing, name, how_many)
    return [f"{PREFIXES[name]}-{value:06}" for value in range(last - how_many + 1, last + 1)]
