"""Partners are written in bulk: how each of them writes, and how it is answered."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from commands.writing.transaction import Outcome, Writing, check_known
from commands.writing.upserts.items import UpsertColumns, UpsertEvents, item_of, results, upsert
from commands.writing.verbs import verb
from kit.errors import Code
from kit.inputs import Command, Each, Input, Reference, Upsert, Zone, refuse_duplicates
from kit.standards.edifact.delimiters import Delimiters
from kit.standards.edifact.faults import Faulty
from kit.standards.schedules.habits import WORDS
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.messages.partners import PartnerProfileCreated, PartnerProfileUpdated
from models.master.parties import Party
from models.messages.partners import (
    Acknowledgement,
    Charset,
    PartnerProfile,
    ScheduleElement,
    ScheduleMeaning,
)

_EVENTS = UpsertEvents(PartnerProfileCreated, PartnerProfileUpdated)


def _parting(una: str) -> str:
    try:
        found = Delimiters.of(una.encode())
    except Faulty as error:
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": str(error)}) from error
    if not found.release:
        text = "Without a release mark not everything can be written."
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
    return una


def _of_schedules(code: str) -> str:
    if not re.fullmatch("([A-Z]{3} )?[A-Z0-9]{1,3}", code):
        text = "A code has up to three letters and digits, behind those of a segment for a place."
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
    return code


Identified = Annotated[Reference, StringConstraints(max_length=35)]
Qualifier = Annotated[Reference, StringConstraints(max_length=4)]
Prefix = Annotated[Reference, StringConstraints(max_length=5)]
ScheduleCodeText = Annotated[
    Reference, StringConstraints(max_length=7), AfterValidator(_of_schedules)
]
ServiceCharacters = Annotated[str, StringConstraints(max_length=6), AfterValidator(_parting)]


class ScheduleCode(Input):
    """A code of schedules that means something else than the directories say."""

    element: ScheduleElement = Field(description="What it is a code of.")
    code: ScheduleCodeText = Field(
        "",
        description="The code; empty for none. Of a PLACE, segment and qualifier: LOC 11, NAD DP.",
    )
    meaning: ScheduleMeaning = Field(description="What it means; one of those of its element.")

    @model_validator(mode="after")
    def _of_its_element(self) -> Self:
        if self.meaning not in (words := WORDS[self.element]):
            text = f"A code of {self.element} means one of {', '.join(sorted(words))}."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        return self


class PartnerProfileUpsert(Upsert):
    """One partner, known by its code."""

    code: Reference = Field(description="Name of ours for it; the key of the upsert.")
    identification: Identified = Field(
        description="What it calls itself in UNB (0004); with `qualifier` of one partner only."
    )
    qualifier: Qualifier | None = Field(
        None, description="Of that (0007), for example 14 for a GLN."
    )
    own_identification: Identified | None = Field(
        None,
        description="What it calls us in UNB (0010); without it, it may call us anything.",
    )
    own_qualifier: Qualifier | None = Field(
        None,
        description="Of that (0007); always given with `ownIdentification`.",
    )
    party_number: Reference | None = Field(None, description="Number of the party that it is.")
    charset: Charset | None = Field(
        None, description="What its files are written in, whatever their UNB says."
    )
    service_characters: ServiceCharacters | None = Field(
        None, description="The six characters of UNA for what we write; null for `:+.? '`."
    )
    has_line_breaks: bool = Field(
        default=False, description="Whether a line break stands behind each segment that we write."
    )
    acknowledgement: Acknowledgement = Field(
        Acknowledgement.ON_REQUEST, description="When an interchange is answered with CONTRL."
    )
    reference_prefix: Prefix | None = Field(
        None, description="What the control references (0020) of what we write begin with."
    )
    schedule_codes: list[ScheduleCode] = Field(
        [],
        max_length=200,
        description="All codes of its schedules (DELFOR, DELJIT) that mean something else to it"
        " than in the directories, each once.",
    )
    first_firm_is_backlog: bool = Field(
        default=False,
        description="Whether the first firm quantity of a schedule, dated on the day of issue or"
        " before, is what is overdue.",
    )
    is_net_of_transit: bool = Field(
        default=False,
        description="Whether its quantities are without what is on its way to it already.",
    )
    time_zone: Zone | None = Field(
        None, description="Zone of times that name none; null for the merchant's."
    )
    is_active: bool = Field(default=True, description="Whether its interchanges are taken in.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.own_identification is None and self.own_qualifier is not None:
            text = "A qualifier goes with an identification."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        return self


class PartnerProfilesUpsert(Command):
    """Up to 250 partners."""

    partner_profiles: Each[PartnerProfileUpsert] = Field(
        description="The partners, each code once."
    )


@verb(
    Act(Scope.MESSAGES_WRITE),
    "Write partners: what they call themselves, how they write, and how they are answered.",
)
async def upsert_all(writing: Writing, command: PartnerProfilesUpsert) -> Outcome:
    """Write partners. Refused: DUPLICATE, NOT_FOUND for a party, TAKEN for an identification."""
    partners = command.partner_profiles
    numbers = [it.party_number for it in partners if it.party_number is not None]
    parties = await writing.by_key(Party, "number", numbers)
    named = enumerate(it.party_number for it in partners)
    paths = ((number, ("partner_profiles", place, "party_number")) for place, number in named)
    check_known(Party, parties, paths)
    refuse_duplicates((it.code for it in partners), ("partner_profiles",), "code")
    names = ((it.identification, it.qualifier) for it in partners)
    refuse_duplicates(names, ("partner_profiles",), "identification")
    for place, one in enumerate(partners):
        codes = ((it.element, it.code) for it in one.schedule_codes)
        refuse_duplicates(codes, ("partner_profiles", place, "schedule_codes"), "code")
    items = [_columns(it, parties.get(it.party_number)) for it in partners]
    written = await upsert(writing, PartnerProfile, _EVENTS, "code", items, ("partner_profiles",))
    return results("partner_profile_id", *written)


def _columns(one: PartnerProfileUpsert, party: Party | None) -> UpsertColumns:
    own = one.own_identification
    shaped: dict[str, Mapping[str, Any]] = {
        "party_number": {"party_id": None if party is None else party.id},
        "own_identification": {
            "own_identification": own,
            "own_qualifier": None if own is None else one.own_qualifier or "",
        },
        "own_qualifier": {},
        "schedule_codes": {
            "schedule_codes": [it.model_dump(mode="json") for it in one.schedule_codes]
        },
        **{name: {name: getattr(one, name) or ""} for name in ("qualifier", "reference_prefix")},
    }
    return item_of(one, shaped)
