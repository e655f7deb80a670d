"""Trusted documents: what mutations call."""

from commands.access import documents
from resolvers.running.writing import writes

register = writes(documents.register)
