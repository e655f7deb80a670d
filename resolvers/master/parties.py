"""Parties: what mutations call."""

from commands.master.parties import upsert
from resolvers.running.writing import writes

upsert_all = writes(upsert.upsert_all)
