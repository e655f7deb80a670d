"""`abruf edi`: interchanges of a folder."""

import argparse
import os

from commands.access.keys import operate as keys
from commands.messages.readers import folders
from kit.db.database import Database
from operating.reached import author, on_database
from operating.words import folder


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare its verbs."""
    parser.description = (
        "Take in the files that lie in a folder (EDIFACT, VDA 4905), read their messages, and write"
        " what is to be sent. Files that were taken in move to its folder `done`, what is to be"
        " sent lies in `out`. Names that begin with a dot or end in .tmp or .part are left alone:"
        " rename a file once it is whole. What fails is told, and stops no other: a file moves to"
        " `failed`, or stays where it cannot be read or moved. Interchanges that are held (of an"
        " unknown sender, or under a reference that was used) or rejected are told, too, and so is"
        " what of messages was not understood (an unknown article), whether it was read here or by"
        " a server's worker; the inbox tells why. What a worker still reads is `being read`. The"
        " exit code is 1 where anything failed, is held, was rejected or not understood."
    )
    parser.add_argument("--merchant", required=True, metavar="SLUG", help="whose partners")
    parser.add_argument("folder", type=folder, metavar="FOLDER", help="where the files lie")
    parser.set_defaults(run=on_database(_exchange))


async def _exchange(database: Database, arguments: argparse.Namespace) -> str:
    if not os.access(arguments.folder, os.R_OK | os.X_OK):
        reason = f"{arguments.folder} cannot be listed by this user."
        raise SystemExit(reason)
    async with database.writing(None) as session:
        merchant = await keys.merchant_of(session, arguments.merchant)
    done = await folders.exchange(database, author(merchant.id), arguments.folder)
    counts = f"{', '.join(f'{done[it]} {it}' for it in folders.FOLDER_COUNTS)}."
    if any(done[it] for it in folders.NEEDED):
        raise SystemExit(counts)
    return f"{counts}\n"
