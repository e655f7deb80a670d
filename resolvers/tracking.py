"""Tracking: what mutations call."""

from commands.tracking import record as recording
from resolvers.writing import writes

record = writes(recording.record)
