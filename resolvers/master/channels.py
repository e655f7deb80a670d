"""Channels: what mutations call."""

from commands.master import channels
from resolvers.running.writing import writes

upsert_all = writes(channels.upsert_all)
