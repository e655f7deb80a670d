"""Price lists from CSV files: as they were written, row by row, and never all at once."""

import csv
import io
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from commands.master.prices import imports
from commands.writing.running.run import Author, run
from kit.errors import Refused
from kit.inputs import LARGEST_BULK
from tests.make.master import packagings, parties, prices
from tests.make.running import staff
from tests.make.trade import orders

LISTS = "code,name,currency,party_number,party_group,valid_from,valid_to\n"
ENTRIES = "price_list_code,product_sku,from_quantity,unit_price,is_active\n"


@pytest.fixture
def load(world):
    """Import a text as a kind of file; return what was done."""
    author = Author(staff(world), world.clock(), timedelta(0))
    write = partial(run, world.database, author)

    async def loaded(kind: imports.CsvKind, text: str) -> dict[str, int]:
        return dict(await imports.import_csv(write, kind, io.StringIO(text)))

    return loaded


async def test_lists_and_prices_are_imported_and_imported_again(world, ask, load):
    await parties.company(world, number="K-1")
    await orders.products(ask, "BOLT", "NUT")
    lists = f"{LISTS}OWN,Own,EUR,K-1,,2026-01-01,2026-12-31\n"
    lists += '"GOLD","For ""gold""\nparties",CHF,,GOLD,2026-01-01,\n'
    entries = f"{ENTRIES}OWN,BOLT,,2.4,\nOWN,BOLT,100,2.2,true\nGOLD,NUT,0,0.5,false\n"
    for done, changed in (("CREATED", entries), ("UNCHANGED", entries)):
        assert await load(imports.LISTS, lists) == {done: 2}
        assert await load(imports.ENTRIES, changed) == {done: 3}
    changed = entries.replace("2.2,true", "2.1,")
    assert await load(imports.ENTRIES, changed) == {"UNCHANGED": 2, "UPDATED": 1}
    query = """{ priceLists(first: 9) { nodes { code name currency validTo
      entries(first: 9, sort: UNIT_PRICE) { nodes { fromQuantity isActive
        product { sku } unitPrice { amount } } } } } }"""
    gold, own = (await ask(query))["priceLists"]["nodes"]
    assert (gold["name"], gold["currency"], gold["validTo"]) == ('For "gold"\nparties', "CHF", None)
    assert [(it["fromQuantity"], it["unitPrice"]["amount"]) for it in own["entries"]["nodes"]] == [
        ("100", "2.1"),
        ("0", "2.4"),
    ]
    assert [it["isActive"] for it in gold["entries"]["nodes"]] == [False]


async def test_a_file_may_count_steps_in_packagings(ask, load):
    await orders.products(ask, "BOLT")
    await packagings.cartons(ask)
    await prices.price_list(ask, "OWN", partyGroup="GOLD")
    head = "price_list_code,product_sku,packaging,from_quantity,unit_price\n"
    rows = "OWN,BOLT,,,2\nOWN,BOLT,CARTON,10,1.9\nOWN,BOLT,PALLET,1,1.5\n"
    assert await load(imports.ENTRIES, f"{head}{rows}") == {"CREATED": 3}
    assert await load(imports.ENTRIES, f"{head}{rows}") == {"UNCHANGED": 3}
    query = """{ priceLists(first: 1) { nodes { entries(first: 9, sort: UNIT_PRICE) { nodes {
      fromQuantity packaged { quantity packaging { code } } } } } } }"""
    (own,) = (await ask(query))["priceLists"]["nodes"]
    assert [(it["fromQuantity"], it["packaged"]) for it in own["entries"]["nodes"]] == [
        ("576", {"quantity": "1", "packaging": {"code": "PALLET"}}),
        ("120", {"quantity": "10", "packaging": {"code": "CARTON"}}),
        ("0", None),
    ]
    with pytest.raises(Refused) as refused:
        await load(imports.ENTRIES, f"{head}OWN,BOLT,CRATE,1,1\n")
    assert refused.value.path == ("line 2", "packaging")


@pytest.mark.parametrize(
    ("row", "code", "path"),
    [
        ("OWN,BOLT,0,-1,", "NOT_POSITIVE", ("line 303", "unit_price")),
        ("OWN,BOLT,0,,", "INVALID", ("line 303", "unit_price")),
        ("OWN,BOLT,0,free,", "INVALID", ("line 303", "unit_price")),
        ("OWN,BOLT,0,1_0,", "INVALID", ("line 303", "unit_price")),
        ("OWN,BOLT,0,\uff11,", "INVALID", ("line 303", "unit_price")),
        ("OWN,BOLT,1.,1,", "INVALID", ("line 303", "from_quantity")),
        ("OWN,NONE,0,1,", "NOT_FOUND", ("line 303", "product_sku")),
        ("NONE,BOLT,0,1,", "NOT_FOUND", ("line 303", "price_list_code")),
        ("OWN,BOLT,0.5,1,", "SCALE_EXCEEDED", ("line 303", "from_quantity")),
        ("OWN,BOLT,0,1,true,x", "INVALID", ("line 303",)),
        ("OWN,BOLT,299,1,", "DUPLICATE", ("line 303", "from_quantity")),
    ],
)
async def test_a_refusal_names_the_line_and_what_was_written_before_stays(
    ask, load, row, code, path
):
    await orders.products(ask, "BOLT")
    await prices.price_list(ask, "OWN", partyGroup="GOLD")
    good = "".join(f"OWN,BOLT,{number},2,\n" for number in range(1, 302))
    with pytest.raises(Refused) as refused:
        await load(imports.ENTRIES, f"{ENTRIES}{good}{row}\n")
    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (code, path)
    query = "{ priceLists(first: 1) { nodes { entries(first: 1) { totalCount } } } }"
    (own,) = (await ask(query))["priceLists"]["nodes"]
    assert own["entries"]["totalCount"] == 301
    assert await load(imports.ENTRIES, f"{ENTRIES}{good}") == {"UNCHANGED": 301}


async def test_a_column_that_nobody_knows_is_refused(ask, load):
    await orders.products(ask, "BOLT")
    with pytest.raises(Refused) as refused:
        await load(imports.ENTRIES, "price_list_code,product_sku,unit_price,color\nA,BOLT,1,red\n")
    assert refused.value.path == ("line 2", "color")


@pytest.mark.parametrize("text", ["", "OWN,BOLT,2\n", "price_list_code,unit_price\n"])
async def test_a_file_whose_first_line_names_no_columns_is_refused_and_loses_no_row(load, text):
    with pytest.raises(Refused) as refused:
        await load(imports.ENTRIES, text)
    missing = [it for it in ("price_list_code", "product_sku", "unit_price") if it not in text]
    assert [(it.code, it.path) for it in refused.value.problems] == [
        ("INVALID", ("line 1", name)) for name in missing
    ]
    assert await load(imports.ENTRIES, ENTRIES) == {}


async def test_never_more_than_a_bulk_is_read_ahead_of_what_is_written(ask, world):
    """So memory is bounded whatever the file: a hundred bulks of a hundred lists."""
    await orders.products(ask, *(f"S-{number}" for number in range(50)))
    author = Author(staff(world), world.clock(), timedelta(0))
    read, written, most = Counter[str](), Counter[str](), 0

    def lines(head: str, *rows: Any) -> Any:
        yield head
        for row in rows:
            read["rows"] += 1
            text = io.StringIO()
            csv.writer(text).writerow(row)
            yield text.getvalue()

    async def write(verb: Any, command: Any) -> Any:
        nonlocal most
        most = max(most, read["rows"] - written["rows"])
        outcome = await run(world.database, author, verb, command)
        written["rows"] += len(outcome["results"])
        return outcome

    lists = [(f"L-{it:03}", "Own", "EUR", None, f"G-{it}", "2026-01-01", None) for it in range(100)]
    done = await imports.import_csv(write, imports.LISTS, lines(LISTS, *lists))
    prices_ = (
        (f"L-{number:03}", f"S-{sku}", 0, f"{sku}.{number}", None)
        for number in range(100)
        for sku in range(50)
    )
    done += await imports.import_csv(write, imports.ENTRIES, lines(ENTRIES, *prices_))
    assert done == {"CREATED": 100 + 5_000}
    assert most <= LARGEST_BULK
