"""Locations: what mutations call."""

from commands import locations
from resolvers.writing import writes

upsert_all = writes(locations.upsert_all)
