"""Parties: what mutations call."""

from commands import parties
from resolvers.writing import writes

upsert_all = writes(parties.upsert_all)
