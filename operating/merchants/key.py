"""`abruf key`: API keys."""

import argparse
from datetime import datetime
from uuid import UUID

from commands.access import keys
from kit.clock import now
from kit.db.sessions import Session
from kit.errors import Code, Refused
from models.access.viewers import Actor, CompanyRole, Scope, allowed
from operating.reached import in_session, recording
from operating.words import table


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare its verbs."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    create = verbs.add_parser("create", help="create a key; its token is shown only then")
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
    create.set_defaults(run=in_session(_create_key))
    verbs.add_parser("list", help="list keys").set_defaults(run=in_session(_list_keys))
    revoke = verbs.add_parser("revoke", help="end a key at once")
    revoke.add_argument("id", type=UUID, metavar="ID", help="the key's id, as `key list` shows it")
    revoke.set_defaults(run=in_session(_revoke_key))


async def _create_key(session: Session, arguments: argparse.Namespace) -> str:
    """Say the token in a line of its own, the last one."""
    merchant, actor = await keys.merchant_of(session, arguments.merchant), Actor(arguments.actor)
    bound_to = await keys.binding(session, merchant.id, actor, arguments.bound_to)
    role = CompanyRole(arguments.role) if arguments.role else None
    own = {} if arguments.scopes is None else {"scopes": _allowed(arguments.scopes, actor, role)}
    key, token = await keys.create_key(
        session, merchant.id, actor, arguments.name, now(), bound_to, role=role, **own
    )
    async with recording(session, merchant.id) as writing:
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
    return table(["ID", "MERCHANT", "ACTOR", "BOUND TO", "ROLE", *days, "NAME"], rows)


def _day(when: datetime | None) -> str:
    return "-" if when is None else f"{when:%Y-%m-%d}"


async def _revoke_key(session: Session, arguments: argparse.Namespace) -> str:
    when = now()
    key = await keys.revoke_key(session, arguments.id, when)
    if key.revoked_at == when:
        async with recording(session, key.merchant_id) as writing:
            keys.record_revoked(writing, key)
    return f"The key {key.id} ({key.name}) is revoked.\n"
