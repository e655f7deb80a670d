"""The Northwind example against the application: a small export of the same form."""

import io
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from examples.northwind.client import Client, Failed
from examples.northwind.files import BadFile, read
from examples.northwind.progress import Progress
from examples.northwind.questions import answered, expected, table
from examples.northwind.run import Run
from models.access.journal import JournalEntry

FILES = {
    "shippers.csv": """\
shipper_id,company_name,phone
1,Fast Feet,555-1
2,Slow Wheels,
""",
    "suppliers.csv": """\
supplier_id,company_name,contact_name,city,country,phone
1,Tea & Co,Lu Chang,Singapore,Singapore,555-2
""",
    "customers.csv": """\
customer_id,company_name,contact_name,contact_title,address,city,region,postal_code,country,phone
ALPHA,Alpha Käse,Maria Müller,Owner,Obere Str. 57,Berlin,,12209,Germany,030-007
BRAVO,"Bravo, Inc.",Joe Doe,,1 Main St,Boise,ID,83720,USA,NULL
""",
    "products.csv": """\
product_id,product_name,supplier_id,quantity_per_unit,unit_price,units_in_stock,discontinued
1,Chai,1,10 boxes x 30 bags,18.0000,39,1
2,Syrup,1,,10.0000,13,0
""",
    "orders.csv": """\
order_id,customer_id,order_date,required_date,shipped_date,ship_via,freight,ship_name,ship_address,\
ship_city,ship_region,ship_postal_code,ship_country
101,ALPHA,1996-07-04,1996-08-01,1996-07-16,1,32.38,Alpha Käse,Obere Str. 57,Berlin,,12209,Germany
102,BRAVO,1996-07-05,1996-07-10,1996-07-11,2,11.61,Bravo,1 Main St,Boise,ID,83720,USA
103,BRAVO,1996-07-05,1996-07-10,1996-07-10,1,1.00,Bravo West,9 Side St,Reno,NV,,USA
104,ALPHA,1998-05-06,1998-06-03,,2,18.44,Alpha Käse,Obere Str. 57,Berlin,,12209,Germany
105,BRAVO,1998-05-06,1998-06-03,,1,6.19,Bravo,1 Main St,Boise,ID,83720,USA
""",
    "order_details.csv": """\
order_id,product_id,unit_price,quantity,discount
101,1,14.0000,12,0.00
101,2,9.8000,10,0.15
102,1,18.0000,3,0.05
103,2,0.0350,1,0.00
104,2,10.0000,7,0.25
105,1,18.0000,1,0.03
""",
}
ANSWERS = {
    "orders": 5,
    "orders not shipped": 2,
    "units ordered": 34,
    # 168 + 83.3 + 51.3 + 0.035 + 52.5 + 17.46 = 372.595, half up.
    "net value in USD": "372.60",
    "orders shipped after the required date": 1,
}


def _written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _written(tmp_path, FILES)


class Interrupted(Exception):
    """Stands for Ctrl-C."""


@pytest.fixture
def playing(client, world) -> Callable:
    """Play a folder; `requests` is how many are sent before the play is interrupted."""

    async def run(folder: Path, requests: int = 1_000):
        left = requests

        async def count(_request: httpx.Request) -> None:
            nonlocal left
            if left == 0:
                raise Interrupted
            left -= 1

        client.event_hooks = {"request": [count]}
        api = Client(client, "/graphql", world.token)
        shown = io.StringIO()
        export = read(folder)
        channel_id = await Run(api, export, Progress(shown)).all()
        return await answered(api, channel_id), shown.getvalue()

    return run


async def _position(database, world) -> int:
    async with database.writing(world.merchant_id) as session:
        entries = select(func.count()).where(JournalEntry.merchant_id == world.merchant_id)
        return await session.scalar(entries)


async def test_the_api_answers_as_the_files_say(playing, folder):
    answers, shown = await playing(folder)
    assert answers == {name: Decimal(value) for name, value in ANSWERS.items()}
    assert answers == expected(read(folder))
    assert "orders                      5 of     5" in shown


async def test_orders_keep_prices_discounts_windows_and_people(playing, folder, ask):
    await playing(folder)
    query = """{ orders(first: 9, filter: { externalReference: "101" }) { nodes {
      party { number kind } recipient { name phone } buyerContact { name }
      window { earliest latest timeZone } shipTo { line1 country }
      lines { product { sku name } ordered unitPrice { amount } discountPercent }
      deliveries {
        state dispatchedAt deliveredAt recipient { name }
        parcels { carrier { number } trackingNumbers { number } status }
      }
    } } }"""
    (order,) = (await ask(query))["orders"]["nodes"]
    assert order["party"] == {"number": "ALPHA", "kind": "COMPANY"}
    assert order["recipient"] == {"name": "Maria Müller", "phone": "030-007"}
    assert order["buyerContact"] == {"name": "Maria Müller"}
    assert order["window"]["latest"] == "1996-08-01T23:59:59+00:00"
    assert order["shipTo"] == {"line1": "Obere Str. 57", "country": "DE"}
    assert order["lines"][1] == {
        "product": {"sku": "2", "name": "Syrup"},
        "ordered": "10",
        "unitPrice": {"amount": "9.8"},
        "discountPercent": "15",
    }
    (delivery,) = order["deliveries"]
    assert delivery["state"] == "DELIVERED"
    assert delivery["dispatchedAt"][:10] == delivery["deliveredAt"][:10] == "1996-07-16"
    assert delivery["recipient"] == {"name": "Maria Müller"}
    (parcel,) = delivery["parcels"]
    assert parcel == {
        "carrier": {"number": "SHIPPER-1"},
        "trackingNumbers": [{"number": "NW101"}],
        "status": "DELIVERED",
    }


async def test_a_second_play_changes_nothing(playing, folder, database, world):
    await playing(folder)
    before = await _position(database, world)
    answers, shown = await playing(folder)
    assert await _position(database, world) == before
    assert all(line.endswith("nothing to do") for line in shown.splitlines())
    assert answers == expected(read(folder))


async def test_an_interrupted_play_is_finished_by_the_next(playing, folder, database, world):
    interrupted = 0
    for requests in range(1, 30, 3):
        try:
            answers, _ = await playing(folder, requests)
            break
        except Interrupted:
            interrupted += 1
    assert interrupted > 3
    assert answers == expected(read(folder))
    async with database.writing(world.merchant_id) as session:
        done = await session.scalar(
            select(func.count()).where(
                JournalEntry.merchant_id == world.merchant_id,
                JournalEntry.type == "delivery.dispatched",
            )
        )
    assert done == 3


async def test_a_refusal_stops_the_play_and_says_why(playing, folder):
    text = FILES["customers.csv"].replace("Maria Müller", "x" * 300)
    _written(folder, {"customers.csv": text})
    with pytest.raises(Failed, match=r"partiesUpsert was refused: TOO_LONG at input\.parties\.0"):
        await playing(folder)


async def test_a_difference_is_told_and_an_edited_order_brings_what_it_says_now(playing, folder):
    answers, _ = await playing(folder)
    more = FILES["order_details.csv"].replace("105,1,18.0000,1,", "105,1,18.0000,2,")
    edited = _written(folder, {"order_details.csv": more})
    files = expected(read(edited))
    assert answers != files
    assert "34   but the files say 35" in table(answers, files)
    # Nothing of this order is planned.
    answers, _ = await playing(edited)
    assert answers == files


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("shippers.csv", "phone", "fax", "shippers.csv, line 1: has no column phone."),
        ("customers.csv", "Germany", "Atlantis", "customers.csv, line 2: country 'Atlantis'"),
        ("customers.csv", "ALPHA", "", "customers.csv, line 2: customer_id ''"),
        ("customers.csv", "BRAVO", "ALPHA", "customers.csv, line 3: customer_id 'ALPHA' stands"),
        ("products.csv", "1,Chai,1", "1,Chai,7", "products.csv, line 2: supplier_id '7' has no"),
        ("orders.csv", "1996-07-04", "1996-13-04", "orders.csv, line 2: order_date '1996-13-04'"),
        ("orders.csv", "1996-07-16", "1996-07-03", "orders.csv, line 2: .* before it was ordered"),
        ("orders.csv", "102,BRAVO", "102,CHARLY", "orders.csv, line 3: customer_id 'CHARLY'"),
        ("orders.csv", ",USA\n103", "\n103", "orders.csv, line 3: has not as many cells"),
        ("orders.csv", "\n103,", "\n106,", "orders.csv, line 4: order_id '106' has no row"),
        ("order_details.csv", ",12,", ",twelve,", "order_details.csv, line 2: quantity 'twelve'"),
        ("order_details.csv", ",12,", ",0,", "order_details.csv, line 2: quantity '0'"),
        ("order_details.csv", "14.0000", "NaN", "order_details.csv, line 2: unit_price 'NaN'"),
        ("order_details.csv", "0.15", "15", "order_details.csv, line 3: discount '15'"),
        ("order_details.csv", "101,2", "101,1", "order_details.csv, line 3: product '1' stands"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(folder, name, old, new, message):
    _written(folder, {name: FILES[name].replace(old, new, 1)})
    with pytest.raises(BadFile, match=message):
        read(folder)


def test_a_missing_file_and_one_that_is_no_text_are_refused(folder):
    (folder / "orders.csv").write_bytes(b"order_id\n\xff\xfe")
    with pytest.raises(BadFile, match=r"orders.csv cannot be read"):
        read(folder)
    (folder / "orders.csv").unlink()
    with pytest.raises(BadFile, match=r"orders.csv cannot be read"):
        read(folder)
