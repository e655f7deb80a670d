"""Call-offs that are planned from schedules: who may, and the words for what becomes of them."""

from enum import StrEnum

from models.access.viewers import Scope
from models.base.acts import Act
from models.trade.contracts.states import IN_FORCE

PLAN_FROM_SCHEDULE = Act(Scope.DELIVERIES_PLAN, IN_FORCE)
"""Of a contract: it makes call-offs and deliveries, and changes them."""


class PlanStatus(StrEnum):
    """What becomes of one item of a plan."""

    CREATED = "CREATED"
    RAISED = "RAISED"
    LOWERED = "LOWERED"
    CANCELLED = "CANCELLED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"
    KEPT = "KEPT"
