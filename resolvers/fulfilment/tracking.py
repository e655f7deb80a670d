"""Tracking: what mutations call."""

from commands.fulfilment.tracking import record as recording
from resolvers.running.writing import writes

record = writes(recording.record)
