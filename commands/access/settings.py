"""What a merchant says of itself."""

from pydantic import Field

from commands.writing.transaction import Outcome, Writing
from commands.writing.upserts.items import UpsertColumns, UpsertEvents, happened, put
from commands.writing.verbs import verb
from kit.inputs import Command, Currency, Reference
from kit.standards.languages import Language
from models.access.settings import MerchantSettings
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.access.settings import MerchantSettingsCreated, MerchantSettingsUpdated

_EVENTS = UpsertEvents(MerchantSettingsCreated, MerchantSettingsUpdated)


class MerchantSettingsUpdate(Command):
    """The merchant's settings: what is left out stays, null empties."""

    currency: Currency | None = Field(
        None, description="In which it counts where nothing else is agreed on; it converts nothing."
    )
    language: Language | None = Field(
        None,
        description="In which its people are told what happens: a tag of BCP 47, for example de.",
    )
    support_email: Reference | None = Field(
        None, description="Where its clients write to for help."
    )
    support_phone: Reference | None = Field(None, description="Where its clients call for help.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Say what everybody who asks in the merchant's name is told of it.",
)
async def update_settings(writing: Writing, command: MerchantSettingsUpdate) -> Outcome:
    """Write the merchant's settings. Refused: INVALID_CURRENCY, INVALID for a language."""
    own = writing.viewer.merchant_id
    values = command.model_dump(exclude={"idempotency_key"})
    changes = {name: it for name, it in values.items() if name in command.model_fields_set}
    found = await writing.among(MerchantSettings, "id", [own], lock=True)
    row = found[0] if found else None
    item = UpsertColumns({**values, "id": own}, changes)
    row, changed = put(writing, MerchantSettings, row, item)
    if event := happened(_EVENTS, row, changed, is_new=not found):
        writing.record(event)
    return {"merchant_settings_id": own}
