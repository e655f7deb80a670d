"""`abruf key`: API keys."""

import argparse
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from commands.access.keys import operate as keys
from commands.access.keys.manage import LIMITS
from kit.clock import now
from kit.db.sessions import Session
from kit.errors import Code, Refused
from kit.limits import MOST
from models.access.keys import ApiKey
from models.access.viewers import Actor, CompanyRole, Scope, allowed
from operating.reached import in_session, recording
from operating.words import table

FoundKey = tuple[str, ApiKey, str | None, str | None]
"""A merchant's slug, its key, the business key of what that is bound to, its contact's code."""
_SHOWN = ["id", "actor", "role", "name", "scopes", "limits", "documents"]
_SHOWN += ["created_at", "expires_at", "last_used_at", "revoked_at"]
_UNTIL = "when it ends by itself, such as 2027-01-01T00:00:00Z"
_CREATED = "Created the key {id}. Its token is shown only this once:\n{token}\n"


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
    create.add_argument(
        "--contact", metavar="CODE", help="of the buyer's company: the person whose key it is"
    )
    roles = [role.value for role in CompanyRole]
    create.add_argument("--role", choices=roles, help="what a buyer may do; BUYER if not given")
    create.add_argument(
        "--scopes",
        type=_scopes,
        metavar="SCOPE,...",
        help="what it allows; what is usual for its actor if not given",
    )
    create.add_argument("--expires-at", type=_instant, metavar="INSTANT", help=_UNTIL)
    _add_limits(create)
    create.set_defaults(run=in_session(_create_key))
    _add_others(verbs)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        type=_limit,
        action="append",
        metavar="NAME=NUMBER",
        help=f"a limit of its own, above the server's too; again for another: {', '.join(LIMITS)}",
    )


def _add_others(verbs: Any) -> None:
    """Declare what is done with keys that are there."""
    listed = verbs.add_parser("list", help="list keys")
    listed.add_argument("--merchant", metavar="SLUG", help="of one merchant only")
    listed.add_argument("--actor", choices=list(Actor), help="of one kind only")
    listed.add_argument("--active", action="store_true", help="only those that have not ended")
    listed.add_argument("--json", action="store_true", help="one JSON array, scopes too")
    listed.set_defaults(run=in_session(_list_keys))
    revoke = verbs.add_parser("revoke", help="end a key at once")
    revoke.add_argument("id", type=UUID, metavar="ID", help="the key's id, as `key list` shows it")
    revoke.set_defaults(run=in_session(_revoke_key))
    rotate = verbs.add_parser(
        "rotate",
        help="create a key like another one; its token is shown only then",
        description="The other one goes on until it is revoked, unless --revoke says at once.",
    )
    rotate.add_argument("id", type=UUID, metavar="ID", help="the key's id, as `key list` shows it")
    rotate.add_argument("--scopes", type=_scopes, metavar="SCOPE,...", help="other scopes")
    rotate.add_argument("--expires-at", type=_instant, metavar="INSTANT", help=_UNTIL)
    _add_limits(rotate)
    rotate.add_argument("--revoke", action="store_true", help="end the other one at once")
    rotate.set_defaults(run=in_session(_rotate_key))


async def _create_key(session: Session, arguments: argparse.Namespace) -> str:
    """Say the token in a line of its own, the last one."""
    merchant, actor = await keys.merchant_of(session, arguments.merchant), Actor(arguments.actor)
    bound_to = await keys.binding(session, merchant.id, actor, arguments.bound_to)
    contact_id = await keys.contact(session, merchant.id, actor, bound_to, arguments.contact)
    role = CompanyRole(arguments.role) if arguments.role else None
    scopes = arguments.scopes
    own = {} if scopes is None else {"scopes": _allowed(scopes, actor, role)}
    key, token = await keys.create_key(
        session,
        merchant.id,
        actor,
        arguments.name,
        now(),
        bound_to,
        role=role,
        contact_id=contact_id,
        expires_at=arguments.expires_at,
        limits=dict(arguments.limit or ()),
        **own,
    )
    async with recording(session, merchant.id) as writing:
        keys.record_created(writing, key)
    return _CREATED.format(id=key.id, token=token)


async def _rotate_key(session: Session, arguments: argparse.Namespace) -> str:
    """Say the token in a line of its own, the last one."""
    when, wanted = now(), {"scopes": arguments.scopes, "expires_at": arguments.expires_at}
    more: dict[str, Any] = {name: it for name, it in wanted.items() if it is not None}
    if arguments.limit:
        more["own_limits"] = dict(arguments.limit)
    key, token = await keys.rotate_key(session, arguments.id, when, **more)
    _allowed(key.scopes, key.actor, key.role)
    async with recording(session, key.merchant_id) as writing:
        keys.record_created(writing, key)
        if arguments.revoke:
            keys.record_revoked(writing, await keys.revoke_key(session, arguments.id, when))
    return _CREATED.format(id=key.id, token=token)


def _instant(text: str) -> datetime:
    """Read an instant with its zone, such as 2027-01-01T00:00:00Z, that has not passed."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if found.tzinfo is None or found <= now():
        message = f"{text} names no zone, or has passed"
        raise argparse.ArgumentTypeError(message)
    return found


def _limit(text: str) -> tuple[str, int]:
    """Read a limit and its number, such as bucket=50000."""
    name, _, number = text.partition("=")
    is_number = number.isascii() and number.isdecimal()
    if name not in LIMITS or not is_number or not 0 < int(number) <= MOST:
        most = f"a number from 1 to {MOST:,} of {', '.join(LIMITS)}"
        message = f"{text} is not like bucket=50000: {most}"
        raise argparse.ArgumentTypeError(message)
    return name, int(number)


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


async def _list_keys(session: Session, arguments: argparse.Namespace) -> str:
    found, slug = [], arguments.merchant
    of = await keys.merchants(session) if slug is None else [await keys.merchant_of(session, slug)]
    for merchant in of:
        found += [(merchant.slug, *it) for it in await keys.keys_of(session, merchant.id)]
    found = [it for it in found if arguments.actor in {None, it[1].actor}]
    if arguments.active:
        found = [it for it in found if _is_active(it[1])]
    return _as_json(found) if arguments.json else _as_table(found)


def _is_active(key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now())


def _as_json(found: Sequence[FoundKey]) -> str:
    rows = [
        {"merchant": slug, "bound_to": bound_to, "contact": contact}
        | {it: getattr(key, it) for it in _SHOWN}
        for slug, key, bound_to, contact in found
    ]
    return f"{orjson.dumps(rows, default=str, option=orjson.OPT_INDENT_2).decode()}\n"


def _as_table(found: Sequence[FoundKey]) -> str:
    rows = [
        [
            str(key.id),
            slug,
            key.actor.value,
            bound_to or "-",
            contact or "-",
            key.role.value if key.role else "-",
            *map(_day, (key.created_at, key.expires_at, key.last_used_at, key.revoked_at)),
            key.name,
        ]
        for slug, key, bound_to, contact in found
    ]
    days = ["CREATED", "EXPIRES", "LAST USED", "REVOKED"]
    return table(["ID", "MERCHANT", "ACTOR", "BOUND TO", "CONTACT", "ROLE", *days, "NAME"], rows)


def _day(when: datetime | None) -> str:
    return "-" if when is None else f"{when:%Y-%m-%d}"


async def _revoke_key(session: Session, arguments: argparse.Namespace) -> str:
    when = now()
    key = await keys.revoke_key(session, arguments.id, when)
    if key.revoked_at == when:
        async with recording(session, key.merchant_id) as writing:
            keys.record_revoked(writing, key)
    return f"The key {key.id} ({key.name}) is revoked.\n"
