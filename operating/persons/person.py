"""`abruf person`: what is kept of a person, written out, or forgotten."""

import argparse
import json

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from commands.access.keys import operate as keys
from commands.writing.transaction import Writing
from kit.db.sessions import Session
from kit.db.tenant import set_merchant
from kit.errors import Code, Refused
from models.base.payloads import ColumnName
from models.events.master.parties import PartyUpdated
from models.events.trade.orders import OrderUpdated
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, ON_THE_WAY, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.parties import Party
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OPEN_STATES
from models.trade.orders.tables import Order
from operating.persons.ending import end_what_acts
from operating.persons.found import Person, any_id, find_person, lock
from operating.persons.kept import Kept, all_kept
from operating.reached import in_session, recording
from operating.rows import without_secrets


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare its verbs."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    export = verbs.add_parser("export", help="write out all that is kept of it, as JSON")
    export.set_defaults(run=in_session(_export))
    forget = verbs.add_parser(
        "anonymise",
        help="forget who it was",
        description="Names, addresses, telephone numbers, notes, its keys and where it was go, also"
        " from the journal; numbers, products, quantities, amounts and days stay, as books need"
        " them. Refused while an order or a delivery is on its way. docs/OPERATIONS.md tells more.",
    )
    forget.set_defaults(run=in_session(_anonymise))
    for each in (export, forget):
        each.add_argument("--merchant", required=True, metavar="SLUG", help="whose customer it is")
        who = each.add_mutually_exclusive_group(required=True)
        who.add_argument("--party", metavar="NUMBER", help="a private customer's number")
        who.add_argument("--email", help="of a private customer, a guest, or a company's contact")


async def _found(session: Session, arguments: argparse.Namespace) -> Person:
    merchant = await keys.merchant_of(session, arguments.merchant)
    await set_merchant(session, merchant.id)
    return await find_person(session, merchant.id, arguments.party, arguments.email)


async def _export(session: Session, arguments: argparse.Namespace) -> str:
    """Write one JSON object: table -> its rows, of others' that name it only what names it."""
    person = await _found(session, arguments)
    found: dict[str, list[object]] = {}
    for each in filter(lambda it: it.written != (), all_kept(person)):
        table = each.table.__table__
        row = without_secrets(table, each.written)
        own = select(row).where(table.c.merchant_id == person.merchant_id, each.where)
        found.setdefault(table.name, []).extend(await session.scalars(own))
    return f"{json.dumps(found, indent=2, ensure_ascii=False)}\n"


async def _anonymise(session: Session, arguments: argparse.Namespace) -> str:
    await lock(session, await _found(session, arguments))
    # Again: keys may have been made before it was locked.
    person = await _found(session, arguments)
    await _refuse_open(session, person)
    async with recording(session, person.merchant_id) as writing:
        await end_what_acts(writing, person)
        parts = all_kept(person)
        counted = [await _forget(session, person, it) for it in parts]
        _record(writing, person, parts)
        # Deliveries that only name it, what it was told and wanted to be told: no entry tells.
        writing.unrecorded.append(person.merchant_id)
    tables: dict[str, int] = {}
    for each, rows in zip(parts, counted, strict=True):
        if each.forgotten:
            tables[each.table.__tablename__] = tables.get(each.table.__tablename__, 0) + rows
    changed = ", ".join(f"{rows} of {name}" for name, rows in tables.items() if rows)
    return f"Forgotten in {changed}.\n"


async def _refuse_open(session: Session, person: Person) -> None:
    """Refused: WRONG_STATE while goods are still to come, which need a name and a place."""
    orders = person.orders | person.named_orders
    deliveries = person.deliveries | person.named_deliveries
    under_way = BEFORE_DISPATCH | ON_THE_WAY
    owing = exists().where(
        OrderLine.merchant_id == person.merchant_id,
        OrderLine.order_id == Order.id,
        OrderLine.open_quantity > 0,
    )
    numbers = [
        *await session.scalars(
            select(Order.number).where(
                Order.merchant_id == person.merchant_id,
                and_(any_id(Order.id, orders), Order.state.in_(OPEN_STATES), owing),
            )
        ),
        *await session.scalars(
            select(Delivery.number).where(
                Delivery.merchant_id == person.merchant_id,
                and_(any_id(Delivery.id, deliveries), Delivery.state.in_(under_way)),
                or_(Delivery.state != DeliveryState.PARTIALLY_DELIVERED, _on_the_road()),
            )
        ),
    ]
    if numbers:
        text = f"Not done yet, so that who and where is needed still: {', '.join(sorted(numbers))}."
        raise Refused(Code.WRONG_STATE, text, ("person",))


def _on_the_road() -> ColumnElement[bool]:
    """Return whether something of a delivery that came in part is still to come."""
    of = DeliveryLine
    own = (of.merchant_id == Delivery.merchant_id, of.delivery_id == Delivery.id)
    return exists().where(*own, of.shipped > of.delivered + of.lost + of.refused)


async def _forget(session: Session, person: Person, part: Kept) -> int:
    """Write what stands there afterwards; returns how many rows that changed."""
    if not part.forgotten:
        return 0
    rows = (part.table.merchant_id == person.merchant_id, part.where)
    done = update(part.table).where(*rows).values(part.forgotten).returning(part.table.id)
    return len((await session.scalars(done)).all())


def _record(writing: Writing, person: Person, parts: list[Kept]) -> None:
    """Tell the journal which columns were written, as of any other change."""
    columns = {
        each.table: tuple(map(ColumnName, sorted(each.forgotten)))
        for each in reversed(parts)
        if each.forgotten
    }
    party, order = columns[Party], columns[Order]
    for party_id in person.parties | person.companies.keys():
        writing.record(
            PartyUpdated(
                party_id,
                fields=party if party_id in person.parties else (),
                contacts=tuple(person.companies.get(party_id, ())),
                addresses=tuple(sorted(person.addresses)) if party_id in person.parties else (),
            )
        )
    for order_id in person.orders:
        writing.record(OrderUpdated(order_id, fields=order, lines=()))
    for order_id in person.named_orders:
        writing.record(OrderUpdated(order_id, fields=(ColumnName("recipient"),), lines=()))
