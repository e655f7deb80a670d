"""Call-offs: what mutations call."""

from commands import call_offs
from resolvers.writing import writes

call_off = writes(call_offs.call_off)
