"""The words of call-offs that are planned from schedules."""

from enum import StrEnum


class PlanStatus(StrEnum):
    """What becomes of one item of a plan."""

    CREATED = "CREATED"
    RAISED = "RAISED"
    LOWERED = "LOWERED"
    CANCELLED = "CANCELLED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"
    KEPT = "KEPT"
