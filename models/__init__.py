"""Tables, enums, state machines, and the arithmetic of one row."""

from models import (
    budgets,
    catalog,
    channels,
    contracts,
    deliveries,
    documents,
    journal,
    keys,
    locations,
    orders,
    parcels,
    parties,
    releases,
    tracking,
)
from models.base import Base, Owned

__all__ = [
    "Base",
    "Owned",
    "budgets",
    "catalog",
    "channels",
    "contracts",
    "deliveries",
    "documents",
    "journal",
    "keys",
    "locations",
    "orders",
    "parcels",
    "parties",
    "releases",
    "tracking",
]
