"""`abruf demo`: the merchant that is for trying."""

import argparse
import json

from commands.access.keys import operate as keys
from examples import demo
from kit.config import from_environment
from kit.db.database import Database
from kit.embedded.home import write_file
from kit.errors import Code, Refused
from operating.reached import on_database
from startup import TOKENS


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare its verbs."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    reset = verbs.add_parser(
        "reset",
        help="delete it and load it anew",
        description="The merchant `demo` is deleted with all that was done to it, and its story"
        " told anew; its new tokens are written to demo-tokens.json in ABRUF_DATA_DIR.",
    )
    reset.add_argument(
        "--yes-delete",
        metavar="SLUG",
        help=f"{demo.SLUG}, where the database is not the embedded one",
    )
    reset.set_defaults(run=on_database(_reset))


async def _reset(database: Database, arguments: argparse.Namespace) -> str:
    if from_environment().database_url and arguments.yes_delete != demo.SLUG:
        text = f"Say {demo.SLUG}: this deletes that merchant, and makes tokens of its staff."
        raise Refused(Code.INVALID, text, ("yes_delete",))
    async with database.writing(None) as session:
        try:
            merchant = await keys.merchant_of(session, demo.SLUG)
        except Refused as refused:
            if refused.problems[0].code != Code.NOT_FOUND:
                raise
        else:
            await keys.remove_merchant(session, merchant.id)
    tokens, place = await demo.load(database), from_environment().data_dir / TOKENS
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(place, json.dumps(tokens, indent=2) + "\n")
    return f"The demo is as new; its tokens are in {place}.\n"
