"""Who somebody is at its company."""

from kit.standards.languages import Spoken, spoken
from loaders.access import settings
from loaders.master import parties
from resolvers.running.context import Context


async def language_of(context: Context) -> Spoken:
    """Return in which language the viewer is spoken to."""
    viewer = context.viewer
    if viewer.contact_id is not None:
        person = await context.load(parties.contact_by_id, viewer.contact_id)
        if person is not None and (own := spoken(person.language)):
            return own
    if context.language is not None:
        return context.language
    of_merchant = await context.load(settings.by_id, viewer.merchant_id)
    return spoken(of_merchant.language if of_merchant else None) or Spoken.EN
