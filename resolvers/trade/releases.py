"""Releases: what mutations call."""

from commands.trade import releases
from resolvers.running.writing import writes

release = writes(releases.release)
