"""Deliveries: what was wanted by an instant that has passed is not made any more.

What was found is called off of its contract as soon as that has room, and counts in its order.
"""

from commands.fulfilment.deliveries.arrivals import room
from commands.fulfilment.deliveries.remaining import lapse
from models.access.dues import DueKind
from workers.running.dues import WhenDue

LAPSE_ORDERS = WhenDue(DueKind.LAPSE_ORDERS, lapse.lapse)
CALL_OFF_FOUND = WhenDue(DueKind.CALL_OFF_FOUND, room.call_off_found)
COUNT_FOUND = WhenDue(DueKind.COUNT_FOUND, room.count_found)
