"""What operators do: merchants, API keys, documents (`python -m commands --help`).

The database is that of ABRUF_DATABASE_URL, or the embedded one, brought to its newest revision
first. Exit codes: 0 done, 1 refused or no database, 2 wrong words.
"""

import argparse
import asyncio
import csv
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

import migrations
from commands.access import documents, keys
from commands.master.prices import imports
from commands.messages.readers import folders
from commands.writing import journal
from commands.writing.running import Author, run
from commands.writing.transaction import Writing
from kit import embedded
from kit.clock import now
from kit.config import from_environment
from kit.db.database import Database
from kit.db.role import app_role
from kit.db.sessions import Session
from kit.db.tenant import set_merchant
from kit.errors import Code, Refused
from models.access.viewers import Actor, CompanyRole, Scope, Viewer, allowed

_KEEP = timedelta(0)
"""Answers are kept for nobody: no command here has an idempotency key."""


def main(words: Sequence[str]) -> None:
    """Run what the words ask for; SystemExit carries the reason when it is not done."""
    arguments = _parser().parse_args(words)
    try:
        with embedded.addresses(from_environment()) as server:
            migrations.upgrade(server.owner_url, app_role(server.owner_url, server.app_url))
            asyncio.run(_run(server.owner_url, arguments))
    except Refused as refused:
        sys.exit(
            "\n".join(f"{'.'.join(map(str, it.path))}: {it.message}" for it in refused.problems)
        )
    except migrations.NewerSchemaError as error:
        sys.exit(str(error))
    except embedded.EmbeddedPostgresError as error:
        sys.exit(f"PostgreSQL does not start: {error}")
    except (OSError, SQLAlchemyError, CommandError) as error:
        sys.exit(f"The database cannot be used: {error}")


async def _run(url: str, arguments: argparse.Namespace) -> None:
    database = Database(url)
    try:
        output = await arguments.run(database, arguments)
        sys.stdout.write(output)
    finally:
        await database.close()


def _in_session(
    run: Callable[[Session, argparse.Namespace], Awaitable[str]],
) -> Callable[[Database, argparse.Namespace], Awaitable[str]]:
    """Let a command run in one transaction."""

    async def within(database: Database, arguments: argparse.Namespace) -> str:
        async with database.writing(None) as session:
            return await run(session, arguments)

    return within


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m commands", description="Operate Abruf.")
    nouns = parser.add_subparsers(metavar="NOUN", required=True)
    merchant = nouns.add_parser("merchant", help="tenants").add_subparsers(
        metavar="VERB", required=True
    )
    create = merchant.add_parser("create", help="create a merchant")
    create.add_argument("--slug", required=True, help="lower-case letters, digits and hyphens")
    create.add_argument("--name", required=True, help="name for people")
    create.add_argument("--gs1-prefix", help="GS1 company prefix, for SSCCs")
    create.set_defaults(run=_in_session(_create_merchant))
    zone = "IANA time zone in which its days are counted; UTC if not given"
    create.add_argument("--time-zone", default="UTC", help=zone)
    change = merchant.add_parser("change", help="let a merchant count its days elsewhere")
    change.add_argument("--slug", required=True, help="whose days they are")
    change.add_argument("--time-zone", required=True, help="IANA time zone")
    change.set_defaults(run=_in_session(_change_merchant))
    merchant.add_parser("list", help="list merchants").set_defaults(
        run=_in_session(_list_merchants)
    )
    _add_key_words(nouns.add_parser("key", help="API keys"))
    _add_document_words(nouns.add_parser("document", help="trusted documents"))
    _add_price_words(nouns.add_parser("price", help="price lists"))
    _add_edi_words(nouns.add_parser("edi", help="interchanges of a folder"))
    return parser


def _add_price_words(parser: argparse.ArgumentParser) -> None:
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
    load.add_argument("--lists", type=_file, metavar="FILE", help=lists)
    prices = "columns price_list_code, product_sku, packaging, from_quantity, unit_price, is_active"
    load.add_argument("--entries", type=_file, metavar="FILE", help=prices)
    load.set_defaults(run=_import_prices)


def _add_edi_words(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Take in the EDIFACT files that lie in a folder, read their messages, and write what is to"
        " be sent. Files that were taken in move to its folder `done`, what is to be sent lies in"
        " `out`. Names that begin with a dot or end in .tmp or .part are left alone: rename a file"
        " once it is whole."
    )
    parser.add_argument("--merchant", required=True, metavar="SLUG", help="whose partners")
    parser.add_argument("folder", type=_folder, metavar="FOLDER", help="where the files lie")
    parser.set_defaults(run=_exchange)


def _add_document_words(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    register = verbs.add_parser("register", help="let clients name what their compiler has written")
    register.add_argument("--merchant", required=True, metavar="SLUG", help="whose clients")
    register.add_argument(
        "texts", type=_texts, metavar="FILE", help="JSON, an object of ids and texts of documents"
    )
    register.set_defaults(run=_in_session(_register_documents))


def _add_key_words(parser: argparse.ArgumentParser) -> None:
    key = parser.add_subparsers(metavar="VERB", required=True)
    create = key.add_parser("create", help="create a key; its token is shown only then")
    create.add_argument("--merchant", required=True, metavar="SLUG", help="whose key it is")
    actors = [actor.value for actor in Actor]
    create.add_argument("--actor", required=True, choices=actors, help="who uses it")
    create.add_argument("--name", required=True, help="name for people; the journal shows it")
    create.add_argument(
        "--bound-to",
        metavar="CODE",
        help="number of the buyer's or carrier's party, code of the channel or location",
    )
    roles = [role.value for role in CompanyRole]
    create.add_argument("--role", choices=roles, help="what a buyer may do; BUYER if not given")
    create.add_argument(
        "--scopes",
        type=_scopes,
        metavar="SCOPE,...",
        help="what it allows; what is usual for its actor if not given",
    )
    create.set_defaults(run=_in_session(_create_key))
    key.add_parser("list", help="list keys").set_defaults(run=_in_session(_list_keys))
    revoke = key.add_parser("revoke", help="end a key at once")
    revoke.add_argument("id", type=UUID, metavar="ID", help="the key's id, as `key list` shows it")
    revoke.set_defaults(run=_in_session(_revoke_key))


@asynccontextmanager
async def _recording(session: Session, merchant_id: UUID) -> AsyncIterator[Writing]:
    """Give what an operator records with; the journal tells as which user of the system."""
    writing = Writing(session, _operator(merchant_id), now())
    yield writing
    await journal.append(writing)


def _operator(merchant_id: UUID) -> Viewer:
    """Return who operates, as the journal knows it."""
    who = f"uid {os.getuid()}"
    key_id = uuid5(NAMESPACE_OID, who)
    return Viewer(merchant_id, Actor.STAFF, key_id, "Operator", subject=who)


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
    return _table(["SLUG", "NAME", "GS1 PREFIX", "TIME ZONE", "CREATED"], rows)


async def _create_key(session: Session, arguments: argparse.Namespace) -> str:
    """Say the token in a line of its own, the last one."""
    merchant, actor = await keys.merchant_of(session, arguments.merchant), Actor(arguments.actor)
    bound_to = await keys.binding(session, merchant.id, actor, arguments.bound_to)
    role = CompanyRole(arguments.role) if arguments.role else None
    own = {} if arguments.scopes is None else {"scopes": _allowed(arguments.scopes, actor, role)}
    key, token = await keys.create_key(
        session, merchant.id, actor, arguments.name, now(), bound_to, role=role, **own
    )
    async with _recording(session, merchant.id) as writing:
        keys.record_created(writing, key)
    return f"Created the key {key.id}. Its token is shown only this once:\n{token}\n"


def _scopes(text: str) -> list[Scope]:
    """Return scopes that stand with commas between them, each once."""
    try:
        return sorted({Scope(name.strip()) for name in text.split(",")})
    except ValueError as error:
        message = f"{error}: there are {', '.join(Scope)}"
        raise argparse.ArgumentTypeError(message) from error


def _allowed(scopes: list[Scope], actor: Actor, role: CompanyRole | None) -> list[Scope]:
    """Return the scopes of a key. Refused: INVALID for one that its actor cannot have."""
    if beyond := [it for it in scopes if it not in allowed(actor, role)]:
        text = f"A {role or actor} cannot have {', '.join(beyond)}."
        raise Refused(Code.INVALID, text, ("scopes",))
    return scopes


async def _list_keys(session: Session, _arguments: argparse.Namespace) -> str:
    rows = [
        [
            str(key.id),
            merchant.slug,
            key.actor.value,
            bound_to or "-",
            key.role.value if key.role else "-",
            *map(_day, (key.created_at, key.expires_at, key.last_used_at, key.revoked_at)),
            key.name,
        ]
        for merchant in await keys.merchants(session)
        for key, bound_to in await keys.keys_of(session, merchant.id)
    ]
    days = ["CREATED", "EXPIRES", "LAST USED", "REVOKED"]
    return _table(["ID", "MERCHANT", "ACTOR", "BOUND TO", "ROLE", *days, "NAME"], rows)


def _day(when: datetime | None) -> str:
    return "-" if when is None else f"{when:%Y-%m-%d}"


async def _revoke_key(session: Session, arguments: argparse.Namespace) -> str:
    when = now()
    key = await keys.revoke_key(session, arguments.id, when)
    if key.revoked_at == when:
        async with _recording(session, key.merchant_id) as writing:
            keys.record_revoked(writing, key)
    return f"The key {key.id} ({key.name}) is revoked.\n"


async def _register_documents(session: Session, arguments: argparse.Namespace) -> str:
    merchant = await keys.merchant_of(session, arguments.merchant)
    await set_merchant(session, merchant.id)
    found = [
        documents.DocumentRegister.read({"id": key, "text": text}, ("documents", key))
        for key, text in arguments.texts.items()
    ]
    await documents.registered(session, merchant.id, found, now())
    return f"Registered {len(found)} documents of {merchant.slug}.\n"


async def _import_prices(database: Database, arguments: argparse.Namespace) -> str:
    """Write lists before their prices; a refusal names the file."""
    async with database.writing(None) as session:
        merchant = await keys.merchant_of(session, arguments.merchant)
    author = Author(_operator(merchant.id), now(), _KEEP)
    files = ((arguments.lists, imports.LISTS), (arguments.entries, imports.ENTRIES))
    lines = []
    for path, kind in files:
        if path is not None:
            with path.open(newline="", encoding="utf-8-sig") as file:
                try:
                    done = await imports.import_csv(partial(run, database, author), kind, file)
                except Refused as refused:
                    problems = [it.below((path.name,)) for it in refused.problems]
                    raise Refused.of(problems) from refused
                except (UnicodeDecodeError, csv.Error) as error:
                    text = f"This is no CSV in UTF-8: {error}."
                    raise Refused(Code.INVALID, text, (path.name,)) from error
            counts = ", ".join(f"{number} {how.lower()}" for how, number in sorted(done.items()))
            lines.append(f"{path.name}: {counts or 'nothing'}.\n")
    return "".join(lines)


async def _exchange(database: Database, arguments: argparse.Namespace) -> str:
    async with database.writing(None) as session:
        merchant = await keys.merchant_of(session, arguments.merchant)
    author = Author(_operator(merchant.id), now(), _KEEP)
    done = await folders.exchange(database, author, arguments.folder)
    counts = f"{', '.join(f'{done[it]} {it}' for it in folders.COUNTED)}."
    if done[folders.FAILED]:
        raise SystemExit(counts)
    return f"{counts}\n"


def _folder(path: str) -> Path:
    """Return the path of a folder that is there."""
    if not Path(path).is_dir():
        message = f"there is no folder {path}"
        raise argparse.ArgumentTypeError(message)
    return Path(path)


def _file(path: str) -> Path:
    """Return the path of a file that is there."""
    if not Path(path).is_file():
        message = f"there is no file {path}"
        raise argparse.ArgumentTypeError(message)
    return Path(path)


def _texts(path: str) -> dict[str, object]:
    """Read what compilers of clients write."""
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not isinstance(found, dict):
        message = "it is no object"
        raise argparse.ArgumentTypeError(message)
    return found


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Line columns up, two spaces apart."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "".join(f"{line.rstrip()}\n" for line in padded)


if __name__ == "__main__":
    main(sys.argv[1:])
