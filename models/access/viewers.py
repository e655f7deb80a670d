"""Who asks: a merchant's actor with its scopes and what it is bound to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Actor(StrEnum):
    """The five kinds of actors."""

    STAFF = "STAFF"
    BUYER = "BUYER"
    STOREFRONT = "STOREFRONT"
    WAREHOUSE = "WAREHOUSE"
    CARRIER = "CARRIER"


OTHERS = tuple(actor for actor in Actor if actor is not Actor.STAFF)
OF_A_PARTY = frozenset({Actor.BUYER, Actor.CARRIER})
"""Who is bound to a party: the company that orders, or the carrier."""
"""Who is not of the merchant."""


class Scope(StrEnum):
    """What a token allows; the schema says which one each field needs."""

    MASTER_DATA_READ = "MASTER_DATA_READ"
    ORDERS_READ = "ORDERS_READ"
    CONTRACTS_READ = "CONTRACTS_READ"
    DELIVERIES_READ = "DELIVERIES_READ"
    JOURNAL_READ = "JOURNAL_READ"
    MASTER_DATA_WRITE = "MASTER_DATA_WRITE"
    ORDERS_PLACE = "ORDERS_PLACE"
    ORDERS_IMPORT = "ORDERS_IMPORT"
    ORDERS_MANAGE = "ORDERS_MANAGE"
    CONTRACTS_WRITE = "CONTRACTS_WRITE"
    CALL_OFFS_WRITE = "CALL_OFFS_WRITE"
    DELIVERIES_PLAN = "DELIVERIES_PLAN"
    DELIVERIES_FULFIL = "DELIVERIES_FULFIL"
    RECEIPTS_WRITE = "RECEIPTS_WRITE"
    TRACKING_WRITE = "TRACKING_WRITE"
    ORDERS_APPROVE = "ORDERS_APPROVE"
    KEYS_MANAGE = "KEYS_MANAGE"
    DOCUMENTS_MANAGE = "DOCUMENTS_MANAGE"
    PRICES_STATE = "PRICES_STATE"
    PAYMENTS_WRITE = "PAYMENTS_WRITE"
    MESSAGES_READ = "MESSAGES_READ"
    MESSAGES_WRITE = "MESSAGES_WRITE"
    WEBHOOKS_MANAGE = "WEBHOOKS_MANAGE"
    WORKERS_MANAGE = "WORKERS_MANAGE"
    NOTIFICATIONS_READ = "NOTIFICATIONS_READ"
    NOTIFICATIONS_MANAGE = "NOTIFICATIONS_MANAGE"


READS = frozenset(
    {
        Scope.MASTER_DATA_READ,
        Scope.ORDERS_READ,
        Scope.CONTRACTS_READ,
        Scope.DELIVERIES_READ,
        Scope.JOURNAL_READ,
    }
)
"""Whoever writes reads what it wrote; which rows those are, every table says (`__seen__`)."""
SCOPES: dict[Actor, frozenset[Scope]] = {
    Actor.STAFF: frozenset(Scope),
    Actor.BUYER: READS | {Scope.ORDERS_PLACE, Scope.CALL_OFFS_WRITE, Scope.RECEIPTS_WRITE},
    Actor.STOREFRONT: READS | {Scope.ORDERS_PLACE},
    Actor.WAREHOUSE: READS | {Scope.DELIVERIES_FULFIL},
    Actor.CARRIER: READS | {Scope.TRACKING_WRITE},
}
"""The scopes that a new key of each kind gets unless it is told others."""
ON_REQUEST: dict[Actor, frozenset[Scope]] = {
    Actor.BUYER: frozenset({Scope.PRICES_STATE, Scope.WEBHOOKS_MANAGE}),
    Actor.STOREFRONT: frozenset({Scope.PRICES_STATE, Scope.PAYMENTS_WRITE}),
}
"""Scopes that a key of a kind may have, but gets only where it is told so."""


class CompanyRole(StrEnum):
    """What a buyer may do for its company."""

    BUYER = "BUYER"
    APPROVER = "APPROVER"
    VIEWER = "VIEWER"


def allowed(actor: Actor, role: CompanyRole | None = None) -> frozenset[Scope]:
    """Return the most that an actor may have: its kind's scopes, for a buyer those of its role."""
    if role is CompanyRole.VIEWER:
        return READS
    return usual(actor, role) | ON_REQUEST.get(actor, frozenset())


def usual(actor: Actor, role: CompanyRole | None = None) -> frozenset[Scope]:
    """Return what a new key of an actor gets unless it is told other scopes."""
    if role is CompanyRole.VIEWER:
        return READS
    if role is CompanyRole.APPROVER:
        return SCOPES[actor] | {Scope.ORDERS_APPROVE}
    return SCOPES[actor]


class Documents(StrEnum):
    """Which documents a key may send: any; those that are registered; these, and any that read.

    A server cannot know whether GraphiQL has sent a document. So exploring means reading.
    """

    ANY = "ANY"
    REGISTERED = "REGISTERED"
    REGISTERED_AND_EXPLORE = "REGISTERED_AND_EXPLORE"


_NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Viewer:
    """The actor of one request. bound_to: the party, channel, location or carrier of its kind.

    key_id: of its API key, or made of an identity provider's issuer and subject.
    role: of a buyer. contact_id: the person at the buyer's company that it is. holding: the order
    whose access token a storefront has sent.
    limits: name of a limit (`kit.limits`) -> the key's own number. expires_at: when the token
    ends by itself. subject: an identity provider's name of its user; None for a key.
    session_id: of who is signed in to the portal; None for who sends a token.
    """

    merchant_id: UUID
    actor: Actor
    key_id: UUID
    name: str
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    bound_to: UUID | None = None
    role: CompanyRole | None = None
    holding: UUID | None = None
    documents: Documents = Documents.ANY
    limits: Mapping[str, int] = field(default_factory=dict, hash=False)
    expires_at: datetime | None = None
    subject: str | None = None
    contact_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def company_id(self) -> UUID | None:
        """Return the party that a buyer orders or a carrier drives for."""
        return self.bound_to if self.actor in OF_A_PARTY else None

    @property
    def sees_all(self) -> bool:
        """Tell whether nothing of the merchant is hidden from the viewer."""
        return self.actor is Actor.STAFF

    def has_ended(self, now: datetime) -> bool:
        """Tell whether the token has expired."""
        return self.expires_at is not None and self.expires_at <= now

    def may(self, scope: Scope) -> bool:
        """Tell whether the viewer has the scope."""
        return scope in self.scopes


_NOBODY = UUID(int=0)


def by_itself(merchant_id: UUID) -> Viewer:
    """Return who writes what happens by itself as time passes; it has no key and no scope."""
    return Viewer(merchant_id, Actor.STAFF, _NOBODY, "Abruf", subject="abruf")


def anyone(actor: Actor) -> Viewer:
    """Return the viewer of statements that are kept for all viewers of a kind.

    Each one's own values are given by name when it reads; with these nothing is seen.
    """
    return Viewer(_NOBODY, actor, _NOBODY, "anyone", bound_to=_NOBODY, holding=_NOBODY)
