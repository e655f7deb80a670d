"""What happens to locations."""

from models.base.events import Created, Updated, event
from models.master.locations import Location


@event("location.created", Location)
class LocationCreated(Created):
    """It was written for the first time."""


@event("location.updated", Location)
class LocationUpdated(Updated):
    """It was changed."""
