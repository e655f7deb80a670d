"""What codes of schedules mean to partners, for clients."""

import strawberry

from kit.standards.schedules.habits import MEANINGS
from kit.standards.units import UNITS
from models.messages.partners import ScheduleElement, ScheduleMeaning
from schema.graphql.enums import described
from schema.graphql.scopes import Authenticated

_ELEMENTS = {
    "DOCUMENT": "Kind of a message (EDIFACT 1001).",
    "FUNCTION": "Function of a message (EDIFACT 1225).",
    "COMMITMENT": "Status of a delivery plan (4017).",
    "BUCKET": "Frequency (2013).",
    "QUANTITY": "Quantity (6063).",
    "DATE": "Date or period (2005).",
    "PLACE": "Place: LOC with its qualifier (3227), or NAD with its (3035).",
    "ARTICLE": "Number of an article (7143).",
    "REFERENCE": "Reference (1153).",
    "UNIT": "Unit of a quantity (6411).",
    "CONTROL": "Control total at the end of a message (6069).",
}


def _usual(element: str) -> str:
    """Return what codes mean of which a profile says nothing."""
    if element == "UNIT":
        return " Usually one of UN/ECE Recommendation 20 or 21 is that unit."
    codes: dict[str, list[str]] = {}
    for code, meaning in MEANINGS[element].items():
        codes.setdefault(meaning, []).append(code or "none")
    listed = "; ".join(f"{', '.join(its)} {meaning}" for meaning, its in codes.items())
    return f" Usually: {listed}."


def _unit(code: str) -> str:
    base, factor = UNITS[code]
    return f"The unit {code}: {factor.normalize():f} {base}."


described(
    ScheduleElement,
    "ScheduleElement",
    "What a code of a schedule is of, and what its codes mean of which a profile says nothing.",
    **{element: f"{text}{_usual(element)}" for element, text in _ELEMENTS.items()},
)
described(
    ScheduleMeaning,
    "ScheduleMeaning",
    "What a code of a schedule means.",
    **{it.value: _unit(it.value) for it in ScheduleMeaning if it.value in UNITS},
    OTHER="Nothing of a schedule: it is read past.",
    JUST_IN_TIME="It is just in time, whatever its type; else DELFOR is a forecast.",
    WHOLE="It replaces all schedules that were sent before, also those of other articles.",
    ARTICLE="It replaces the schedules of the articles that it names.",
    UPDATE="It changes single lines.",
    BACKLOG="What is overdue.",
    BACKLOG_IF_PAST="Wanted at once; overdue, where it is dated before the message.",
    IMMEDIATE="Wanted at once.",
    CONTRACT="The contract: our number of it, or the customer's order.",
    ORDER="The same, where nothing else names the contract.",
    ARTICLES="How many articles (LIN) there are.",
    QUANTITIES="What quantities come to: those that are wanted, or all.",
)


@strawberry.type(
    description="A code of schedules that a partner uses differently from the directories.",
    directives=[Authenticated()],
)
class ScheduleCode:
    """One object of `PartnerProfile.schedule_codes`."""

    element: ScheduleElement = strawberry.field(description="What it is a code of.")
    code: str = strawberry.field(description="The code; empty for none.")
    meaning: ScheduleMeaning = strawberry.field(description="What it means.")


@strawberry.type(
    description="What a partner calls otherwise than we do.", directives=[Authenticated()]
)
class OtherNumber:
    """One object of `PartnerProfile.article_numbers` or `place_codes`."""

    theirs: str = strawberry.field(description="What it calls it.")
    ours: str = strawberry.field(description="What we call it.")
