"""`abruf merchant`: tenants."""

import argparse
from pathlib import Path
from uuid import UUID

from sqlalchemy import Table, Text, cast, select

from commands.access.keys import operate as keys
from kit.clock import now
from kit.db.sessions import Session
from kit.db.tenant import set_merchant
from kit.errors import Code, Refused
from models.base.tables import Base
from operating.reached import in_session
from operating.rows import without_secrets
from operating.words import folder, table

_PASSING = {"idempotency_keys", "cost_buckets", "page_documents"}
"""What is of no use without this database, or is ours."""


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare its verbs."""
    merchant = parser.add_subparsers(metavar="VERB", required=True)
    create = merchant.add_parser("create", help="create a merchant")
    create.add_argument("--slug", required=True, help="lower-case letters, digits and hyphens")
    create.add_argument("--name", required=True, help="name for people")
    create.add_argument("--gs1-prefix", help="GS1 company prefix, for SSCCs")
    create.set_defaults(run=in_session(_create_merchant))
    zone = "IANA time zone in which its days are counted; UTC if not given"
    create.add_argument("--time-zone", default="UTC", help=zone)
    change = merchant.add_parser("change", help="call it otherwise, or count its days elsewhere")
    change.add_argument("--slug", required=True, help="which one")
    change.add_argument("--name", help="name for people")
    change.add_argument("--gs1-prefix", help="GS1 company prefix, for SSCCs")
    change.add_argument("--time-zone", help="IANA time zone")
    change.set_defaults(run=in_session(_change_merchant))
    export = merchant.add_parser(
        "export",
        help="write out all that it has",
        description="Write a file of JSON lines for each table, without secrets, into FOLDER, which"
        " from then on is for its owner alone.",
    )
    export.add_argument("--slug", required=True, help="which one")
    export.add_argument("folder", type=folder, metavar="FOLDER", help="where to; it is empty")
    export.set_defaults(run=in_session(_export_merchant))
    purge = merchant.add_parser("purge", help="delete it with all that it has, its journal too")
    purge.add_argument("--slug", required=True, help="which one")
    purge.add_argument("--yes-delete", required=True, metavar="SLUG", help="the same once more")
    purge.set_defaults(run=in_session(_purge_merchant))
    listed = merchant.add_parser("list", help="list merchants")
    listed.set_defaults(run=in_session(_list_merchants))


async def _create_merchant(session: Session, arguments: argparse.Namespace) -> str:
    made = await keys.create_merchant(
        session,
        arguments.slug,
        arguments.name,
        now(),
        arguments.gs1_prefix,
        arguments.time_zone,
    )
    keys.begin_followers(session, made.id)
    return f"Created the merchant {made.slug}.\n"


async def _change_merchant(session: Session, arguments: argparse.Namespace) -> str:
    changed = await keys.change_merchant(
        session,
        arguments.slug,
        name=arguments.name,
        gs1_company_prefix=arguments.gs1_prefix,
        time_zone=arguments.time_zone,
    )
    prefix = changed.gs1_company_prefix or "no GS1 prefix"
    return f"{changed.slug} is {changed.name}, {prefix}, its days those of {changed.time_zone}.\n"


async def _export_merchant(session: Session, arguments: argparse.Namespace) -> str:
    """Write the tables one after the other, each row by row."""
    merchant = await keys.merchant_of(session, arguments.slug)
    if any(arguments.folder.iterdir()):
        raise Refused(Code.INVALID, f"{arguments.folder} is not empty.", ("folder",))
    arguments.folder.chmod(0o700)
    await set_merchant(session, merchant.id)
    counted = {}
    for each in Base.metadata.sorted_tables:
        if each.name not in _PASSING:
            counted[each.name] = await _export_table(session, merchant.id, each, arguments.folder)
    rows = ", ".join(f"{number} of {name}" for name, number in counted.items() if number)
    return f"Wrote {rows}.\n"


async def _export_table(session: Session, merchant_id: UUID, table: Table, into: Path) -> int:
    """Write a table's rows of a merchant; returns how many there are."""
    owner = table.c["merchant_id" if "merchant_id" in table.c else "id"]
    own = select(cast(without_secrets(table), Text))
    number = 0
    place = into / f"{table.name}.jsonl"
    place.touch(mode=0o600, exist_ok=False)
    with place.open("w", encoding="utf-8") as file:
        async for line in await session.stream_scalars(own.where(owner == merchant_id)):
            file.write(f"{line}\n")
            number += 1
    return number


async def _purge_merchant(session: Session, arguments: argparse.Namespace) -> str:
    if arguments.yes_delete != arguments.slug:
        raise Refused(Code.INVALID, "Both names must be the same.", ("yes-delete",))
    merchant = await keys.merchant_of(session, arguments.slug)
    await keys.remove_merchant(session, merchant.id)
    return f"Deleted the merchant {arguments.slug} with all that it had.\n"


async def _list_merchants(session: Session, _arguments: argparse.Namespace) -> str:
    rows = [
        [
            each.slug,
            each.name,
            each.gs1_company_prefix or "-",
            each.time_zone,
            f"{each.created_at:%Y-%m-%d}",
        ]
        for each in await keys.merchants(session)
    ]
    return table(["SLUG", "NAME", "GS1 PREFIX", "TIME ZONE", "CREATED"], rows)
