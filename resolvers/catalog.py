"""Products: what mutations call."""

from commands import catalog
from resolvers.writing import writes

upsert_all = writes(catalog.upsert_all)
