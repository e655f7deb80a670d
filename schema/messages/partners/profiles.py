"""Partners of messages, for clients."""

from typing import Any

import strawberry

from commands.messages.partners import upsert
from execution.fields import DECLARED, Listed, related
from loaders.master import parties as party_loaders
from loaders.messages import partners as loaders
from models.access.viewers import Scope
from models.messages.partners import (
    Acknowledgement,
    Charset,
    ContentAnswer,
    ScheduleElement,
    ScheduleMeaning,
)
from models.messages.partners import PartnerProfile as PartnerProfileRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by
from schema.master.parties import Party
from schema.messages.partners.codes import OtherNumber, ScheduleCode

described(
    Acknowledgement,
    "Acknowledgement",
    "When a partner is answered with CONTRL. What is an answer itself is never answered.",
    ALWAYS="Each interchange is answered.",
    ON_REQUEST="Where UNB asks for it (0031).",
    NEVER="No interchange is answered.",
)
described(
    ContentAnswer,
    "ContentAnswer",
    "When a partner is told with APERAK what became of what a message says.",
    ALWAYS="Of each message that was read or refused.",
    ON_FINDINGS="Of each message of which not all was taken in or is in force.",
    NEVER="Of no message.",
)
described(
    Charset,
    "Charset",
    "In which characters a file is written (EDIFACT 0001).",
    UNOA="Upper case of ASCII.",
    UNOB="ASCII.",
    UNOC="Latin-1, and what Windows-1252 adds to it.",
    UNOD="Latin-2.",
    UNOE="Cyrillic.",
    UNOF="Greek.",
    UNOG="Latin-3.",
    UNOH="Latin-4.",
    UNOI="Arabic.",
    UNOJ="Hebrew.",
    UNOK="Latin-5.",
    UNOL="Latin-9.",
    UNOW="UTF-8.",
    UNOY="ISO 10646, as UTF-8.",
)
described(
    loaders.PartnerProfileSort,
    "PartnerProfileSort",
    "Order of a list of partners.",
    CODE="By code.",
    CODE_DESC="By code, last first.",
)


@node(
    PartnerProfileRow,
    loaders.by_id,
    Scope.MESSAGES_READ,
    "A partner that messages are exchanged with, and how it writes.",
)
class PartnerProfile(Node):
    """A partner."""

    code: str = strawberry.field(description="Name of ours for it.")
    identification: str = strawberry.field(description="What it calls itself in UNB (0004).")
    qualifier: str = strawberry.field(description="Of that (0007); empty for none.")
    own_identification: str | None = strawberry.field(
        description="What it calls us in UNB (0010); null: anything."
    )
    own_qualifier: str | None = strawberry.field(description="Of that (0007).")
    party: Party | None = related(party_loaders.by_id, "The party that it is.", key="party_id")
    charset: Charset | None = strawberry.field(
        description="What its files are written in, whatever their UNB says; null: as that says."
    )
    service_characters: str | None = strawberry.field(
        description="The six characters of UNA for what we write; null: `:+.? '`."
    )
    has_line_breaks: bool = strawberry.field(
        description="Whether a line break stands behind each segment that we write."
    )
    acknowledgement: Acknowledgement = strawberry.field(
        description="When an interchange is answered with CONTRL."
    )
    content_answer: ContentAnswer = strawberry.field(
        description="When it is told with APERAK what became of a message."
    )
    reference_prefix: str = strawberry.field(
        description="What the control references of what we write begin with."
    )
    references_used: int = strawberry.field(
        description="How many control references were used for what we wrote."
    )
    first_firm_is_backlog: bool = strawberry.field(
        description="Whether the first firm quantity of a schedule, dated on the day of issue or"
        " before, is what is overdue."
    )
    is_net_of_transit: bool = strawberry.field(
        description="Whether its quantities are without what is on its way to it already."
    )
    time_zone: str | None = strawberry.field(
        description="Zone of times that name none; null: the merchant's."
    )
    is_active: bool = strawberry.field(description="Whether its interchanges are taken in.")
    events: Events = events()
    timeline: Timeline = timeline()

    @strawberry.field(
        description="Codes of its schedules that mean something else than in the directories.",
        metadata={DECLARED: Listed(loaders.schedule_codes)},
    )
    def schedule_codes(self: Any) -> list[ScheduleCode]:
        return [
            ScheduleCode(
                element=ScheduleElement(code["element"]),
                code=code["code"],
                meaning=ScheduleMeaning(code["meaning"]),
            )
            for code in self.schedule_codes
        ]

    @strawberry.field(
        description="Numbers of articles that it calls otherwise than our SKU.",
        metadata={DECLARED: Listed(loaders.article_numbers)},
    )
    def article_numbers(self: Any) -> list[OtherNumber]:
        return _numbers(self.article_numbers)

    @strawberry.field(
        description="Codes of plants that it calls otherwise than its party's address with us.",
        metadata={DECLARED: Listed(loaders.place_codes)},
    )
    def place_codes(self: Any) -> list[OtherNumber]:
        return _numbers(self.place_codes)


def _numbers(kept: Any) -> list[OtherNumber]:
    return [OtherNumber(theirs=it["theirs"], ours=it["ours"]) for it in kept]


@strawberry.type(description="What happened to one partner of a bulk call.")
class PartnerProfileUpsertResult(UpsertResult):
    """One result."""

    partner_profile: PartnerProfile | None = related(
        loaders.by_id, "The partner.", key="partner_profile_id"
    )


@strawberry.type(description="Outcome of `partnerProfilesUpsert`.")
class PartnerProfilesUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[PartnerProfileUpsertResult] | None = strawberry.field(
        description="One result for each partner; null when the whole call was refused."
    )


@strawberry.type
class PartnersQuery:
    """Root fields that read partners."""

    partner_profile: PartnerProfile | None = one_by(
        "One partner, by id or code.", PartnerProfile=loaders.by_id, code=loaders.by_code
    )
    partner_profiles: Connection[PartnerProfile] | None = connection(
        loaders.every,
        "Partners that messages are exchanged with.",
        key=None,
        filters=loaders.PartnerProfileFilter,
        sorts=loaders.PartnerProfileSort,
    )


@strawberry.type
class PartnersMutation:
    """Mutations of partners."""

    partner_profiles_upsert: PartnerProfilesUpsertPayload = mutation(upsert.upsert_all)
