"""What operators do with merchants and their API keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.writing.transaction import Writing, check_remembered
from kit.db.tenant import set_merchant
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.inputs import Input, Name, Zone, spelled
from models.access.followers import FOLLOWERS, JournalFollower
from models.access.keys import ApiKey, LimitName, Merchant, MerchantSecret
from models.access.tokens import issue
from models.access.viewers import OF_A_PARTY, Actor, CompanyRole, usual
from models.base.bindings import bound_tables
from models.base.tables import Base, entity_named
from models.events.access.keys import ApiKeyCreated, ApiKeyRevoked

ONLY_BUYERS = "Only a BUYER has a contact."
Slug = Annotated[str, spelled("[a-z0-9][a-z0-9-]{0,62}", "small letters, digits and hyphens")]
Gs1Prefix = Annotated[str, spelled("[0-9]{4,12}", "a prefix of 4 to 12 digits")]


class MerchantCreate(Input):
    """A tenant to be."""

    slug: Slug = Field(description="Short name: lower-case letters, digits and hyphens.")
    name: Name = Field(description="Name for people.")
    gs1_company_prefix: Gs1Prefix | None = Field(None, description="4 to 12 digits.")
    time_zone: Zone = Field("UTC", description="IANA time zone in which its days are counted.")


class KeyCreate(Input):
    """An API key to be."""

    name: Name = Field(description="Name for people; the journal shows it.")


async def create_merchant(
    session: AsyncSession,
    slug: str,
    name: str,
    now: datetime,
    gs1_company_prefix: str | None = None,
    time_zone: str = "UTC",
) -> Merchant:
    """Create a tenant. Refused: TAKEN when the slug is; INVALID when a value has a wrong form."""
    own = {"gs1_company_prefix": gs1_company_prefix, "time_zone": time_zone}
    command = MerchantCreate.read({"slug": slug, "name": name, **own})
    if await session.scalar(select(Merchant.id).where(Merchant.slug == slug)) is not None:
        raise Refused(Code.TAKEN, f"There is a merchant {slug} already.", ("slug",))
    merchant = Merchant(id=new_id(), created_at=now, **command.model_dump())
    session.add(merchant)
    await session.flush()
    await set_merchant(session, merchant.id)
    session.add(MerchantSecret(merchant_id=merchant.id, id=merchant.id))
    await session.flush()
    return merchant


def begin_followers(session: AsyncSession, merchant_id: UUID) -> None:
    """Let a new tenant's staff see who is to read its journal, before anybody has read it."""
    session.add_all(JournalFollower(merchant_id=merchant_id, name=each) for each in FOLLOWERS)


async def merchants(session: AsyncSession) -> Sequence[Merchant]:
    """Return every tenant, by slug."""
    return (await session.scalars(select(Merchant).order_by(Merchant.slug))).all()


async def merchant_of(session: AsyncSession, slug: str) -> Merchant:
    """Return a tenant. Refused: NOT_FOUND."""
    found = await session.scalar(select(Merchant).where(Merchant.slug == slug))
    if found is None:
        raise Refused(Code.NOT_FOUND, f"There is no merchant {slug}.", ("merchant",))
    return found


async def change_merchant(session: AsyncSession, slug: str, **changes: str | None) -> Merchant:
    """Change what a tenant is called, its GS1 prefix, or where its days are counted.

    changes: columns; None leaves one alone. Refused: NOT_FOUND, INVALID_TIME_ZONE, INVALID.
    """
    merchant = await merchant_of(session, slug)
    kept = {name: getattr(merchant, name) for name in MerchantCreate.model_fields}
    wanted = {name: value for name, value in changes.items() if value is not None}
    for name, value in MerchantCreate.read({**kept, **wanted}).model_dump().items():
        setattr(merchant, name, value)
    return merchant


async def remove_merchant(session: AsyncSession, merchant_id: UUID) -> None:
    """Delete a tenant with all its rows, the journal too."""
    await set_merchant(session, merchant_id)
    for table in reversed(Base.metadata.sorted_tables):
        if "merchant_id" in table.columns:
            await session.execute(delete(table).where(table.c.merchant_id == merchant_id))
    await session.execute(delete(Merchant).where(Merchant.id == merchant_id))


async def create_key(
    session: AsyncSession,
    merchant_id: UUID,
    actor: Actor,
    name: str,
    now: datetime,
    bound_to: UUID | None = None,
    **more: Any,
) -> tuple[ApiKey, str]:
    """Create an API key; returns it and its token, shown only here.

    bound_to: the party, channel, location or carrier of the actor, None for staff only.
    more: columns of the key. Where they do not say otherwise, a buyer's role is BUYER, and the key
    has the scopes that are usual for its actor.
    Refused: INVALID when staff is bound, or another actor is not, or has a role or a contact and is
    no buyer.
    """
    if (actor is Actor.STAFF) != (bound_to is None):
        raise Refused(Code.INVALID, _bindings(), ("bound_to",))
    role = more.get("role") or (CompanyRole.BUYER if actor is Actor.BUYER else None)
    if role is not None and actor is not Actor.BUYER:
        raise Refused(Code.INVALID, "Only a BUYER has a role.", ("role",))
    if more.get("contact_id") is not None and actor is not Actor.BUYER:
        raise Refused(Code.INVALID, ONLY_BUYERS, ("contact_id",))
    await set_merchant(session, merchant_id)
    key_id = new_id()
    token, secret_sha256 = issue(key_id)
    key = ApiKey(
        id=key_id,
        merchant_id=merchant_id,
        actor=actor,
        bound_to=bound_to,
        name=KeyCreate.read({"name": name}).name,
        secret_sha256=secret_sha256,
        created_at=now,
        **{"scopes": sorted(usual(actor, role)), **more, "role": role},
    )
    session.add(key)
    await session.flush()
    return key, token


def record_created(writing: Writing, key: ApiKey) -> None:
    """Note in the journal what a new key may do."""
    writing.record(
        ApiKeyCreated(
            key.id,
            actor=key.actor,
            role=key.role,
            bound_to=key.bound_to,
            contact_id=key.contact_id,
            scopes=tuple(key.scopes),
            expires_at=key.expires_at,
            limits={LimitName(name): number for name, number in key.limits.items()},
            documents=key.documents,
        )
    )


def record_revoked(writing: Writing, key: ApiKey) -> None:
    """Note in the journal that a key has ended."""
    writing.record(ApiKeyRevoked(key.id))


def _bindings() -> str:
    """Say what each actor is bound to."""
    bound = bound_tables()
    texts = [f"a {actor} to {bound[actor][1].text}" for actor in Actor if actor in bound]
    return f"STAFF is bound to nothing, {', '.join(texts)}."


async def binding(
    session: AsyncSession, merchant_id: UUID, actor: Actor, business_key: str | None
) -> UUID | None:
    """Return the id of what a key shall be bound to.

    Refused: INVALID when the actor needs a binding and has none, or the other way round;
    NOT_FOUND when the merchant has no such row; WRONG_STATE for a customer who was forgotten. It is
    held until the key can be seen.
    """
    if (actor is Actor.STAFF) != (business_key is None):
        raise Refused(Code.INVALID, _bindings(), ("bound_to",))
    if business_key is None:
        return None
    await set_merchant(session, merchant_id)
    entity, binding = bound_tables()[actor]
    named = getattr(entity, binding.key) == business_key
    own = (entity.merchant_id == merchant_id, named, *binding.condition(entity))
    row: Any = await session.scalar(select(entity).where(*own).with_for_update(read=True))
    if row is None:
        text = f"The merchant has nothing with the key {business_key} for a {actor}. {_bindings()}"
        raise Refused(Code.NOT_FOUND, text, ("bound_to",))
    if actor in OF_A_PARTY:
        check_remembered(row, ("bound_to",))
    found: UUID = row.id
    return found


async def contact(
    session: AsyncSession, merchant_id: UUID, actor: Actor, party_id: UUID | None, code: str | None
) -> UUID | None:
    """Return the id of the contact of a buyer's company that a key is for, None without a code.

    It is held until the key can be seen. Refused: INVALID for who is no buyer, NOT_FOUND,
    WRONG_STATE for one who was forgotten.
    """
    if code is None:
        return None
    if actor is not Actor.BUYER:
        raise Refused(Code.INVALID, ONLY_BUYERS, ("contact",))
    await set_merchant(session, merchant_id)
    of: Any = entity_named("Contact")
    own = (of.merchant_id == merchant_id, of.party_id == party_id, of.code == code)
    row: Any = await session.scalar(select(of).where(*own).with_for_update(read=True))
    if row is None:
        raise Refused(Code.NOT_FOUND, f"The company has no contact {code}.", ("contact",))
    check_remembered(row, ("contact",))
    found: UUID = row.id
    return found


async def keys_of(
    session: AsyncSession, merchant_id: UUID
) -> list[tuple[ApiKey, str | None, str | None]]:
    """Return the keys of a tenant, oldest first.

    With each the business key of what it is bound to, and the code of the contact who holds it.
    """
    await set_merchant(session, merchant_id)
    keys = {entity: getattr(entity, binding.key) for entity, binding in bound_tables().values()}
    person: Any = entity_named("Contact")
    shown = (ApiKey, func.coalesce(*keys.values()), person.code)
    rows = select(*shown).where(ApiKey.merchant_id == merchant_id)
    held = and_(person.merchant_id == merchant_id, person.id == ApiKey.contact_id)
    rows = rows.outerjoin(person, held)
    for entity in keys:
        bound = and_(entity.merchant_id == merchant_id, entity.id == ApiKey.bound_to)
        rows = rows.outerjoin(entity, bound)
    rows = rows.order_by(ApiKey.id)
    return [(key, code, held) for key, code, held in (await session.execute(rows)).all()]


async def revoke_key(session: AsyncSession, key_id: UUID, now: datetime) -> ApiKey:
    """End a key; one that was revoked before keeps its time. Refused: NOT_FOUND."""
    key = await _held(session, key_id)
    key.revoked_at = key.revoked_at or now
    return key


async def _held(session: AsyncSession, key_id: UUID) -> ApiKey:
    """Lock a key, after whose it is: as who forgets that person does. Refused: NOT_FOUND."""
    key = await session.get(ApiKey, key_id)
    if key is None:
        raise Refused(Code.NOT_FOUND, f"There is no key {key_id}.", ("id",))
    await set_merchant(session, key.merchant_id)
    for name, held in (("Party", key.party_id), ("Contact", key.contact_id)):
        of: Any = entity_named(name)
        rows = select(of.id).where(of.merchant_id == key.merchant_id, of.id == held)
        await session.execute(rows.with_for_update(read=True))
    await session.refresh(key, with_for_update=True)
    return key


async def rotate_key(
    session: AsyncSession,
    key_id: UUID,
    now: datetime,
    own_limits: Mapping[str, int] = MappingProxyType({}),
    **more: Any,
) -> tuple[ApiKey, str]:
    """Make a key like another one; returns it and its token. Both live on.

    own_limits: beside those of the other one. more: columns in which it differs. Refused:
    NOT_FOUND, WRONG_STATE for one that has ended.
    """
    old = await _held(session, key_id)
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise Refused(Code.WRONG_STATE, "This key has ended: create another one.", ("id",))
    return await create_key(
        session,
        old.merchant_id,
        old.actor,
        old.name,
        now,
        old.bound_to,
        role=old.role,
        contact_id=old.contact_id,
        limits={**old.limits, **own_limits},
        documents=old.documents,
        **{"scopes": old.scopes, "expires_at": old.expires_at, **more},
    )
