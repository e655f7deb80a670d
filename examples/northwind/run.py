"""The steps of a run: master data, orders, deliveries, parcels, arrival.

Master data are upserts and orders an import: both leave alone what is there. Deliveries go on
from where the API says that they stand, so that an interrupted run is finished by the next.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from examples.mutations import Mutation
from examples.northwind import inputs
from examples.northwind.client import PAGE, Client, Failed, parts
from examples.northwind.files import Export, Order
from examples.northwind.progress import Progress

_DAY = timedelta(days=1)
_RESULTS = "results {{ status {} userErrors {{ code message field }} }}"
CHANNELS = Mutation("channelsUpsert", _RESULTS.format("channel { id code }"))
LOCATIONS = Mutation("locationsUpsert", _RESULTS.format("location { id code }"))
PARTIES = Mutation("partiesUpsert", _RESULTS.format("party { id number }"))
PRODUCTS = Mutation("productsUpsert", _RESULTS.format(""))
IMPORT = Mutation("ordersImport", _RESULTS.format(""))
PLAN = Mutation("deliveryPlan", "")
RELEASE = Mutation("deliveryRelease", "")
PACK = Mutation("deliveryPack", "")
DISPATCH = Mutation("deliveryDispatch", "")
TRACK = Mutation("parcelRecordTracking", _RESULTS.format(""))

ORDERS = """
query NorthwindOrders($first: Int!, $after: String, $channel: ID!) {
  orders(first: $first, after: $after, filter: { channelId: $channel }, sort: NUMBER) {
    nodes { externalReference lines { id unplanned } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
DELIVERIES = """
query NorthwindDeliveries(
  $first: Int!, $after: String, $channel: ID!, $states: [DeliveryState!]
) {
  deliveries(
    first: $first, after: $after, filter: { channelId: $channel, states: $states }, sort: NUMBER
  ) {
    nodes { id orders { externalReference } lines { id planned } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

Node = Mapping[str, Any]
"""An object of an answer."""


@dataclass(frozen=True)
class Run:
    """What every step needs."""

    client: Client
    export: Export
    progress: Progress

    async def all(self) -> str:
        """Play everything; returns the id of the channel. Failed tells what stopped it."""
        channel = (await self._upsert("channel", CHANNELS, "channels", [inputs.channel()]))[0]
        location = (await self._upsert("location", LOCATIONS, "locations", [inputs.location()]))[0]
        carriers = await self._parties()
        rows = [inputs.product(row) for row in self.export.products.values()]
        await self._upsert("products", PRODUCTS, "products", rows)
        orders = [inputs.order(self.export, row) for row in self.export.orders.values()]
        await self._upsert("orders", IMPORT, "orders", orders)
        channel_id: str = channel["channel"]["id"]
        await self._plan(channel_id, location["location"]["id"])
        await self._deliver(channel_id, carriers)
        return channel_id

    async def _upsert(
        self, name: str, mutation: Mutation, field: str, rows: Sequence[Node]
    ) -> list[Node]:
        """Send rows in bulks; returns the results. Shown is what was not there as it should be."""
        results: list[Node] = []
        with self.progress.step(name, len(rows)) as note:
            for part in parts(rows, PAGE):
                (payload,) = await self.client.change(mutation, {field: list(part)})
                results += payload["results"]
                note(sum(result["status"] != "UNCHANGED" for result in payload["results"]))
        return results

    async def _parties(self) -> dict[str, str]:
        """Write all parties; returns shipper id -> id of the party."""
        export = self.export
        rows = [inputs.carrier(row) for row in export.shippers.values()]
        carriers = await self._upsert("shippers", PARTIES, "parties", rows)
        suppliers = [inputs.supplier(row) for row in export.suppliers.values()]
        await self._upsert("suppliers", PARTIES, "parties", suppliers)
        customers = [inputs.customer(row) for row in export.customers.values()]
        await self._upsert("customers", PARTIES, "parties", customers)
        ids = [result["party"]["id"] for result in carriers]
        return dict(zip(export.shippers, ids, strict=True))

    async def _plan(self, channel_id: str, location_id: str) -> None:
        """Plan one delivery of everything for each shipped order that has none."""
        deliveries = []
        async for order in self.client.nodes(ORDERS, "orders", channel=channel_id):
            row = self._row(order["externalReference"])
            lines = [line for line in order["lines"] if float(line["unplanned"]) > 0]
            if row.shipped_date is not None and lines:
                deliveries.append(_delivery(location_id, lines))
        with self.progress.step("deliveries planned", len(deliveries)) as note:
            for part in parts(deliveries, PAGE):
                await self.client.change(PLAN, {"deliveries": list(part)})
                note(len(part))

    async def _deliver(self, channel_id: str, carriers: Mapping[str, str]) -> None:
        """Bring every delivery from the state in which it is to the customer."""

        def release(node: Node, _: Order) -> dict[str, Any]:
            return {"deliveryId": node["id"]}

        def pack(node: Node, row: Order) -> dict[str, Any]:
            return {
                "deliveryId": node["id"],
                "parcels": [_parcel(node, row, carriers[row.ship_via])],
            }

        def dispatch(node: Node, row: Order) -> dict[str, Any]:
            return {"deliveryId": node["id"], "dispatchedAt": inputs.left_at(row)}

        await self._each("deliveries released", channel_id, "PLANNED", RELEASE, release)
        await self._each("deliveries packed", channel_id, "RELEASED", PACK, pack)
        await self._each("deliveries dispatched", channel_id, "PACKED", DISPATCH, dispatch)
        rows = [row for _, row in await self._standing(channel_id, "DISPATCHED")]
        with self.progress.step("parcels delivered", len(rows)) as note:
            for part in parts([inputs.arrival(row) for row in rows], PAGE):
                await self.client.change(TRACK, {"source": "northwind", "events": list(part)})
                note(len(part))

    async def _each(
        self,
        name: str,
        channel_id: str,
        state: str,
        mutation: Mutation,
        made: Callable[[Node, Order], dict[str, Any]],
    ) -> None:
        """Send a mutation for each delivery in a state. made: delivery, its order -> input."""
        inputs = [made(*each) for each in await self._standing(channel_id, state)]
        with self.progress.step(name, len(inputs)) as note:
            await self.client.change_all(mutation, inputs, note)

    async def _standing(self, channel_id: str, state: str) -> list[tuple[Node, Order]]:
        """Return the deliveries in a state, each with its order in the files."""
        nodes = self.client.nodes(DELIVERIES, "deliveries", channel=channel_id, states=[state])
        found = [node async for node in nodes]
        return [(node, self._row(node["orders"][0]["externalReference"])) for node in found]

    def _row(self, order_id: str) -> Order:
        if order_id not in self.export.orders:
            message = f"The channel has an order {order_id} that the files do not know."
            raise Failed(message)
        return self.export.orders[order_id]


def _delivery(location_id: str, lines: Sequence[Node]) -> dict[str, Any]:
    """Plan it for now: what was agreed with the customer has passed, and is kept with the order."""
    now = datetime.now(UTC)
    latest = (now + _DAY).isoformat()
    return {
        "locationId": location_id,
        "window": {"earliest": now.isoformat(), "latest": latest, "timeZone": "UTC"},
        "lines": [{"orderLineId": line["id"], "quantity": line["unplanned"]} for line in lines],
        "completesOrder": True,
    }


def _parcel(node: Node, row: Order, carrier_id: str) -> dict[str, Any]:
    return {
        "carrierId": carrier_id,
        "trackingNumbers": [inputs.tracking_number(row)],
        "contents": [
            {"deliveryLineId": line["id"], "quantity": line["planned"]} for line in node["lines"]
        ],
    }
