"""`abruf merchant`: tenants."""

import argparse

from commands.access import keys
from kit.clock import now
from kit.db.sessions import Session
from operating.reached import in_session
from operating.words import table


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
    change = merchant.add_parser("change", help="let a merchant count its days elsewhere")
    change.add_argument("--slug", required=True, help="whose days they are")
    change.add_argument("--time-zone", required=True, help="IANA time zone")
    change.set_defaults(run=in_session(_change_merchant))
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
    return f"Created the merchant {made.slug}.\n"


async def _change_merchant(session: Session, arguments: argparse.Namespace) -> str:
    changed = await keys.change_merchant(session, arguments.slug, arguments.time_zone)
    return f"The days of {changed.slug} are those of {changed.time_zone}.\n"


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
