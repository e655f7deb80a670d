"""What is said of partners: how each of them writes, and how it is answered."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from kit.errors import Code
from kit.inputs import Command, Each, Input, Reference, StandIns, Upsert, Zone
from kit.standards.edifact.delimiters import Delimiters
from kit.standards.edifact.faults import Faulty
from kit.standards.schedules.habits import ELEMENT_WORDS
from models.messages.partners import (
    Acknowledgement,
    Charset,
    ContentAnswer,
    ScheduleElement,
    ScheduleMeaning,
)

MOST_NUMBERS = 1_000
"""Articles, or places, that one partner may call otherwise than we do."""


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
    Reference,
    StringConstraints(max_length=7),
    AfterValidator(_of_schedules),
    StandIns("1", "LOC 11"),
]
ServiceCharacters = Annotated[
    str,
    StringConstraints(max_length=6),
    AfterValidator(_parting),
    StandIns(":+.? '", ":+,? '"),
]


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
        if self.meaning not in (words := ELEMENT_WORDS[self.element]):
            text = f"A code of {self.element} means one of {', '.join(sorted(words))}."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        if self.element == "PLACE" and " " not in self.code:
            text = "A code of a place stands behind its segment: LOC 159, NAD DP."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        return self


class OtherNumber(Input):
    """What a partner calls otherwise than we do."""

    theirs: Identified = Field(description="What it calls it.")
    ours: Reference = Field(description="What we call it.")


class PartnerProfileUpsert(Upsert):
    """One partner, known by its code."""

    code: Reference = Field(description="Name of ours for it; the key of the upsert.")
    identification: Identified = Field(
        description="What it calls itself in UNB (0004); with `qualifier` of one partner only. Of"
        " VDA 4905 the number of the customer in record 511, which has no qualifier."
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
        None,
        description="What its files are written in, whatever their UNB says, and what we write to"
        " it; null for what their UNB says.",
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
    content_answer: ContentAnswer = Field(
        ContentAnswer.NEVER, description="When it is told with APERAK what became of a message."
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
    article_numbers: list[OtherNumber] = Field(
        [],
        max_length=MOST_NUMBERS,
        description="All numbers of articles that it calls otherwise than our SKU, each once.",
    )
    place_codes: list[OtherNumber] = Field(
        [],
        max_length=MOST_NUMBERS,
        description="All codes of plants that it calls otherwise than its party's address with us,"
        " each once.",
    )
    first_firm_is_backlog: bool = Field(
        default=False,
        description="Whether the first firm quantity of a schedule, dated on the day of issue or"
        " before, is what is overdue.",
    )
    is_net_of_transit: bool = Field(
        default=False,
        description="Whether its quantities are without what is on its way to it already:"
        " `isNetOfTransit` of its releases.",
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
