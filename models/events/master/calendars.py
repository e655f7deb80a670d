"""What happens to calendars."""

from models.base.events import Created, Updated, event
from models.master.calendars import Calendar


@event("calendar.created", Calendar)
class CalendarCreated(Created):
    """It was written for the first time."""


@event("calendar.updated", Calendar)
class CalendarUpdated(Updated):
    """It was changed."""
