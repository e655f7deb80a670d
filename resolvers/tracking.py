"""Tracking: what mutations call."""

from commands import tracking
from resolvers.writing import writes

record = writes(tracking.record)
