"""Tables, enums, state machines, and the arithmetic of one row."""

from models import (
    catalog,
    channels,
    contracts,
    deliveries,
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
    "catalog",
    "channels",
    "contracts",
    "deliveries",
    "journal",
    "keys",
    "locations",
    "orders",
    "parcels",
    "parties",
    "releases",
    "tracking",
]
