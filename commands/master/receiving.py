"""Hours of a week, as inputs say them."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from kit.errors import Code, Path, Refused
from kit.inputs import Input, StandIns, spelled

_OPENS, _CLOSES = "([01][0-9]|2[0-3]):[0-5][0-9]", "([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_TIME = "a time of day, HH:MM, for example 06:00"
_HOURS = [f"{hour:02}:00" for hour in range(25)]


def _just_before(opening: Mapping[str, Any]) -> str | None:
    """Return the minute before a place closes, where that is said."""
    return _moved(opening, "closes", _CLOSES, -1)


def _just_after(opening: Mapping[str, Any]) -> str | None:
    """Return the minute after a place opens, where that is said."""
    return _moved(opening, "opens", _OPENS, 1)


def _moved(opening: Mapping[str, Any], name: str, pattern: str, minutes: int) -> str | None:
    text = opening.get(name)
    if not (isinstance(text, str) and re.fullmatch(pattern, text)):
        return None
    moved = int(text[:2]) * 60 + int(text[3:]) + minutes
    return f"{moved // 60:02}:{moved % 60:02}" if moved >= 0 else None


Opens = Annotated[str, spelled(_OPENS, _TIME), StandIns(*_HOURS[:-1], beside=_just_before)]
Closes = Annotated[
    str,
    spelled(_CLOSES, f"{_TIME}, or 24:00"),
    StandIns(*_HOURS[1:], beside=_just_after),
]


class Opening(Input):
    """Hours of one weekday in which a place takes deliveries, or somebody works."""

    weekday: int = Field(ge=1, le=7, description="1 for Monday to 7 for Sunday (ISO 8601).")
    opens: Opens = Field(description="From this time of the place's clock, HH:MM.")
    closes: Closes = Field(description="Until this time, HH:MM, later than `opens`; 24:00 at most.")

    @field_validator("closes")
    @classmethod
    def _after_it_opens(cls, closes: str, info: ValidationInfo) -> str:
        if closes <= info.data.get("opens", ""):
            raise PydanticCustomError(Code.INVALID_WINDOW.value, "A place closes after it opens.")
        return closes


def check_openings(openings: Sequence[Opening], path: Path) -> None:
    """Refused: INVALID_WINDOW for hours that overlap. path: of the openings."""
    order = sorted(range(len(openings)), key=lambda place: _start(openings[place].model_dump()))
    for before, after in pairwise(order):
        one, other = openings[before], openings[after]
        if one.weekday == other.weekday and other.opens < one.closes:
            raise Refused(
                Code.INVALID_WINDOW, "These hours overlap others of the day.", (*path, after)
            )


def _start(opening: dict[str, Any]) -> tuple[int, str]:
    """Return what hours are sorted by."""
    return opening["weekday"], opening["opens"]


def kept_hours(openings: Sequence[Opening]) -> list[dict[str, Any]]:
    """Return hours as a row keeps them, in order."""
    return sorted((it.model_dump() for it in openings), key=_start)
