"""Stock as it is read."""

from loaders.reading.relations import One
from models.supply.stock import StockLevel, StockMovement

by_id = One(StockLevel)
movement_by_id = One(StockMovement)
