"""Who plays: one merchant with everything that its orders and contracts name."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.master import catalog, channels, locations
from commands.master.packagings import upsert
from commands.master.parties.inputs import PartiesUpsert
from commands.master.parties.upsert import upsert_all
from commands.trade.contracts import create, life
from commands.writing.transaction import Outcome
from commands.writing.verbs import AnyVerb
from kit.inputs import Command
from models.access.viewers import Viewer
from resolvers.running.context import Context
from resolvers.running.writing import write
from tests.make import World
from tests.make.running import staff

ZONE = "Europe/Berlin"
PLACE = {"line1": "Ringstr. 1", "postal_code": "50667", "city": "Köln", "country": "DE"}
RECIPIENTS = ({"name": "Anna Weber"}, {"name": "Jan Kowalski"}, None)
METHODS = ["PARCEL", "FREIGHT"]
STEPS = (Decimal(1), Decimal("0.001"), Decimal(1))
"""The least quantity of the first product, in pieces, of the second, in kilograms, and of what may
be sent instead of the first."""
PACKAGINGS = {STEPS[0]: ("PAIR", Decimal(2)), STEPS[1]: ("TUB", Decimal("0.25"))}
"""Least quantity of a product -> code and content of its packaging."""


@dataclass(frozen=True)
class SimulatedMerchant:
    """Ids; products in the order of STEPS. channels: a shop for guests, and one with approval."""

    world: World
    viewer: Viewer
    party_id: UUID
    carrier_id: UUID
    channel_ids: list[UUID]
    location_ids: list[UUID]
    product_ids: list[UUID]

    async def call(self, command: AnyVerb, takes: type[Command], fields: dict[str, Any]) -> Outcome:
        """Run a command in a transaction of its own."""
        context = Context(self.viewer, self.world.database, self.world.clock)
        context.begin()
        return await write(context, takes.read(fields), command)

    async def contract(self, times: int = 1) -> UUID:
        """Put a contract into force: twenty pieces and a tenth more by twos, and ten kilograms.

        times: that many twenty pieces.
        """
        pieces = {"target_quantity": 10 * times, "over_tolerance_percent": 10, "lot_multiple": 1}
        pieces |= {"packaging": "PAIR", "min_quantity": 5}
        weight = {"target_quantity": 8, "max_quantity": 10, "min_quantity": 4}
        terms = (pieces, weight)
        fields = {
            "party_id": self.party_id,
            "valid_from": "2026-01-01",
            "valid_to": "2026-12-31",
            "time_zone": ZONE,
            "currency": "EUR",
            "firm_zone_days": 5,
            "lines": [
                {"product_id": each, "unit_price": 3, **of}
                for each, of in zip(self.product_ids[:2], terms, strict=True)
            ],
        }
        made = await self.call(create.create, create.ContractCreate, fields)
        await self.call(life.activate, life.ContractActivate, {"contract_id": made["contract_id"]})
        return made["contract_id"]


async def _written(
    viewer: Viewer, world: World, verb: AnyVerb, takes: type[Command], key: str, *items: Any
) -> list[UUID]:
    context = Context(viewer, world.database, world.clock)
    context.begin()
    name = next(it for it in takes.model_fields if it != "idempotency_key")
    outcome = await write(context, takes.read({name: list(items)}), verb)
    return [it[key] for it in outcome["results"]]


async def _parties(viewer: Viewer, world: World) -> list[UUID]:
    """Make a customer and a carrier."""
    address: dict[str, Any] = {
        "code": "MAIN",
        "place": PLACE,
        "time_zone": ZONE,
        "is_default": True,
    }
    address["receiving_hours"] = [
        {"weekday": day, "opens": opens, "closes": closes}
        for day in range(1, 8)
        for opens, closes in (("06:00", "12:00"), ("12:00", "22:00"))
    ]
    return await _written(
        viewer,
        world,
        upsert_all,
        PartiesUpsert,
        "party_id",
        {"number": "WEBER", "name": "Weber GmbH", "addresses": [address]},
        {"number": "EXPRESS", "name": "Express", "roles": ["CARRIER"]},
    )


async def _channels(viewer: Viewer, world: World) -> list[UUID]:
    shop = {"code": "SHOP", "name": "Shop", "kind": "WEB_SHOP", "delivery_methods": METHODS}
    return await _written(
        viewer,
        world,
        channels.upsert_all,
        channels.ChannelsUpsert,
        "channel_id",
        shop | {"guests_allowed": True},
        shop
        | {"code": "PORTAL", "kind": "B2B_PORTAL", "approval_required": True}
        | {"release_when": "AUTHORISED"},
    )


async def _locations(viewer: Viewer, world: World) -> list[UUID]:
    return await _written(
        viewer,
        world,
        locations.upsert_all,
        locations.LocationsUpsert,
        "location_id",
        *({"code": it, "name": it, "time_zone": ZONE} for it in ("NORTH", "SOUTH")),
    )


async def _products(viewer: Viewer, world: World) -> list[UUID]:
    """Make products, two of them with a packaging."""
    product_ids = await _written(
        viewer,
        world,
        catalog.upsert_all,
        catalog.ProductsUpsert,
        "product_id",
        {"sku": "BOLT", "name": "Bolt"},
        {"sku": "GREASE", "name": "Grease", "unit": "KILOGRAM", "scale": 3},
        {"sku": "SCREW", "name": "Screw"},
    )
    skus = ("BOLT", "GREASE", "SCREW")
    packed = [(sku, PACKAGINGS[step]) for sku, step in zip(skus, STEPS, strict=True)]
    await _written(
        viewer,
        world,
        upsert.upsert_all,
        upsert.PackagingsUpsert,
        "packaging_id",
        *(
            {"product_sku": sku, "code": code, "name": code, "quantity": content}
            for sku, (code, content) in packed
        ),
    )
    return product_ids


async def simulated(world: World) -> SimulatedMerchant:
    viewer = staff(world)
    party_id, carrier_id = await _parties(viewer, world)
    made = [await make(viewer, world) for make in (_channels, _locations, _products)]
    return SimulatedMerchant(world, viewer, party_id, carrier_id, *made)
