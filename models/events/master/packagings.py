"""What happens to packagings."""

from models.base.events import Created, Updated, event
from models.master.packagings import Packaging


@event("packaging.created", Packaging)
class PackagingCreated(Created):
    """It was written for the first time."""


@event("packaging.updated", Packaging)
class PackagingUpdated(Updated):
    """It was changed."""
