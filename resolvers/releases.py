"""Releases: what mutations call."""

from commands import releases
from resolvers.writing import writes

release = writes(releases.release)
