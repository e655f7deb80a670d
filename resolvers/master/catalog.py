"""Products: what mutations call."""

from commands.master import catalog
from resolvers.running.writing import writes

upsert_all = writes(catalog.upsert_all)
