"""What happens to a merchant's settings."""

from models.access.settings import MerchantSettings
from models.base.events import Created, Updated, event


@event("merchant_settings.created", MerchantSettings)
class MerchantSettingsCreated(Created):
    """They were written for the first time."""


@event("merchant_settings.updated", MerchantSettings)
class MerchantSettingsUpdated(Updated):
    """They were changed."""
