"""What happens to profiles of partners."""

from models.base.events import Created, Updated, event
from models.messages.partners import PartnerProfile


@event("partner_profile.created", PartnerProfile)
class PartnerProfileCreated(Created):
    """It was written for the first time."""


@event("partner_profile.updated", PartnerProfile)
class PartnerProfileUpdated(Updated):
    """It was changed."""
