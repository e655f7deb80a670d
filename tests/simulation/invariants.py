"""What must hold after every command: each sentence with the SQL that finds what breaks it.

The invariants are those of the domain: O1 to O7, K1, K7, D1, D10, P1 and P2, and what follows for
states and for what the journal tells. `:merchant` is the merchant that plays.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import dialect

from models.base.acts import AllRows
from models.base.tables import Base
from models.events.fulfilment import deliveries as of_deliveries
from models.events.trade import orders as of_orders
from models.fulfilment.deliveries.states import DeliveryState
from models.trade.orders.lines import OrderLine
from models.trade.orders.standing import fulfilment
from models.trade.orders.states import FulfilmentStatus

_SENT = """('DISPATCHED', 'PARTIALLY_DELIVERED', 'DELIVERED', 'FAILED', 'RETURNED_TO_SENDER',
    'LOST', 'RESHIPPED')"""
_OF_LINES = {
    **{it: f"{it} - part.owed_again" for it in ("planned", "picked", "packed", "shipped")},
    **{it: it for it in ("delivered", "lost", "refused", "owed_again")},
}
"""Counter of an order line -> what a line of a delivery adds to it."""
_ENDED = {"delivered": "DELIVERED", "refused": "RETURNED_TO_SENDER", "lost": "LOST"}
_LINES = """
    SELECT line.*, orders.state, orders.contract_id, orders.number FROM order_lines line
    JOIN orders ON orders.id = line.order_id WHERE line.merchant_id = :merchant
"""
_PARTS = """
    SELECT part.*, delivery.state, delivery.number, delivery.delivered_at,
        EXISTS (SELECT FROM receipts WHERE receipts.delivery_id = delivery.id) AS is_confirmed
    FROM delivery_lines part JOIN deliveries delivery ON delivery.id = part.delivery_id
    WHERE part.merchant_id = :merchant
"""
_CONTENTS = """
    SELECT content.*, parcel.status FROM parcel_contents content
    JOIN parcels parcel ON parcel.id = content.parcel_id
    WHERE content.merchant_id = :merchant AND parcel.status <> 'VOIDED'
"""
_MOVED = """
    SELECT of_line.key::uuid AS line_id, amount.key AS counter, sum(amount.value::numeric) AS total
    FROM journal, jsonb_each(payload -> 'moved') of_line, jsonb_each_text(of_line.value) amount
    WHERE merchant_id = :merchant GROUP BY 1, 2
"""
_STATE_TOLD = {
    of_deliveries.DeliveryPlanned.name: DeliveryState.PLANNED,
    of_deliveries.DeliveryArrivalCorrected.name: None,
    of_deliveries.DeliveryReshipped.name: None,
    of_deliveries.DeliveryReleased.name: DeliveryState.RELEASED,
    of_deliveries.DeliveryPacked.name: DeliveryState.PACKED,
    of_deliveries.DeliveryDispatched.name: DeliveryState.DISPATCHED,
    of_deliveries.DeliveryCancelled.name: DeliveryState.CANCELLED,
    **{event.name: state for state, event in of_deliveries.ARRIVALS.items()},
}
_REACHED_TOLD = {
    of_orders.OrderPartiallyDelivered.name: FulfilmentStatus.PARTIALLY_DELIVERED,
    of_orders.OrderDelivered.name: FulfilmentStatus.DELIVERED,
    of_orders.OrderArrivalCorrected.name: None,
}
_REACHED = (
    select(OrderLine.order_id, fulfilment(OrderLine).label("status"))
    .where(OrderLine.merchant_id == literal_column(":merchant"))
    .group_by(OrderLine.order_id)
    .compile(dialect=dialect(), compile_kwargs={"literal_binds": True})
)
"""order_id, status: the fulfilment status of each order, as clients read it."""


def _last_told(of: str, found: Mapping[str, str | None], field: str) -> str:
    """Return what the last event of a row, out of these, says; none where there is none.

    found: event -> what it says, None for one that says it in the field of its payload.
    """
    said = {
        name: f"payload ->> '{field}'" if it is None else f"'{it}'" for name, it in found.items()
    }
    cases = " ".join(f"WHEN '{name}' THEN {says}" for name, says in said.items())
    names = ", ".join(f"'{name}'" for name in found)
    return f"""(SELECT CASE type {cases} END FROM journal WHERE merchant_id = :merchant
        AND aggregate_id = {of} AND type IN ({names}) ORDER BY position DESC LIMIT 1)"""


def _journalled() -> Iterator[tuple[str, str]]:
    for name in ("shipped", "delivered", "lost", "refused"):
        yield (
            f"a delivery line's {name} is the sum of what its delivery's events tell",
            f"""SELECT part.number, part.id, part.{name} FROM ({_PARTS}) part
                WHERE part.{name} <> coalesce((
                    SELECT sum((payload -> '{name}' ->> part.order_line_id::text)::numeric)
                    FROM journal WHERE merchant_id = :merchant
                    AND aggregate_id = part.delivery_id), 0)""",
        )
    yield (
        "a delivery's state is what its events told last",
        f"""SELECT it.number, it.state FROM deliveries it WHERE it.merchant_id = :merchant
            AND it.state IS DISTINCT FROM {_last_told("it.id", _STATE_TOLD, "state")}""",
    )
    yield (
        "how far an order has been delivered is what its events told last",
        f"""SELECT it.order_id, it.status FROM ({_REACHED}) it
            WHERE CASE WHEN it.status IN ('PARTIALLY_DELIVERED', 'DELIVERED')
                THEN it.status ELSE 'less' END
            <> coalesce({_last_told("it.order_id", _REACHED_TOLD, "reached")}, 'less')""",
    )


def _counters() -> Iterator[tuple[str, str]]:
    for name, added in _OF_LINES.items():
        yield (
            f"an order line's {name} is that of its deliveries (D1, D21)",
            f"""SELECT line.number, line.line_no, line.{name} FROM ({_LINES}) line
                WHERE {name} <> coalesce((SELECT sum(part.{added}) FROM ({_PARTS}) part
                    WHERE part.order_line_id = line.id AND part.state <> 'CANCELLED'), 0)""",
        )
    for entity in (it.class_ for it in Base.registry.mappers if it.class_.__tally__):
        for name in entity.__tally__.counters:
            yield (
                f"{entity.__tablename__}.{name} is the sum of what the journal tells",
                f"""SELECT line.id, line.{name} FROM {entity.__tablename__} line
                    WHERE line.merchant_id = :merchant AND line.{name} <> coalesce((
                        SELECT total FROM ({_MOVED}) moved
                        WHERE moved.line_id = line.id AND moved.counter = '{name}'), 0)""",
            )
    for name, drawn in {
        "called_off": "line.ordered - line.cancelled",
        "shipped": f"""(SELECT sum(part.shipped - part.lost - part.refused) FROM ({_PARTS}) part
            WHERE part.order_line_id = line.id)""",
        "delivered": "line.delivered",
    }.items():
        yield (
            f"a contract line's {name} is that of its call-offs (K14, D23)",
            f"""SELECT agreed.id, agreed.{name} FROM contract_lines agreed
                WHERE agreed.merchant_id = :merchant AND agreed.{name} <> coalesce((
                    SELECT sum({drawn}) FROM ({_LINES}) line
                    WHERE line.contract_line_id = agreed.id), 0)""",
        )


def _parcels() -> Iterator[tuple[str, str]]:
    yield (
        "what lies in live parcels is what is packed, and shipped once it left (P1)",
        f"""SELECT part.number, part.id, part.packed FROM ({_PARTS}) part
            WHERE coalesce((SELECT sum(quantity) FROM ({_CONTENTS}) content
                WHERE content.delivery_line_id = part.id), 0) <> CASE
                    WHEN part.state IN {_SENT} THEN part.shipped
                    WHEN part.state = 'CANCELLED' THEN 0 ELSE part.packed END""",
    )
    for name, status in _ENDED.items():
        yield (
            f"without a receipt, {name} is what the parcels say (P2)",
            f"""SELECT part.number, part.id, part.{name} FROM ({_PARTS}) part
                WHERE part.state IN {_SENT} AND NOT part.is_confirmed
                AND part.{name} <> coalesce((SELECT sum(quantity) FROM ({_CONTENTS}) content
                    WHERE content.delivery_line_id = part.id AND content.status = '{status}'), 0)
            """,
        )


def _kept() -> Iterator[tuple[str, str]]:
    merchant = literal_column(":merchant")
    for entity in (it.class_ for it in Base.registry.mappers):
        for kept in entity.__kept__:
            told = kept.read(AllRows(merchant, None), entity).lateral("told")
            pairs = [(getattr(entity, name), told.c[name]) for name in kept.columns]
            other = or_(*(it.is_distinct_from(true_one) for it, true_one in pairs))
            found = select(entity.id, *(it for pair in pairs for it in pair)).join(told, true())
            sql = found.where(entity.merchant_id == merchant, other).compile(
                dialect=dialect(), compile_kwargs={"literal_binds": True}
            )
            names = ", ".join(kept.columns)
            yield f"{entity.__tablename__} keep what other rows tell: {names}", str(sql)


_OF_JOURNAL = "FROM journal WHERE merchant_id = :merchant"
_EVERY_LINE = f"SELECT line.number, line.line_no FROM ({_LINES}) line WHERE"
_EVERY_PART = f"SELECT part.number, part.id FROM ({_PARTS}) part WHERE"
_EVERY_DELIVERY = "SELECT it.number, it.state FROM deliveries it WHERE it.merchant_id = :merchant"
_SIMPLE = {
    "positions of the journal have no holes": f"""
        SELECT count(*), max(position) {_OF_JOURNAL}
        HAVING count(*) <> max(position) OR min(position) <> 1""",
    "sequences of an aggregate have no holes": f"""
        SELECT aggregate_id, max(sequence) {_OF_JOURNAL} GROUP BY aggregate_id
        HAVING count(*) <> max(sequence) OR min(sequence) <> 1""",
    "no more is planned than is ordered, with its tolerance (O1)": f"""{_EVERY_LINE}
        planned > ordered - cancelled + over_tolerance""",
    "progress never overtakes itself (O2)": f"""{_EVERY_LINE} NOT (
        shipped <= packed AND packed <= picked AND picked <= planned)""",
    "progress of a delivery never overtakes itself (O2)": f"""{_EVERY_PART} NOT (
        delivered + lost + refused <= shipped AND shipped <= packed AND packed <= picked
        AND picked <= planned AND owed_again <= shipped)""",
    "what was lost or came back is owed again (D21)": f"""{_EVERY_PART}
        owed_again < lost + refused""",
    "what arrived beside its replacement counts where there is room (D21)": f"""{_EVERY_PART}
        owed_again > lost + refused AND EXISTS (SELECT FROM ({_LINES}) line
            WHERE line.id = part.order_line_id
            AND line.planned < line.ordered - line.cancelled + line.over_tolerance)""",
    "what was cancelled of what was lost is wanted again when it arrives (D21)": f"""{_EVERY_PART}
        owed_again > lost + refused AND EXISTS (SELECT FROM ({_LINES}) line
            WHERE line.id = part.order_line_id AND line.waived > 0
            AND line.contract_line_id IS NULL)""",
    "no more of what is owed again is cancelled than there is (D21)": f"""{_EVERY_LINE}
        waived > least(cancelled, owed_again)""",
    "what is reshipped brings what the other one had (D22)": f"""
        SELECT part.number, part.order_line_id FROM ({_PARTS}) part
        JOIN deliveries it ON it.id = part.delivery_id WHERE it.reships_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM delivery_lines its WHERE its.delivery_id = it.reships_id
            AND its.order_line_id = part.order_line_id AND its.shipped > 0)""",
    "no more is reserved than is open (O3)": f"""{_EVERY_LINE}
        reserved + shipped > ordered - cancelled + over_tolerance""",
    "what is ordered in packagings is whole ones": f"""{_EVERY_LINE}
        ordered % packaging_content <> 0""",
    "what is counted in a packaging is of its product, at its content": f"""
        SELECT line.number, line.line_no FROM ({_LINES}) line JOIN packagings packed
        ON packed.id = line.packaging_id WHERE (packed.product_id, packed.unit, packed.content)
            <> (line.product_id, line.unit, line.packaging_content)""",
    "of what is cancelled in full nothing is planned (O4, O7)": f"""{_EVERY_LINE}
        cancelled > ordered OR (cancelled = ordered AND greatest(planned, shipped) > 0)""",
    "no more comes back than arrived (O5)": f"""{_EVERY_LINE}
        return_requested + return_received > delivered""",
    "no counter is below zero (O6)": f"""{_EVERY_LINE} least(cancelled, reserved, backordered,
        planned, picked, packed, shipped, delivered, lost, refused) < 0""",
    "only what is unplanned waits for goods": f"""{_EVERY_LINE}
        backordered > greatest(ordered - cancelled - planned, 0)""",
    "no more is called off than is agreed (K1)": """
        SELECT id, called_off FROM contract_lines WHERE merchant_id = :merchant AND called_off
        > coalesce(max_quantity, target_quantity) * (1 + over_tolerance_percent / 100)""",
    "an account has one active release of a type, and what waits is newer (K7)": """
        SELECT account_id, type FROM releases WHERE merchant_id = :merchant
        GROUP BY 1, 2 HAVING count(*) FILTER (WHERE state = 'ACTIVE') > 1
        OR count(*) FILTER (WHERE state = 'RECEIVED') > 1
        OR max(issued_at) FILTER (WHERE state = 'RECEIVED')
        < max(issued_at) FILTER (WHERE state = 'ACTIVE')""",
    "an order that ended badly holds nothing": f"""{_EVERY_LINE}
        state IN ('CANCELLED', 'REJECTED') AND (cancelled <> ordered OR planned <> 0)""",
    "a closed order has nothing under way": f"""{_EVERY_LINE} state = 'CLOSED'
        AND (planned <> shipped OR cancelled < ordered - planned)""",
    "what is known of a payment is what the newest report says": """
        SELECT it.number, it.payment_state FROM orders it JOIN payments newest
        ON newest.order_id = it.id AND least(newest.occurred_at, newest.recorded_at) = (
            SELECT max(least(occurred_at, recorded_at)) FROM payments
            WHERE payments.order_id = it.id)
        WHERE it.merchant_id = :merchant GROUP BY it.number, it.payment_state
        HAVING NOT it.payment_state = ANY(array_agg(newest.state))""",
    "payments are in the currency of their orders": """
        SELECT it.number, payments.currency FROM payments
        JOIN orders it ON it.id = payments.order_id
        WHERE it.merchant_id = :merchant AND payments.currency <> it.currency""",
    "an order of which nothing remains is cancelled": """
        SELECT it.number, it.state FROM orders it WHERE it.merchant_id = :merchant
        AND it.state IN ('PENDING_APPROVAL', 'CONFIRMED') AND NOT EXISTS (
            SELECT FROM order_lines line WHERE line.order_id = it.id
            AND line.merchant_id = :merchant AND line.cancelled < line.ordered)""",
    "an order that must come complete has not left in parts": f"""
        SELECT line.number FROM ({_LINES}) line JOIN orders ON orders.id = line.order_id
        WHERE orders.delivery_policy = 'SHIP_COMPLETE' GROUP BY line.number
        HAVING max(shipped) > 0
        AND bool_or(shipped + lost + refused < ordered - cancelled)""",
    "nothing has gone on after its order's last instant (D10)": f"""
        SELECT it.number, it.dispatched_at FROM deliveries it
        JOIN delivery_lines part ON part.delivery_id = it.id
        JOIN orders ON orders.id = part.order_id
        WHERE it.merchant_id = :merchant AND orders.cancel_if_not_by < CASE
            WHEN it.state IN {_SENT} THEN it.dispatched_at ELSE it.packed_at END""",
    "nothing was packed before it was to be picked (D16)": f"""{_EVERY_DELIVERY}
        AND it.packed_at < it.fulfil_at""",
    "nothing is released without the address that it needs (D17)": f"""{_EVERY_DELIVERY}
        AND it.state NOT IN ('PLANNED', 'CANCELLED') AND it.ship_to IS NULL
        AND it.method <> 'SHOP_PICKUP'""",
    "one delivery completes an order (D18)": f"""
        SELECT part.order_id, count(DISTINCT part.delivery_id) FROM ({_PARTS}) part
        JOIN deliveries it ON it.id = part.delivery_id WHERE it.completes_order
        AND part.planned > 0 AND part.state <> 'CANCELLED'
        GROUP BY 1 HAVING count(DISTINCT part.delivery_id) > 1""",
    "of a settled contract no call-off is open (K11)": f"""
        SELECT line.number, line.line_no FROM ({_LINES}) line
        JOIN contracts ON contracts.id = line.contract_id WHERE contracts.state = 'SETTLED'
        AND line.state IN ('PENDING_APPROVAL', 'CONFIRMED')
        AND line.ordered - line.cancelled > line.shipped""",
    "what a settled contract lacks is recorded, unless it went over (K2)": """
        SELECT line.id, line.called_off FROM contract_lines line JOIN contracts it
        ON it.id = line.contract_id WHERE line.merchant_id = :merchant
        AND it.state = 'SETTLED' AND it.end_of_life <> 'CARRY_OVER'
        AND ceil(line.min_quantity * (1 - line.under_tolerance_percent / 100)
            * power(10, line.scale)) / power(10, line.scale) - line.called_off > coalesce((
            SELECT quantity FROM shortfalls WHERE contract_line_id = line.id), 0)""",
    "what is on hold has neither left nor been taken back": f"""{_EVERY_DELIVERY}
        AND it.state IN ('CANCELLED', {_SENT[1:]} AND EXISTS (SELECT FROM holds
            WHERE holds.subject_id = it.id AND released_at IS NULL)""",
    "a cancelled delivery has shipped nothing": f"""{_EVERY_PART} state = 'CANCELLED'
        AND shipped > 0""",
    "what waits is not picked": f"""{_EVERY_PART} state IN ('PLANNED', 'RELEASED')
        AND (picked > 0 OR packed > 0)""",
    "what is packed is all that is planned": f"""{_EVERY_PART} state <> 'CANCELLED'
        AND packed > 0 AND (packed <> planned OR picked <> planned)""",
    "what left is what was packed": f"""{_EVERY_PART} shipped <>
        CASE WHEN state IN {_SENT} THEN packed ELSE 0 END""",
    "what arrived has nothing open": f"""{_EVERY_PART} state = 'DELIVERED'
        AND delivered <> shipped""",
    "what came back has not arrived": f"""{_EVERY_PART} (state = 'RETURNED_TO_SENDER'
        AND refused <> shipped) OR (state = 'LOST' AND lost <> shipped)""",
    "what failed has delivered nothing": f"""{_EVERY_PART} state IN ('FAILED', 'DISPATCHED')
        AND delivered > 0""",
    "what arrived in part has something and lacks something": f"""
        {_EVERY_DELIVERY} AND it.state = 'PARTIALLY_DELIVERED' AND NOT (
            SELECT sum(part.delivered) > 0 AND sum(part.delivered) < sum(part.shipped)
            FROM ({_PARTS}) part WHERE part.delivery_id = it.id)""",
    "a living delivery brings something": f"""{_EVERY_DELIVERY} AND it.state <> 'CANCELLED'
        AND NOT coalesce((SELECT sum(part.planned) > 0 FROM ({_PARTS}) part
            WHERE part.delivery_id = it.id), false)""",
    "times are there for what happened": f"""{_EVERY_DELIVERY} AND (
        (it.state = 'DELIVERED') <> (it.delivered_at IS NOT NULL)
        OR (it.state IN {_SENT}) <> (it.dispatched_at IS NOT NULL)
        OR (it.state = 'CANCELLED') <> (it.cancelled_at IS NOT NULL))""",
    "the lines bear the discount of their order, to the cent (O8)": f"""
        SELECT orders.number, sum(line.order_discount) FROM ({_LINES}) line
        JOIN orders ON orders.id = line.order_id GROUP BY orders.id, orders.number,
            orders.discount_percent
        HAVING sum(line.order_discount) <> round(coalesce(orders.discount_percent, 0) / 100
            * sum(line.ordered * line.unit_price * (1 - line.discount_percent / 100)), 2)""",
    "charges are owed until nothing is wanted, taxes for what they were stated (O9)": f"""
        SELECT orders.number, orders.charged, orders.taxed FROM ({_LINES}) line
        JOIN orders ON orders.id = line.order_id
        GROUP BY orders.id, orders.number, orders.charged, orders.taxed, orders.charges,
            orders.taxes, orders.taxed_without
        HAVING orders.charged <> CASE WHEN bool_and(cancelled = ordered) THEN 0 ELSE (
            SELECT coalesce(sum((it ->> 'amount')::numeric), 0)
            FROM jsonb_array_elements(orders.charges) it) END
        OR orders.taxed IS DISTINCT FROM CASE WHEN bool_and(cancelled = ordered) THEN 0
            WHEN orders.taxed_without IS DISTINCT FROM coalesce(jsonb_object_agg(
                line.id, trim_scale(cancelled)::text) FILTER (WHERE cancelled > 0), '{{}}')
            THEN NULL ELSE (
            SELECT sum((it ->> 'amount')::numeric)
            FROM jsonb_array_elements(orders.taxes) it) END""",
    "what stands on a pallet is voided with it alone": """
        SELECT carton.id, pallet.status FROM parcels carton
        JOIN parcels pallet ON pallet.id = carton.parent_id
        WHERE carton.merchant_id = :merchant AND carton.status = 'VOIDED'
            AND pallet.status <> 'VOIDED'""",
    "what is waived follows from what is wanted and there, whatever was told before (D21)": f"""
        {_EVERY_LINE} contract_id IS NULL AND over_tolerance = 0 AND waived <> least(given_up,
            owed_again, greatest(ordered - cancelled + waived - planned, 0))""",
    "what was found waits for room of its contract, and no longer (D21)": f"""
        SELECT line.number, line.waived, agreed.called_off FROM ({_LINES}) line
        JOIN contract_lines agreed ON agreed.id = line.contract_line_id
        WHERE line.waived > 0 AND agreed.called_off + agreed.carried_over + 1 <=
            coalesce(agreed.max_quantity, agreed.target_quantity)
        AND EXISTS (SELECT FROM delivery_lines part WHERE part.order_line_id = line.id
            AND part.owed_again > part.lost + part.refused)
        AND NOT EXISTS (SELECT FROM due WHERE due.merchant_id = :merchant
            AND due.kind = 'CALL_OFF_FOUND' AND due.subject = agreed.contract_id)""",
    "what was found waits for room in its order, and no longer (D21)": f"""{_EVERY_LINE}
        ordered > cancelled AND least(ordered - cancelled + over_tolerance - planned,
            owed_again - waived, (SELECT coalesce(sum(greatest(part.owed_again - part.lost
            - part.refused, 0)), 0) FROM delivery_lines part
            WHERE part.order_line_id = line.id)) > 0
        AND NOT EXISTS (SELECT FROM due WHERE due.merchant_id = :merchant
            AND due.kind = 'COUNT_FOUND' AND due.subject = line.order_id)""",
    "an amendment waits in a confirmed order": f"""{_EVERY_LINE}
        answer_by IS NOT NULL AND state <> 'CONFIRMED'""",
    "what is planned belongs to an order that lives": f"""{_EVERY_PART} state IN
        ('PLANNED', 'RELEASED', 'PACKED') AND NOT EXISTS (SELECT FROM orders
            WHERE orders.id = part.order_id AND orders.state = 'CONFIRMED')""",
}
"""Rules that need no statement of their own for each counter, event or status."""


INVARIANTS: Mapping[str, str] = dict(
    [*_counters(), *_journalled(), *_parcels(), *_kept(), *_SIMPLE.items()]
)

BROKEN = " UNION ALL ".join(
    f"SELECT '{sentence.replace(chr(39), chr(39) * 2)}' AS sentence, to_jsonb(it)::text AS what"
    f" FROM ({sql}) it"
    for sentence, sql in INVARIANTS.items()
)
"""One statement: the sentences that do not hold, each with a row that breaks it."""
