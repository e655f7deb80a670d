"""What happens to channels."""

from models.base.events import Created, Updated, event
from models.master.channels import Channel


@event("channel.created", Channel)
class ChannelCreated(Created):
    """It was written for the first time."""


@event("channel.updated", Channel)
class ChannelUpdated(Updated):
    """It was changed."""
