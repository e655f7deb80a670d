"""What was reported of payments, as it is read."""

from loaders.reading.relations import Many, One
from models.trade.payments import Payment

by_id = One(Payment)
of_order = Many(Payment, "order_id", order_by=("occurred_at", "id"), typical=1)
