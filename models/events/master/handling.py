"""What happens to what methods can handle."""

from models.base.events import Created, Updated, event
from models.master.handling import MethodHandling


@event("method_handling.created", MethodHandling)
class MethodHandlingCreated(Created):
    """It was written for the first time."""


@event("method_handling.updated", MethodHandling)
class MethodHandlingUpdated(Updated):
    """It was changed."""
