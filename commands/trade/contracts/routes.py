"""How the goods of a contract go as a rule: whose calendars say when they leave and arrive."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from commands.master.parties.roles import check_role, held
from commands.writing.transaction import Writing, check_known
from kit.errors import Code, Refusals
from kit.ids import Names
from kit.inputs import Input, Reference
from models.master.locations import Location
from models.master.parties import Party, PartyRole

_WITHOUT = dict.fromkeys(("location_id", "carrier_id", "service"))


class ShippingRoute(Input):
    """From where goods leave, and with whom."""

    location_id: Annotated[UUID, Names("Location")] | None = Field(
        None, description="From where they leave: on days on which it works, else the merchant."
    )
    carrier_id: Annotated[UUID, Names("Party")] | None = Field(
        None,
        description="Who carries them: by the calendar of its service, or its own, else by the"
        " customer's.",
    )
    service: Reference | None = Field(None, description="Its service, as parcels name it.")

    @model_validator(mode="after")
    def _of_a_carrier(self) -> Self:
        if self.service is not None and self.carrier_id is None:
            text = "A service is a carrier's: name it."
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
        return self


async def route_columns(writing: Writing, route: ShippingRoute | None) -> dict[str, Any]:
    """Return the columns of a contract's route. Refused: NOT_FOUND, INVALID for no carrier."""
    if route is None:
        return dict(_WITHOUT)
    refusals = Refusals()
    with refusals:
        path = ("route", "location_id")
        wanted = {} if route.location_id is None else {route.location_id: path}
        await writing.get(Location, wanted)
    with refusals:
        path = ("route", "carrier_id")
        carriers = {it.id: it for it in await held(writing, {"id": _some(route.carrier_id)})}
        check_known(Party, carriers, [(route.carrier_id, path)])
        for each in carriers.values():
            check_role(each, PartyRole.CARRIER, path)
    refusals.end()
    return route.model_dump()


def _some(key: UUID | None) -> list[UUID]:
    return [] if key is None else [key]
