"""Orders, their lines and holds as they are read."""

from loaders.reading.acts import available, there_is
from loaders.reading.relations import Computed, Many, One
from loaders.trade.orders.progress import is_late, is_open, open_quantity, version
from loaders.trade.orders.reorders import AGAIN
from loaders.trade.orders.tokens import access_token
from models.trade.orders.acts import ACTS
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from models.trade.payments import UNPAID

by_id = One(Order)
by_number = One(Order, "number")
line_by_id = One(OrderLine)
hold_by_id = One(Hold)
lines = Many(OrderLine, "order_id", order_by=("line_no",), typical=5)
holds = Many(Hold, "subject_id", order_by=("placed_at", "id"), typical=1)
timeliness = Computed(Order, {"is_late": is_late, "is_open": is_open})
line_progress = Computed(OrderLine, {"open_quantity": open_quantity})
versions = Computed(Order, {"version": version})
tokens = Computed(Order, {"token": access_token})
stopped = Computed(Order, {"by_payment": there_is(UNPAID)})
offered = Computed(Order, {"actions": available((*ACTS, *AGAIN))})
