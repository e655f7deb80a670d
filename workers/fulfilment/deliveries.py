"""Deliveries: what was wanted by an instant that has passed is not made any more."""

from commands.fulfilment.deliveries.remaining import lapse
from models.access.dues import DueKind
from workers.running.dues import WhenDue

LAPSE_ORDERS = WhenDue(DueKind.LAPSE_ORDERS, lapse.lapse)
