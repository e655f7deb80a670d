"""Deliveries: what was wanted by an instant that has passed is not made any more."""

from datetime import timedelta

from commands.fulfilment.deliveries.remaining import lapse
from workers.running.rounds import Round, recorded

LAPSE_ORDERS = Round("lapse orders", timedelta(minutes=1), recorded(lapse.lapse))
