"""Another window for goods that are planned: may it be, when must they leave, what was it before.

What answers a schedule remembers for when it was planned, so that a later plan knows what it brings
(`DeliveryLine.moved_from_earliest`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commands.fulfilment.deliveries.locking import Locked
from commands.fulfilment.deliveries.places import WINDOW
from commands.trade.contracts.times import AgreedPlace, Window, check_ahead, check_handling
from commands.trade.orders.lines import called_off, not_wanted_after
from commands.trade.releases.transit import transits_of
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.locations import Location
from models.master.parties import Address
from models.trade.contracts.states import TimeRule
from models.trade.contracts.tables import Contract
from models.trade.releases.tables import ScheduleLine


async def new_window(
    locked: Locked, delivery: Delivery, window: Window, override: str | None
) -> tuple[dict[str, Any], frozenset[TimeRule]]:
    """Return the columns of a new window, and the rules that it overrides.

    What answers a schedule is to leave in time for it. Notes what is refused: INVALID_WINDOW for
    one that has passed, or begins when it is not wanted any more (D10), INVALID_DATE where it
    cannot be handled in time, OUTSIDE_RECEIVING_HOURS, OUTSIDE_VALIDITY, NOTICE_TOO_SHORT.
    """
    address = None
    if delivery.ship_to_id is not None:
        wanted = {delivery.ship_to_id: ("delivery_id",)}
        address = (await locked.writing.get(Address, wanted))[delivery.ship_to_id]
    agreed = {it.contract_id for it in locked.orders.values() if it.contract_id}
    contracts = await locked.writing.by_key(Contract, "id", agreed)
    by = await _leaves_by(locked, delivery, window, address, contracts)
    with locked.writing.refusals:
        check_ahead(locked.writing, window, ())
    with locked.writing.refusals:
        check_handling(delivery.fulfil_at, by, window.latest, ("window",), ("latest",))
    call_offs = called_off(locked.orders.values(), locked.order_lines.values(), contracts)
    overridden = frozenset[TimeRule]()
    with locked.writing.refusals:
        not_by = not_wanted_after(locked.orders_of(delivery))
        agreed_place = AgreedPlace(address, call_offs, override, not_by=not_by)
        overridden = agreed_place.check(window, ("window",))
    columns: dict[str, Any] = dict(zip(WINDOW, window.model_dump().values(), strict=True))
    columns |= {"window_override": override, "fulfil_by": by}
    return columns, overridden


async def _leaves_by(
    locked: Locked,
    delivery: Delivery,
    window: Window,
    address: Address | None,
    contracts: Mapping[UUID, Contract],
) -> datetime | None:
    """Return by when a delivery is to have left that comes in a window.

    It is the end of a day, by transit, of what answers the schedules of one contract; all else
    leaves when it was to leave before.
    """
    lines = [locked.order_lines[it.order_line_id] for it in locked.lines_of(delivery)]
    keys = {it.schedule_line_id for it in lines}
    same = window.earliest, window.latest
    is_moved = same != (delivery.window_earliest, delivery.window_latest)
    if delivery.fulfil_by is None or None in keys or len(contracts) != 1 or not is_moved:
        return delivery.fulfil_by
    writing, (contract,) = locked.writing, contracts.values()
    scheduled = await writing.by_key(ScheduleLine, "id", {it for it in keys if it is not None})
    transit = (await transits_of(writing, [contract], delivery.location_id))[contract.id]
    locations = await writing.by_key(Location, "id", [delivery.location_id])
    zone = ZoneInfo(locations[delivery.location_id].time_zone)
    arrives_on = window.earliest.astimezone(ZoneInfo(window.time_zone)).date()
    way = transit.to(address)
    leaves_on = min(way.left_for(arrives_on, it.transit_days) for it in scheduled.values())
    leaves_on = max(leaves_on, writing.now.astimezone(zone).date())
    return datetime.combine(leaves_on, time.max, zone)


def remember(
    locked: Locked,
    moved: Iterable[tuple[DeliveryLine, tuple[datetime, datetime]]],
    window: tuple[datetime, datetime],
) -> None:
    """Let lines that answer a schedule know for which window they were planned.

    moved: lines, each with that. window: when they come now; what comes when it was planned to
    come was not moved.
    """
    for line, planned_for in moved:
        if locked.order_lines[line.order_line_id].schedule_line_id is not None:
            own = (None, None) if planned_for == window else planned_for
            line.moved_from_earliest, line.moved_from_latest = own
