"""Locations: what mutations call."""

from commands.master import locations
from resolvers.running.writing import writes

upsert_all = writes(locations.upsert_all)
