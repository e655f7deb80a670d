"""Packagings as they are read."""

from loaders.reading.relations import Many, One
from models.master.packagings import Packaging

by_id = One(Packaging)
of_product = Many(Packaging, "product_id", order_by=("code",), typical=3)
