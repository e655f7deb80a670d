"""Merchants, their API keys and the answers kept under idempotency keys."""

from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, UniqueConstraint, case, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, aliased, mapped_column

from kit.db.statements import UNRECORDED
from kit.ids import new_id
from kit.limits import Limits
from models.access.tokens import new_secret
from models.access.viewers import OF_A_PARTY, Actor, CompanyRole, Documents, Scope
from models.base.tables import (
    Base,
    OfMerchant,
    OneOf,
    Owned,
    Secret,
    check,
    indexed,
    known,
    unique,
)
from models.base.visibility import AnyViewer, Seen, merchant


class Merchant(Base):
    """A tenant: global data, small and rarely written. time_zone: where its days begin, IANA."""

    __tablename__ = "merchants"
    __table_args__ = (
        UniqueConstraint("slug", name="slug"),
        check("gs1_prefix_digits", "gs1_company_prefix ~ '^[0-9]{4,12}$'"),
        check("time_zone_there", "time_zone <> ''"),
        check("slug_form", "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'"),
        {"info": UNRECORDED},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str]
    name: Mapped[str]
    gs1_company_prefix: Mapped[str | None]
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    created_at: Mapped[datetime]


def zone_of_days(merchant: ColumnElement[Any]) -> Any:
    """Return the zone in which a merchant counts days, for an expression. merchant: its id."""
    return select(Merchant.time_zone).where(Merchant.id == merchant).scalar_subquery()


class MerchantSecret(Owned):
    """What signs the access tokens of a merchant's orders, behind its wall; id: the merchant's."""

    __tablename__ = "merchant_secrets"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        check("one_a_merchant", "id = merchant_id"),
        check("length", "length(token_secret) = 32"),
    )

    token_secret: Mapped[Secret] = mapped_column(default=new_secret)


def secret_of(viewer: AnyViewer) -> Select[Any]:
    """Select what signs the access tokens of the viewer's merchant's orders.

    No viewer sees it: it is for what is made of it.
    """
    kept = aliased(MerchantSecret)
    return select(kept.token_secret).where(kept.merchant_id == merchant(viewer))


class ApiKey(OfMerchant):
    """A bearer token, found by its id before the tenant is known; only its SHA-256 is kept.

    role: of a buyer. contact_id: the person at its company whose a buyer's key is, if it is one
    person's; like `bound_to` by no foreign key, for the table is global. limits: name of a limit
    (`kit.limits.Limits`) -> the key's own number.
    """

    __tablename__ = "api_keys"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        known("actor", Actor),
        check("bound_unless_staff", "(actor = 'STAFF') = (bound_to IS NULL)"),
        check("hash_is_sha256", "length(secret_sha256) = 32"),
        known("role", CompanyRole),
        check("role_of_buyers", "(actor = 'BUYER') = (role IS NOT NULL)"),
        known("documents", Documents),
        check("contact_of_buyers", "contact_id IS NULL OR actor = 'BUYER'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    merchant_id: Mapped[UUID] = mapped_column(index=True)
    actor: Mapped[Actor] = mapped_column(OneOf(Actor))
    bound_to: Mapped[UUID | None]
    name: Mapped[str]
    scopes: Mapped[list[Scope]] = mapped_column(ARRAY(OneOf(Scope)))
    secret_sha256: Mapped[Secret]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None] = mapped_column(info=UNRECORDED)
    role: Mapped[CompanyRole | None] = mapped_column(OneOf(CompanyRole))
    contact_id: Mapped[UUID | None]
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    documents: Mapped[Documents] = mapped_column(
        OneOf(Documents), default=Documents.ANY, server_default=Documents.ANY.value
    )

    @hybrid_property
    def party_id(self) -> UUID | None:
        """The company of a buyer, or the carrier."""
        return self.bound_to if self.actor in OF_A_PARTY else None

    @party_id.inplace.expression
    @classmethod
    def _party_id(cls) -> ColumnElement[UUID | None]:
        return case((cls.actor.in_(sorted(OF_A_PARTY)), cls.bound_to))

    @hybrid_property
    def channel_id(self) -> UUID | None:
        """The channel of a storefront."""
        return self.bound_to if self.actor is Actor.STOREFRONT else None

    @channel_id.inplace.expression
    @classmethod
    def _channel_id(cls) -> ColumnElement[UUID | None]:
        return case((cls.actor == Actor.STOREFRONT, cls.bound_to))

    @hybrid_property
    def location_id(self) -> UUID | None:
        """The location of a warehouse."""
        return self.bound_to if self.actor is Actor.WAREHOUSE else None

    @location_id.inplace.expression
    @classmethod
    def _location_id(cls) -> ColumnElement[UUID | None]:
        return case((cls.actor == Actor.WAREHOUSE, cls.bound_to))


class CounterName(StrEnum):
    """What is counted for each merchant without holes."""

    JOURNAL = "JOURNAL"
    ORDER = "ORDER"
    CONTRACT = "CONTRACT"
    DELIVERY = "DELIVERY"
    SSCC = "SSCC"


PREFIXES = {CounterName.ORDER: "O", CounterName.CONTRACT: "C", CounterName.DELIVERY: "D"}


class MerchantCounter(Owned):
    """One counter of a merchant, a row each: journal position and document numbers.

    It is raised in the transaction that uses the number, so that there are no holes.
    """

    __tablename__ = "merchant_counters"
    __seen__: ClassVar[Seen] = {}
    __found__ = True
    __table_args__ = (unique("name", "name"), known("name", CounterName), {"info": UNRECORDED})

    name: Mapped[CounterName] = mapped_column(OneOf(CounterName))
    value: Mapped[int] = mapped_column(default=0)


class IdempotencyKey(Owned):
    """The first outcome of a mutation under a client's key, kept for replays."""

    __tablename__ = "idempotency_keys"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        unique("key", "api_key_id", "key"),
        indexed("idempotency_keys", "expires_at"),
        {"info": UNRECORDED},
    )

    api_key_id: Mapped[UUID]
    key: Mapped[str]
    fingerprint: Mapped[bytes]
    outcome: Mapped[dict[str, Any] | None]
    expires_at: Mapped[datetime]


LimitName = StrEnum("LimitName", [it.name for it in fields(Limits)])  # type: ignore[misc] # The limits are declared once.
"""What a key may have a number of its own for."""
