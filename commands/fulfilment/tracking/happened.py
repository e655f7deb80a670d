"""When something happened, as carriers say it: an instant, or a place's clock and its zone."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from kit.errors import Code, Wrong
from kit.inputs import Input, Instant, Zone
from kit.standards import written

_YEARS = range(1901, 2199)


def _on_a_clock(text: str) -> str:
    try:
        if written.clock_time(text).year in _YEARS:
            return text
        wrong = "Years go from 1901 to 2198."
    except ValueError as error:
        wrong = str(error)
    raise PydanticCustomError(Code.INVALID_DATE.value, "{text}", {"text": wrong})


class LocalTime(Input):
    """A time as the clocks of a place showed it."""

    time: Annotated[str, AfterValidator(_on_a_clock)] = Field(
        description="Day and time without an offset, for example 2026-03-02T09:00:00. Of an hour"
        " that clocks show twice, the first is meant."
    )
    time_zone: Zone = Field(description="IANA time zone of the place, for example Europe/Berlin.")

    @property
    def instant(self) -> datetime:
        """Return when that was."""
        shown = written.clock_time(self.time).replace(tzinfo=ZoneInfo(self.time_zone))
        return shown.astimezone(UTC)


_LEFT_OUT: Any = None
"""Only until the input has been read: then the instant is there, whichever way it was said."""


class Happened(Input):
    """Base of what says when something happened, in one of both ways; `occurred_at` has it."""

    occurred_at: Instant = Field(
        _LEFT_OUT,
        description="When it happened; at most one day ahead of our clock, and one day before its"
        " orders were placed. Or say `occurredLocally`.",
    )
    occurred_locally: LocalTime | None = Field(
        None, description="The same as the clocks of a place showed it, where no offset is told."
    )

    @field_validator("occurred_at", mode="before")
    @classmethod
    def _or_locally(cls, value: Any) -> Any:
        """Say which other way there is to who tells a time without an offset."""
        if isinstance(value, Wrong) and written.is_local(value.value):
            text = f"{value.message} Or say occurredLocally, with the timeZone of the place."
            return replace(value, message=text)
        return value

    @model_validator(mode="after")
    def _happened_once(self) -> Self:
        local, at = self.occurred_locally, self.occurred_at
        if (local is None) == (at is None):
            text = "Say when it happened: occurredAt, or occurredLocally."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        if local is None:
            return self
        return self.model_copy(update={"occurred_at": local.instant})

    @property
    def time_field(self) -> str:
        """The name of the field that says it."""
        return "occurred_at" if self.occurred_locally is None else "occurred_locally"
