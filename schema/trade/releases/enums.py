"""The words of releases, described for clients."""

from loaders.trade.releases.demand import DemandSort
from loaders.trade.releases.lists import ReleaseSort
from models.trade.releases.acts import ReleaseAction
from models.trade.releases.words import (
    Commitment,
    DateMeaning,
    ReleaseFunction,
    ReleaseState,
    ReleaseType,
    ScheduleBucket,
    ScheduleKind,
    ScheduleStatus,
)
from schema.graphql.enums import described

described(
    ReleaseType,
    "ReleaseType",
    "What sort of schedule a release is.",
    FORECAST="Delivery forecast (DELFOR, EDIFACT 1001 241).",
    JIT="Just in time (DELJIT, EDIFACT 1001 242).",
)
described(
    ReleaseFunction,
    "ReleaseFunction",
    "How a release goes with the one before (EDIFACT 1225).",
    REPLACE="It is the whole schedule.",
    UPDATE="Its lines take the place of those with the same window start; the others stay.",
)
described(
    ReleaseState,
    "ReleaseState",
    "Where a release stands.",
    RECEIVED="Taken in, and waiting for consent to some of its `findings`: what was in force stays"
    " so.",
    ACTIVE="In force; the only one of its contract line, place and type.",
    SUPERSEDED="A later release took its place, or was there already.",
    REJECTED="Not accepted: `stateReason`.",
)
described(
    ScheduleKind,
    "ScheduleKind",
    "Why a quantity is asked for.",
    BACKLOG="It is owed from before: short of an earlier delivery.",
    IMMEDIATE="It is wanted at once.",
    SCHEDULED="It is wanted in its window.",
)
described(
    ScheduleBucket,
    "ScheduleBucket",
    "For how long a quantity is; its window begins with the bucket's first day (EDIFACT 2013).",
    DAY="A day.",
    WEEK="A week.",
    MONTH="A month.",
    PERIOD="Its window.",
    FLEXIBLE="As its `pattern` says.",
)
described(
    DateMeaning,
    "DateMeaning",
    "What a schedule line's window is about (EDIFACT 2005).",
    ARRIVAL="Arrival at the customer's (2, 17).",
    SHIPMENT="Leaving our place (10).",
)
described(
    Commitment,
    "Commitment",
    "How binding a schedule line is (EDIFACT 4017).",
    FIRM="To be delivered (1).",
    MAKE_AND_MATERIAL="Material and production are ordered (2).",
    MATERIAL="Material is ordered (3).",
    FORECAST="For planning only (4).",
)
described(
    ScheduleStatus,
    "ScheduleStatus",
    "How far a schedule line has come, by what the customer received or what was delivered,"
    " whichever is more.",
    OPEN="Nothing of it has arrived, or its release waits for consent.",
    PARTIALLY_DELIVERED="A part of it has arrived.",
    DELIVERED="All of it has arrived.",
    CANCELLED="Its release was superseded or rejected.",
    OVERDUE="Its window is over and not all of it has arrived.",
)
described(
    ReleaseAction,
    "ReleaseAction",
    "What may be done with a release.",
    CONSENT="`releaseConsent`.",
    REJECT="`releaseReject`.",
    ANSWER="`releaseAnswer`.",
    WITHDRAW="`releaseWithdraw`.",
)
described(
    ReleaseSort,
    "ReleaseSort",
    "Order of a list of releases.",
    ACTIVE_FIRST="The active ones first.",
    RECEIVED_AT="By the time of receipt.",
    RECEIVED_AT_DESC="By the time of receipt, last first.",
)
described(
    DemandSort,
    "DemandSort",
    "Order of a list of demand.",
    DUE_ON="By the day on which it is to leave.",
    DUE_ON_DESC="By the day on which it is to leave, last first.",
    ARRIVES_ON="By the day on which it is to arrive.",
    ARRIVES_ON_DESC="By the day on which it is to arrive, last first.",
)

__all__ = [
    "Commitment",
    "DateMeaning",
    "DemandSort",
    "ReleaseAction",
    "ReleaseFunction",
    "ReleaseSort",
    "ReleaseState",
    "ReleaseType",
    "ScheduleBucket",
    "ScheduleKind",
    "ScheduleStatus",
]
