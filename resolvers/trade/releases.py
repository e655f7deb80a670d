"""Releases: what mutations call."""

from commands.trade.releases.release import release as _release
from resolvers.running.writing import writes

release = writes(_release)
