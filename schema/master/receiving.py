"""Hours of a week for clients."""

import strawberry

from schema.graphql.scopes import Authenticated


@strawberry.type(
    description="Hours of one weekday in which a place takes deliveries, or somebody works.",
    directives=[Authenticated()],
)
class Opening:
    """One object of `Address.receiving_hours` or `Calendar.hours`."""

    weekday: int = strawberry.field(description="1 for Monday to 7 for Sunday (ISO 8601).")
    opens: str = strawberry.field(description="From this time of the place's clock, HH:MM.")
    closes: str = strawberry.field(description="Until this time, HH:MM; 24:00 at most.")
