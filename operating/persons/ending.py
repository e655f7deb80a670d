"""What acts for a person ends with it: keys, sessions, webhooks, files that come in its name."""

from sqlalchemy import delete, or_, update

from commands.messages.webhooks.manage import end
from commands.writing.transaction import Writing
from models.access.keys import ApiKey
from models.access.sessions import PortalSession
from models.base.payloads import ColumnName
from models.events.access.keys import ApiKeyRevoked
from models.events.messages.partners import PartnerProfileUpdated
from models.messages.partners import PartnerProfile
from models.messages.webhooks.states import THERE
from models.messages.webhooks.tables import Webhook
from operating.persons.found import Person, any_id


async def end_what_acts(writing: Writing, person: Person) -> None:
    """Revoke its keys, sign it out, delete its webhooks, and take nothing in from it any more."""
    await _end_keys(writing, person)
    await _end_sessions(writing, person)
    for webhook in await writing.among(Webhook, "id", person.webhooks, "id", lock=True):
        if webhook.state in THERE:
            await end(writing, webhook)
    await _end_partners(writing, person)


async def _end_keys(writing: Writing, person: Person) -> None:
    own = (ApiKey.merchant_id == person.merchant_id, any_id(ApiKey.id, person.keys))
    living = update(ApiKey).where(*own, ApiKey.revoked_at.is_(None))
    ended = living.values(revoked_at=writing.now).returning(ApiKey.id)
    for key_id in (await writing.session.scalars(ended)).all():
        writing.record(ApiKeyRevoked(key_id))


async def _end_sessions(writing: Writing, person: Person) -> None:
    of = PortalSession
    its = or_(any_id(of.bound_to, person.parties), any_id(of.contact_id, person.contacts))
    await writing.session.execute(delete(of).where(of.merchant_id == person.merchant_id, its))


async def _end_partners(writing: Writing, person: Person) -> None:
    of = PartnerProfile
    own = (of.merchant_id == person.merchant_id, any_id(of.party_id, person.parties), of.is_active)
    ended = update(of).where(*own).values(is_active=False).returning(of.id)
    for profile_id in (await writing.session.scalars(ended)).all():
        writing.record(PartnerProfileUpdated(profile_id, fields=(ColumnName("is_active"),)))
