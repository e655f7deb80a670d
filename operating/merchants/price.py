"""`abruf price`: price lists from files."""

import argparse
import csv
from functools import partial

from commands.access.keys import operate as keys
from commands.master.prices import imports
from commands.writing.running.run import run
from kit.db.database import Database
from kit.errors import Code, Refused
from operating.reached import author, on_database
from operating.words import file


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare its verbs."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    load = verbs.add_parser(
        "import",
        help="write price lists and prices from CSV files",
        description="Every 250 rows are written at once. Where a row is refused, what was written"
        " before it stays; the whole file may be imported again.",
    )
    load.add_argument("--merchant", required=True, metavar="SLUG", help="whose prices they are")
    whose = "party_number, party_group or channel_code"
    lists = f"columns code, name, currency, {whose}, valid_from, valid_to"
    load.add_argument("--lists", type=file, metavar="FILE", help=lists)
    prices = "columns price_list_code, product_sku, packaging, from_quantity, unit_price, is_active"
    load.add_argument("--entries", type=file, metavar="FILE", help=prices)
    load.set_defaults(run=on_database(_import_prices))


async def _import_prices(database: Database, arguments: argparse.Namespace) -> str:
    """Write lists before their prices; a refusal names the file."""
    async with database.writing(None) as session:
        merchant = await keys.merchant_of(session, arguments.merchant)
    files = ((arguments.lists, imports.LISTS), (arguments.entries, imports.ENTRIES))
    lines = []
    for path, kind in files:
        if path is not None:
            with path.open(newline="", encoding="utf-8-sig") as rows:
                try:
                    done = await imports.import_csv(
                        partial(run, database, author(merchant.id)), kind, rows
                    )
                except Refused as refused:
                    problems = [it.below((path.name,)) for it in refused.problems]
                    raise Refused.of(problems) from refused
                except (UnicodeDecodeError, csv.Error) as error:
                    text = f"This is no CSV in UTF-8: {error}."
                    raise Refused(Code.INVALID, text, (path.name,)) from error
            counts = ", ".join(f"{number} {how.lower()}" for how, number in sorted(done.items()))
            lines.append(f"{path.name}: {counts or 'nothing'}.\n")
    return "".join(lines)
