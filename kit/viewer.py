"""Who asks: a merchant's actor with its scopes and what it is bound to."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Actor(StrEnum):
    """The five kinds of actors (domain, 'Who uses it')."""

    STAFF = "STAFF"
    BUYER = "BUYER"
    STOREFRONT = "STOREFRONT"
    WAREHOUSE = "WAREHOUSE"
    CARRIER = "CARRIER"


class Scope(StrEnum):
    """What a key allows; each mutation names the one that it needs."""

    READ = "READ"
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


SCOPES: dict[Actor, frozenset[Scope]] = {
    Actor.STAFF: frozenset(Scope),
    Actor.BUYER: frozenset(
        {Scope.READ, Scope.ORDERS_PLACE, Scope.CALL_OFFS_WRITE, Scope.RECEIPTS_WRITE}
    ),
    Actor.STOREFRONT: frozenset({Scope.READ, Scope.ORDERS_PLACE}),
    Actor.WAREHOUSE: frozenset({Scope.READ, Scope.DELIVERIES_FULFIL}),
    Actor.CARRIER: frozenset({Scope.READ, Scope.TRACKING_WRITE}),
}
"""The scopes that a new key of each kind gets unless it is told others."""


@dataclass(frozen=True)
class Viewer:
    """The actor of one request. bound_to: the party, channel, location or carrier of its kind."""

    merchant_id: UUID
    actor: Actor
    key_id: UUID
    name: str
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    bound_to: UUID | None = None

    def may(self, scope: Scope) -> bool:
        """Tell whether the key has the scope."""
        return scope in self.scopes
