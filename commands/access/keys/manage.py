"""What a merchant's staff do with API keys: nobody gives more than they have."""

from dataclasses import asdict, fields
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from commands.access.keys.operate import (
    ONLY_BUYERS,
    create_key,
    record_created,
    record_revoked,
)
from commands.writing.transaction import Outcome, Writing, check_remembered, missing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import Names
from kit.inputs import (
    Bulk,
    Command,
    Input,
    Instant,
    Name,
    StandIns,
    camel,
    refuse_duplicates,
)
from kit.limits import Limits
from models.access.keys import ApiKey
from models.access.tokens import Shown
from models.access.viewers import Actor, CompanyRole, Documents, Scope, allowed, usual
from models.base.acts import Act
from models.base.bindings import bound_tables
from models.base.tables import entity_named

LIMITS = tuple(it.name for it in fields(Limits) if it.name not in {"statement", "unpaid", "effort"})
"""What a key may have numbers of its own for; what PostgreSQL's time is worth is one for all."""
_WIDENING = (Documents.REGISTERED, Documents.REGISTERED_AND_EXPLORE, Documents.ANY)


def _known(limit: str) -> str:
    if limit not in LIMITS:
        text = f"This is none of {', '.join(LIMITS)}."
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
    return limit


class KeyLimit(Input):
    """A limit of one key's operations."""

    limit: Annotated[str, AfterValidator(_known), StandIns(LIMITS[0], LIMITS[-1])] = Field(
        description=f"Which limit: {', '.join(LIMITS)}."
    )
    value: int = Field(ge=1, description="The most; what the server allows at most.")


class ApiKeyCreate(Command):
    """An API key to be."""

    name: Name | None = Field(
        None, description="Name for people; the journal shows it. The actor's kind when left out."
    )
    actor: Actor = Field(description="Who uses it.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="The customer of a BUYER, the carrier of a CARRIER."
    )
    channel_id: Annotated[UUID, Names("Channel")] | None = Field(
        None, description="The channel of a STOREFRONT."
    )
    location_id: Annotated[UUID, Names("Location")] | None = Field(
        None, description="The location of a WAREHOUSE."
    )
    role: CompanyRole | None = Field(
        None, description="What a BUYER may do for its company; BUYER when left out."
    )
    contact_id: Annotated[UUID, Names("Contact")] | None = Field(
        None,
        description="The contact of a BUYER's company that it is for; none for a key of several"
        " people or a program.",
    )
    scopes: Bulk[Scope] | None = Field(
        None,
        description="What it allows; when left out, all that its actor may have, but for a BUYER or"
        " STOREFRONT `PRICES_STATE` and `PAYMENTS_WRITE`.",
    )
    expires_at: Instant | None = Field(
        None, description="When it ends by itself; when left out, it lasts until it is revoked."
    )
    limits: Bulk[KeyLimit] | None = Field(
        None, description="Limits in place of the server's; the others are yours."
    )
    documents: Documents = Field(Documents.ANY, description="Which documents it may send.")


class ApiKeyRevoke(Command):
    """The end of an API key."""

    api_key_id: Annotated[UUID, Names("ApiKey")] = Field(description="The key.")


@verb(
    Act(Scope.KEYS_MANAGE),
    "Make an API key. Nobody gives scopes, limits or documents that they lack. To rotate a"
    " key, make a second one like it, let its holder change over, see in `lastUsedAt` that the"
    " first one rests, and revoke that.",
)
async def create(writing: Writing, command: ApiKeyCreate) -> Outcome:
    """Make a key, beside others of the same holder: that is how they are rotated.

    Refused: INVALID for a binding, role, contact or scope that the actor does not have, NOT_FOUND
    for a binding or contact that is not there, WRONG_STATE for one that was forgotten, NOT_ALLOWED
    for scopes and documents that the viewer does not have, INVALID_DATE for an end that has passed,
    OUT_OF_RANGE for a limit above that of the server or of the viewer, DUPLICATE.
    """
    _check(writing, command)
    bound_to = None
    with writing.refusals:
        bound_to = await _bound_to(writing, command)
    with writing.refusals:
        await _check_contact(writing, command, bound_to)
    scopes = _scopes(writing, command)
    writing.refusals.end()
    limits = {it.limit: it.value for it in command.limits or ()}
    key, token = await create_key(
        writing.session,
        writing.viewer.merchant_id,
        command.actor,
        command.name or command.actor.value.capitalize(),
        writing.now,
        bound_to,
        role=command.role,
        contact_id=command.contact_id,
        scopes=scopes,
        expires_at=command.expires_at,
        limits={**writing.viewer.limits, **limits},
        documents=command.documents,
    )
    record_created(writing, key)
    return {"api_key_id": key.id, "token": Shown(token)}


def _check(writing: Writing, command: ApiKeyCreate) -> None:
    """Keep what is refused of it, but for what it is bound to and its scopes."""
    refusals = writing.refusals
    with refusals:
        if command.expires_at is not None and command.expires_at <= writing.now:
            raise Refused(Code.INVALID_DATE, "This instant has passed.", ("expires_at",))
    with refusals:
        if _WIDENING.index(command.documents) > _WIDENING.index(writing.viewer.documents):
            text = "Your own key may send fewer documents."
            raise Refused(Code.NOT_ALLOWED, text, ("documents",))
    with refusals:
        refuse_duplicates((it.limit for it in command.limits or ()), ("limits",), "limit")
    most = {**asdict(writing.limits), **writing.viewer.limits}
    for place, each in enumerate(command.limits or ()):
        with refusals:
            if each.value > most[each.limit]:
                text = f"At most {most[each.limit]}: only operators give more."
                raise Refused(Code.OUT_OF_RANGE, text, ("limits", place, "value"))


def _scopes(writing: Writing, command: ApiKeyCreate) -> list[Scope]:
    """Refused: INVALID beyond the actor, NOT_ALLOWED beyond the viewer."""
    most = allowed(command.actor, command.role)
    wanted = usual(command.actor, command.role) if command.scopes is None else command.scopes
    for place, scope in enumerate(wanted):
        path = ("scopes",) if command.scopes is None else ("scopes", place)
        if scope not in most:
            text = f"A {command.role or command.actor} cannot have the scope {scope}."
            raise Refused(Code.INVALID, text, path)
        if not writing.viewer.may(scope):
            text = f"Your own key lacks the scope {scope}."
            raise Refused(Code.NOT_ALLOWED, text, path)
    return sorted(set(wanted))


async def _bound_to(writing: Writing, command: ApiKeyCreate) -> UUID | None:
    """Return the id of what the key is bound to. Refused: INVALID, NOT_FOUND."""
    entity, binding = bound_tables().get(command.actor, (None, None))
    own = None if entity is None else f"{entity.__name__.lower()}_id"
    found: UUID | None = None
    for field in ("party_id", "channel_id", "location_id"):
        value: UUID | None = getattr(command, field)
        if (value is not None) != (field == own):
            text = f"A {command.actor} is bound by {camel(own) if own else 'nothing'}."
            raise Refused(Code.INVALID, text, (field,))
        found = value or found
    if entity is None or binding is None or own is None:
        return None
    rows = writing.seen(entity).where(entity.id == found, *binding.condition(entity))
    # Held, so that it stays what it is bound as until the key can be seen.
    there = await writing.all(rows.with_for_update(of=entity, read=True))
    if not there:
        raise missing(entity, (own,))
    if own == "party_id":
        check_remembered(there[0], (own,))
    return found


async def _check_contact(writing: Writing, command: ApiKeyCreate, party: UUID | None) -> None:
    """Hold the contact, so that who forgets it meanwhile finds the key.

    party: None where it was refused itself. Refused: INVALID for who is no buyer and for another
    party's contact, NOT_FOUND, WRONG_STATE for one who was forgotten.
    """
    key, path = command.contact_id, ("contact_id",)
    if key is None:
        return
    if command.actor is not Actor.BUYER:
        raise Refused(Code.INVALID, ONLY_BUYERS, path)
    of: Any = entity_named("Contact")
    rows = writing.seen(of).where(of.id == key)
    found = await writing.all(rows.with_for_update(of=of, read=True))
    if not found:
        raise missing(of, path)
    if party is not None and found[0].party_id != party:
        raise Refused(Code.INVALID, "This is a contact of another party.", path)
    check_remembered(found[0], path)


@verb(
    Act(Scope.KEYS_MANAGE),
    "End an API key: within five seconds no process answers to it.",
)
async def revoke(writing: Writing, command: ApiKeyRevoke) -> Outcome:
    """End a key; one that was revoked before keeps its time. Refused: NOT_FOUND."""
    wanted = {command.api_key_id: ("api_key_id",)}
    key = (await writing.lock(ApiKey, wanted))[command.api_key_id]
    if key.revoked_at is None:
        key.revoked_at = writing.now
        record_revoked(writing, key)
    return {"api_key_id": key.id}
