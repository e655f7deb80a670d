"""What a merchant says of itself."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from commands.writing.transaction import Outcome, Writing
from commands.writing.upserts.items import UpsertColumns, UpsertEvents, happened, put
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.inputs import Command, Currency, Reference, StandIns, TextLine, spelled
from kit.outgoing.headers import is_address
from kit.standards.languages import Language
from models.access.settings import MerchantSettings
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.access.settings import MerchantSettingsCreated, MerchantSettingsUpdated

_EVENTS = UpsertEvents(MerchantSettingsCreated, MerchantSettingsUpdated)


def _one_address(text: str) -> str:
    if not is_address(text.lower()):
        raise PydanticCustomError(Code.INVALID.value, "This is no mail address of ASCII.")
    return text.lower()


MailAddress = Annotated[
    TextLine, AfterValidator(_one_address), StandIns("a@example.com", "z@example.com")
]
"""A mail address, in small letters."""
_PART = r"[^\s@<>()\[\],;:\\\"]+"
Email = Annotated[
    TextLine,
    spelled(f"{_PART}@{_PART}", "no e-mail address, such as anna@example.com"),
    StandIns("a@example.com", "z@example.com"),
]
"""A person's address in whichever alphabet; whether a server takes it is known later."""
LogoUrl = Annotated[
    str,
    StringConstraints(max_length=500),
    spelled("https://[!-~]+", "an address, for example https://example.com/logo.png"),
    StandIns("https://a.example", "https://z.example"),
]
Colour = Annotated[
    str,
    spelled("#[0-9a-f]{6}", "a colour, for example #1f6feb"),
    StandIns("#000000", "#ffffff"),
]
TimeOfDay = Annotated[
    str,
    spelled("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day, HH:MM, for example 17:00"),
    StandIns("00:00", "23:59"),
]


class MerchantSettingsUpdate(Command):
    """The merchant's settings: what is left out stays, null empties."""

    currency: Currency | None = Field(
        None, description="In which it counts where nothing else is agreed on; it converts nothing."
    )
    language: Language | None = Field(
        None,
        description="In which its people are told what happens: a tag of BCP 47, for example de.",
    )
    support_email: MailAddress | None = Field(
        None, description="Where its clients write to for help."
    )
    support_phone: Reference | None = Field(None, description="Where its clients call for help.")
    logo_url: LogoUrl | None = Field(
        None, description="Where mails to its clients take its logo from: an https address."
    )
    colour: Colour | None = Field(
        None, description="Its colour in mails to its clients, such as #1f4e79."
    )
    gather_minutes: int | None = Field(
        None,
        ge=0,
        le=1440,
        description="How long what happens to one order is gathered into one mail; null for 2.",
    )
    quiet_from: TimeOfDay | None = Field(
        None,
        description="From which time of its reader's clock no mail is sent, HH:MM; both or none.",
    )
    quiet_until: TimeOfDay | None = Field(None, description="Until which time, HH:MM.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Say what everybody who asks in the merchant's name is told of it.",
)
async def update_settings(writing: Writing, command: MerchantSettingsUpdate) -> Outcome:
    """Write the merchant's settings.

    Refused: INVALID_CURRENCY, INVALID for a language and for half of the quiet hours.
    """
    own = writing.viewer.merchant_id
    values = command.model_dump(exclude={"idempotency_key"})
    changes = {name: it for name, it in values.items() if name in command.model_fields_set}
    found = await writing.among(MerchantSettings, "id", [own], lock=True)
    row = found[0] if found else None
    item = UpsertColumns({**values, "id": own}, changes)
    row, changed = put(writing, MerchantSettings, row, item)
    if (row.quiet_from is None) is not (row.quiet_until is None):
        text = "Quiet hours have a beginning and an end."
        raise Refused(Code.INVALID, text, ("quiet_from" if row.quiet_until else "quiet_until",))
    if event := happened(_EVENTS, row, changed, is_new=not found):
        writing.record(event)
    return {"merchant_settings_id": own}
