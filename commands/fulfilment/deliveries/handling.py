"""Whether goods get where they can be handled: asked wherever a delivery gets a place or a method.

A release asks the same of the database (`models.fulfilment.deliveries.conditions`), since what
products need may have changed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from commands.writing.transaction import Writing
from kit.errors import Path, Refused
from models.fulfilment.codes import FulfilmentCode
from models.master.catalog import Product
from models.master.channels import DeliveryMethod
from models.master.handling import MethodHandling, Need, lacking
from models.master.locations import Location

_MOST = 10
"""As many codes of locations as a text names."""


@dataclass(frozen=True)
class Route:
    """What is to start at a location and go by a method. path: of the input that says so."""

    products: Collection[Product]
    location: Location
    method: DeliveryMethod
    path: Path


async def check_carried(writing: Writing, routes: Iterable[Route]) -> None:
    """Look whether locations and methods can handle what they are to carry.

    One statement for all routes, none where no product needs anything. Refused:
    LOCATION_NOT_ALLOWED, METHOD_NOT_ALLOWED, each with what would do.
    """
    special = [it for it in routes if any(lacking(product, None) for product in it.products)]
    if not special:
        return
    everything = writing.for_all()
    methods = {it.method: it for it in await everything.all(everything.seen(MethodHandling))}
    for route in special:
        if missing := _lacking(route.products, route.location):
            locations = everything.seen(Location).where(Location.is_active)
            known = await everything.all(locations.order_by(Location.code))
            fitting = [it.code for it in known if not _lacking(route.products, it)]
            raise _refused(route, "location_id", route.location.code, missing, fitting)
        if missing := _lacking(route.products, methods.get(route.method)):
            able = (it for it in DeliveryMethod if not _lacking(route.products, methods.get(it)))
            raise _refused(route, "method", route.method.value, missing, [it.value for it in able])


def _lacking(products: Iterable[Product], carrier: Any) -> list[Need]:
    return sorted({need for product in products for need in lacking(product, carrier)})


def _refused(
    route: Route, field: str, name: str, missing: Sequence[Need], fitting: Sequence[str]
) -> Refused:
    is_place = field == "location_id"
    code = FulfilmentCode.LOCATION_NOT_ALLOWED if is_place else FulfilmentCode.METHOD_NOT_ALLOWED
    instead = ", ".join(fitting[:_MOST]) or "none"
    text = f"{name} cannot handle {', '.join(missing)}; what would do: {instead}."
    return Refused(code, text, (*route.path, field))
