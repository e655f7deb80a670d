"""Call-offs: what mutations call."""

from commands.call_offs import place
from resolvers.writing import writes

call_off = writes(place.place)
