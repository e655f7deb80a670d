"""Channels: what mutations call."""

from commands import channels
from resolvers.writing import writes

upsert_all = writes(channels.upsert_all)
