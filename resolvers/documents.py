"""Trusted documents: what mutations call."""

from commands import documents
from resolvers.writing import writes

register = writes(documents.register)
