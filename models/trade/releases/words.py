"""The words of releases and their schedule lines."""

from enum import StrEnum

IN_TRANSIT = "IN_TRANSIT"
"""Code of the line of what was on its way when a net schedule came: no customer's."""


class ReleaseType(StrEnum):
    """DELFOR (forecast, Lieferabruf) or DELJIT (just in time, Feinabruf)."""

    FORECAST = "FORECAST"
    JIT = "JIT"


class ReleaseFunction(StrEnum):
    """Whether a release is the whole schedule or changes single lines (EDIFACT 1225)."""

    REPLACE = "REPLACE"
    UPDATE = "UPDATE"


class ReleaseState(StrEnum):
    """Where a release stands."""

    RECEIVED = "RECEIVED"
    ACTIVE = "ACTIVE"
    SUPERSEDED = "SUPERSEDED"
    REJECTED = "REJECTED"


class Commitment(StrEnum):
    """How binding a schedule line is (EDIFACT 4017: 1 to 4)."""

    FIRM = "FIRM"
    MAKE_AND_MATERIAL = "MAKE_AND_MATERIAL"
    MATERIAL = "MATERIAL"
    FORECAST = "FORECAST"


class ScheduleKind(StrEnum):
    """Why a quantity is asked for: in the order in which it is supplied."""

    BACKLOG = "BACKLOG"
    IMMEDIATE = "IMMEDIATE"
    SCHEDULED = "SCHEDULED"


class ScheduleBucket(StrEnum):
    """For how long a quantity is; its window begins with the first day (EDIFACT 2013)."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    PERIOD = "PERIOD"
    FLEXIBLE = "FLEXIBLE"


class DateMeaning(StrEnum):
    """What a schedule line's window is about (EDIFACT 2005: 2 and 17, or 10)."""

    ARRIVAL = "ARRIVAL"
    SHIPMENT = "SHIPMENT"


class ScheduleStatus(StrEnum):
    """How far a schedule line has come; derived from cumulatives, never stored."""

    OPEN = "OPEN"
    PARTIALLY_DELIVERED = "PARTIALLY_DELIVERED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    OVERDUE = "OVERDUE"
