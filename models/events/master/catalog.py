"""What happens to products."""

from models.base.events import Created, Updated, event
from models.master.catalog import Product


@event("product.created", Product)
class ProductCreated(Created):
    """It was written for the first time."""


@event("product.updated", Product)
class ProductUpdated(Updated):
    """It was changed."""
