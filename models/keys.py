"""Merchants, their API keys and the answers kept under idempotency keys."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.ids import new_id
from kit.viewer import Actor
from models.base import Base, OneOf, Owned, check, indexed, known, unique


class Merchant(Base):
    """A tenant: global data, small and rarely written (scale.md, rule 3)."""

    __tablename__ = "merchants"
    __table_args__ = (
        UniqueConstraint("slug", name="slug"),
        check("gs1_prefix_digits", "gs1_company_prefix ~ '^[0-9]{4,12}$'"),
        check("slug_form", "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str]
    name: Mapped[str]
    gs1_company_prefix: Mapped[str | None]
    created_at: Mapped[datetime]


class ApiKey(Base):
    """A bearer token, found by its id before the tenant is known; only its SHA-256 is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (
        known("actor", Actor),
        check("bound_unless_staff", "(actor = 'STAFF') = (bound_to IS NULL)"),
        check("hash_is_sha256", "length(secret_sha256) = 32"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    merchant_id: Mapped[UUID] = mapped_column(index=True)
    actor: Mapped[Actor] = mapped_column(OneOf(Actor))
    bound_to: Mapped[UUID | None]
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret_sha256: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class CounterName(StrEnum):
    """What is counted for each merchant without holes."""

    JOURNAL = "JOURNAL"
    ORDER = "ORDER"
    CONTRACT = "CONTRACT"
    DELIVERY = "DELIVERY"
    SSCC = "SSCC"


class MerchantCounter(Owned):
    """One counter of a merchant: journal position and document numbers (scale.md, rule 5)."""

    __tablename__ = "merchant_counters"
    __table_args__ = (unique("name", "name"), known("name", CounterName))

    name: Mapped[CounterName] = mapped_column(OneOf(CounterName))
    value: Mapped[int] = mapped_column(default=0)


class IdempotencyKey(Owned):
    """The first outcome of a mutation under a client's key, kept for replays."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        unique("key", "api_key_id", "key"),
        indexed("idempotency_keys", "expires_at"),
    )

    api_key_id: Mapped[UUID]
    key: Mapped[str]
    fingerprint: Mapped[bytes]
    outcome: Mapped[dict[str, Any] | None]
    expires_at: Mapped[datetime]
