"""How goods go: released, packed, dispatched, tracked and received."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from commands.fulfilment.deliveries import dispatch, packing, release
from commands.fulfilment.deliveries.arrivals import receipts
from commands.fulfilment.deliveries.planning import reship
from commands.fulfilment.tracking.record import record_tracking
from commands.fulfilment.tracking.reports import ParcelRecordTracking
from models.fulfilment.parcels import ParcelStatus
from tests.simulation.simulation import PART, PICK, Row, Simulation, counted, needs

UNFINISHED = ("LOST", "RETURNED_TO_SENDER", "FAILED", "PARTIALLY_DELIVERED")
AFTER = (*UNFINISHED, "DISPATCHED", "DELIVERED", "RESHIPPED")
PICKED = st.lists(st.sampled_from(["all", "all", "all", "half", "none"]), min_size=1, max_size=3)
RECEIVED = st.sampled_from(["as shipped", "none", "half", "over"])
LESS = st.sampled_from(["SHORT", "DAMAGED", "WRONG_ITEM", "REFUSED"])
_STATUSES = [
    it.value for it in ParcelStatus if it not in {ParcelStatus.PACKED, ParcelStatus.VOIDED}
]
EVENTS = st.lists(
    st.tuples(
        PICK,
        st.sampled_from([*_STATUSES, "DELIVERED", "DELIVERED", "LOST", "DELAYED"]),
        st.integers(-4, 4),
        st.sampled_from([False, False, True]),
    ),
    min_size=1,
    max_size=4,
)


class ParcelRules(Simulation):
    """Rules about what leaves the warehouse."""

    @needs("deliveries")
    @rule(pick=PICK)
    def release_delivery(self, pick: int) -> None:
        delivery = self.choose(self.deliveries, pick, "PLANNED")
        self.act(release.release, release.DeliveryRelease, delivery_id=UUID(delivery["id"]))

    @needs("deliveries")
    @rule(pick=PICK)
    def cancel_delivery(self, pick: int) -> None:
        delivery = self.choose(self.deliveries, pick, "PLANNED", "RELEASED", "PACKED")
        self.act(release.cancel, release.DeliveryCancel, delivery_id=UUID(delivery["id"]))

    @needs("deliveries")
    @rule(pick=PICK, picked=PICKED, boxes=st.integers(1, 3), has_pallet=st.booleans())
    def pack(self, pick: int, picked: list[str], boxes: int, *, has_pallet: bool) -> None:
        delivery = self.choose(self.deliveries, pick, "RELEASED", "PACKED")
        self._pack(delivery, picked, boxes, has_pallet=has_pallet)

    def _pack(self, delivery: Row, picked: list[str], boxes: int, *, has_pallet: bool) -> None:
        short, contents = [], [list[dict[str, Any]]() for _ in range(boxes)]
        for number, line in enumerate(self.parts_of(delivery)):
            planned, how = line["planned"], picked[number % len(picked)]
            count = Decimal(0) if how == "none" else self.part_of(planned, how, line["step"])
            if count < planned:
                of = {"delivery_line_id": UUID(line["id"]), "picked": count}
                short.append(of | {"short_reason": "OUT_OF_STOCK"})
            each = (count / boxes).quantize(line["step"], "ROUND_DOWN")
            for box, quantity in enumerate([count - each * (boxes - 1), *[each] * (boxes - 1)]):
                if quantity:
                    of = {"delivery_line_id": UUID(line["id"])} | counted(quantity, line["step"])
                    contents[box].append(of)
        parcels = [
            {"contents": item, "carrier_id": self.merchant.carrier_id, "generate_sscc": bool(place)}
            | ({"parent": 0} if has_pallet else {})
            for place, item in enumerate(contents)
            if item
        ]
        if has_pallet and parcels:
            parcels = [{"contents": []}, *parcels]
        self.act(
            packing.pack,
            packing.DeliveryPack,
            delivery_id=UUID(delivery["id"]),
            parcels=parcels,
            lines=short,
        )

    @needs("deliveries")
    @rule(pick=PICK)
    def dispatch(self, pick: int) -> None:
        delivery = self.choose(self.deliveries, pick, "PACKED")
        self.act(dispatch.dispatch, dispatch.DeliveryDispatch, delivery_id=UUID(delivery["id"]))

    @needs("deliveries")
    @rule(pick=PICK, picked=PICKED, boxes=st.integers(1, 3))
    def send(self, pick: int, picked: list[str], boxes: int) -> None:
        """Bring a delivery all the way out, so that plays get far."""
        self.bring_out(self.choose(self.deliveries, pick, "PLANNED"), picked, boxes)

    def bring_out(self, delivery: Row, picked: list[str], boxes: int) -> None:
        self.act(release.release, release.DeliveryRelease, delivery_id=UUID(delivery["id"]))
        self._pack(delivery, picked, boxes, has_pallet=False)
        self.act(dispatch.dispatch, dispatch.DeliveryDispatch, delivery_id=UUID(delivery["id"]))

    @needs("parcels")
    @rule(events=EVENTS)
    def track(self, events: list[tuple[int, str, int, bool]]) -> None:
        parcels = [it for delivery in self.deliveries[::-1] for it in self.parcels_of(delivery)]
        fields = [
            {
                "parcel_id": UUID(parcels[pick % len(parcels)]["id"]),
                "status": status,
                "occurred_at": self.world.clock() + timedelta(hours=hour),
                "is_correction": is_correction,
            }
            for pick, status, hour, is_correction in events
        ]
        self.act(record_tracking, ParcelRecordTracking, events=fields)

    @needs("parcels")
    @rule(pick=PICK)
    def arrive(self, pick: int) -> None:
        """Bring all parcels of a delivery to the door."""
        self._end(pick, ["DISPATCHED"], "DELIVERED")

    @needs("parcels")
    @rule(pick=PICK, ended=st.sampled_from(["LOST", "LOST", "RETURNED_TO_SENDER"]))
    def lose(self, pick: int, ended: str) -> None:
        """Let all parcels of a delivery be lost, or come back."""
        self._end(pick, ["DISPATCHED"], ended)

    @needs("parcels")
    @rule(pick=PICK)
    def find_again(self, pick: int) -> None:
        """Let what was lost arrive after all, perhaps beside what took its place."""
        self._end(pick, ["RESHIPPED", *UNFINISHED], "DELIVERED", is_correction=True)

    def _end(self, pick: int, states: list[str], status: str, **fields: Any) -> None:
        packed = {it["delivery_id"] for it in self.rows["parcels"]}
        deliveries = [it for it in self.deliveries if it["id"] in packed]
        delivery = self.choose(deliveries, pick, *states)
        event = {"status": status, "occurred_at": self.world.clock(), **fields}
        events = [event | {"parcel_id": UUID(it["id"])} for it in self.parcels_of(delivery)]
        self.act(record_tracking, ParcelRecordTracking, events=events)

    @needs("parcels")
    @rule(pick=PICK, parts=st.lists(PART, max_size=2), day=st.integers(0, 3))
    def reship(self, pick: int, parts: list[str], day: int) -> None:
        delivery = self.choose(self.deliveries, pick, *UNFINISHED)
        lines = [
            {
                "delivery_line_id": UUID(line["id"]),
                **counted(self.part_of(line["owed_again"], part, line["step"]), line["step"]),
            }
            for line, part in zip(self.parts_of(delivery), parts, strict=False)
        ]
        self.act(
            reship.reship,
            reship.DeliveryReship,
            delivery_id=UUID(delivery["id"]),
            window=self.window(day),
            lines=lines or None,
        )

    @needs("parcels")
    @rule(pick=PICK, received=st.lists(RECEIVED, min_size=1, max_size=3), less=LESS)
    def confirm(self, pick: int, received: list[str], less: str) -> None:
        delivery = self.choose(self.deliveries, pick, *AFTER)
        lines = []
        for line, how in zip(self.parts_of(delivery), received, strict=False):
            shipped = line["shipped"]
            amount = {"as shipped": shipped, "none": Decimal(0)}.get(how)
            if amount is None:
                amount = self.part_of(shipped, how, line["step"])
            output = "OVER" if amount > shipped else less
            of = {"delivery_line_id": UUID(line["id"]), "received": amount}
            lines.append(of | ({} if amount == shipped else {"difference": output}))
        self.act(
            receipts.confirm_receipt,
            receipts.DeliveryConfirmReceipt,
            delivery_id=UUID(delivery["id"]),
            lines=lines,
        )
