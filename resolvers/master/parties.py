"""Parties: what mutations call."""

from commands.master import parties
from resolvers.running.writing import writes

upsert_all = writes(parties.upsert_all)
