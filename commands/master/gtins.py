"""GTINs: each names one product or one packaging of a merchant, however many zeros lead it."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, select, union_all

from commands.writing.counters import stand_in_line
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import refuse_duplicates
from kit.standards.gs1 import gtin14, spellings
from models.master.catalog import Product
from models.master.packagings import Packaging

GTIN_LINE = "gtins "
"""In which new GTINs wait for each other, and whose variants products are."""
GtinOf: TypeAlias = tuple[Any, str | None]
"""A locked row, None for a new one; the GTIN that it is to have."""


async def check_gtins(writing: Writing, rows: Sequence[GtinOf], path: Path) -> None:
    """Look whether something else has the GTINs that are new; two statements if there are any.

    Who writes new ones waits for who does so already, so that of two at once the second finds the
    first. Those that stay are not asked: what was there twice before this rule may stay, which is
    why no index can keep it.

    Refused: DUPLICATE, TAKEN.
    """
    new = [
        gtin14(gtin) if gtin and (row is None or row.gtin != gtin) else None for row, gtin in rows
    ]
    refuse_duplicates(new, path, "gtin")
    numbers = [it for it in new if it is not None]
    if not numbers:
        return
    await stand_in_line(writing, GTIN_LINE)
    ways = [way for it in numbers for way in spellings(it)]
    found = await writing.session.rows(_holders(), {**writing.parameters, "ways": ways})
    refusals = Refusals()
    for gtin, holder in found:
        place = new.index(gtin14(gtin))
        row = rows[place][0]
        with refusals:
            if row is None or row.id != holder:
                text = "Another product or packaging has this GTIN."
                raise Refused(Code.TAKEN, text, (*path, place, "gtin"))
    refusals.end()


@cache
def _holders() -> Statement:
    """Build the statement that tells who has a GTIN that is written in one of the `ways`.

    Each is looked for by an index: the wall between merchants lets no function of a column be.
    """
    merchant = bindparam("merchant", type_=Uuid())
    ways = any_(bindparam("ways", type_=ARRAY(Text())))
    selects = [
        select(table.gtin, table.id).where(table.merchant_id == merchant, table.gtin == ways)
        for table in (Product, Packaging)
    ]
    return Statement(union_all(*selects))
