"""Call-offs: what mutations call."""

from commands.fulfilment.call_offs import place
from resolvers.running.writing import writes

call_off = writes(place.place)
