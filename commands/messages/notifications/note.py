"""Noting who is to be told of events: a row each, and a mail for what belongs together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from commands.access.followers.entries import JournalEvent
from commands.messages.notifications import timing
from commands.messages.notifications.addressed import (
    Addressee,
    Notice,
    People,
    merchant_of,
)
from commands.messages.notifications.kinds import BY_LINES, CAUSES, SETTINGS
from commands.messages.notifications.waiting import first_try, retime
from commands.writing.rows import write_rows
from commands.writing.transaction import Writing
from kit.ids import new_id
from kit.outgoing.headers import is_address
from kit.standards.languages import Spoken, spoken
from models.base.tables import entity_named
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel
from models.messages.notifications import (
    Notification,
    NotificationMail,
    NotificationReason,
    NotificationState,
    NotificationTiming,
)
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

_Row = dict[str, Any]


async def note(writing: Writing, entries: Sequence[JournalEvent]) -> None:
    """Write who is to be told of entries of one merchant; their number adds no statement."""
    if any(type(it.event) in SETTINGS for it in entries):
        await retime(writing)
    since = writing.now - timing.TOO_OLD
    recent = [it for it in entries if min(it.occurred_at, it.recorded_at) > since]
    await tell(writing, await _events(writing, recent))


async def tell(writing: Writing, events: Sequence[Notice]) -> None:
    """Write who is to be told of what."""
    if not events:
        return
    people, merchant = await People.of(writing, events), await merchant_of(writing)
    language = spoken(merchant.language) or Spoken.EN
    noted = {(it.entry_id, it.address, it.kind) for it in await _of_entries(writing, events)}
    rows = [
        _row(writing, event, addressee, merchant)
        for event in events
        for addressee in people.addressees(event, language, merchant.support_email)
        if (event.entry_id, addressee.address, event.kind) not in noted
    ]
    if rows:
        mails = await _put_into_mails(writing, rows, merchant)
        new = {NotificationMail: mails, Notification: rows}
        await write_rows(writing, {entity: some for entity, some in new.items() if some})


async def _of_entries(writing: Writing, events: Iterable[Notice]) -> Sequence[Any]:
    """Read what was noted of the same entries before."""
    return await writing.records(Notification, "entry_id", sorted({it.entry_id for it in events}))


async def _events(writing: Writing, entries: Sequence[JournalEvent]) -> list[Notice]:
    """Return what entries tell people, of the rows as they are now."""
    telling = [it for it in entries if type(it.event) in CAUSES]
    about = {kind: {it.aggregate_id for it in telling if it.event.about is kind} for kind in _READ}
    parcels = await writing.by_key(Parcel, "id", about[Parcel])
    wanted = about[Delivery] | {it.delivery_id for it in parcels.values()}
    deliveries = await writing.by_key(Delivery, "id", wanted)
    first: dict[UUID, UUID] = {}
    for line in await writing.records(DeliveryLine, "delivery_id", sorted(deliveries)):
        first[line.delivery_id] = min(first.get(line.delivery_id, line.order_id), line.order_id)
    orders = await writing.by_key(Order, "id", about[Order] | {*first.values()})
    contracts = await writing.by_key(Contract, "id", about[Contract])
    webhooks = await writing.by_key(_WEBHOOK, "id", about[_WEBHOOK])
    lines = await _lines(writing, telling)
    found = list[Notice]()
    for entry in telling:
        row_id = entry.aggregate_id
        if entry.event.about is Parcel and row_id in parcels:
            row_id = parcels[row_id].delivery_id
        order, delivery = orders.get(first.get(row_id, row_id)), deliveries.get(row_id)
        others = contracts.get(row_id), webhooks.get(row_id)
        row = next((it for it in (delivery, order, *others) if it is not None), None)
        if row is None or (delivery is not None and order is None):
            continue
        kinds = CAUSES[type(entry.event)](entry.event, row, lines.get(row_id, ()))
        found += [Notice(entry.id, kind, order, delivery, *others) for kind in kinds]
    return found


async def _lines(writing: Writing, telling: Iterable[JournalEvent]) -> Mapping[UUID, list[Any]]:
    """Return order or contract -> its lines, where an event is judged by them."""
    found = defaultdict[UUID, list[Any]](list)
    some = [it for it in telling if type(it.event) in BY_LINES]
    for of, entity, column in _LINES:
        keys = {it.aggregate_id for it in some if it.event.about is of}
        for line in await writing.records(entity, column, sorted(keys)):
            found[getattr(line, column)].append(line)
    return found


_WEBHOOK: Any = entity_named("Webhook")
_READ = (Order, Delivery, Parcel, Contract, _WEBHOOK)
_LINES: Sequence[tuple[Any, Any, str]] = (
    (Order, OrderLine, "order_id"),
    (Contract, ContractLine, "contract_id"),
)


def _row(writing: Writing, event: Notice, addressee: Addressee, merchant: Any) -> _Row:
    """Return the row of what one person is told of an event; its mail comes later."""
    order, delivery, contract = event.order, event.delivery, event.contract
    zone = delivery.window_zone if delivery else (order and order.window_zone)
    reason = None
    if addressee.timing is NotificationTiming.NEVER:
        state, reason = NotificationState.SUPPRESSED, NotificationReason.NOT_WANTED
    elif not is_address(addressee.address):
        state, reason = NotificationState.FAILED, NotificationReason.BAD_ADDRESS
    else:
        state = NotificationState.PENDING
    return {
        "merchant_id": writing.viewer.merchant_id,
        "id": new_id(),
        "kind": event.kind,
        "contact_id": addressee.contact_id,
        "address": addressee.address,
        "language": addressee.language,
        "time_zone": zone or merchant.time_zone,
        "order_id": order.id if order else None,
        "delivery_id": delivery.id if delivery else None,
        "contract_id": contract.id if contract else None,
        "webhook_id": event.webhook.id if event.webhook else None,
        "entry_id": event.entry_id,
        "mail_id": new_id(),
        "is_daily": addressee.timing is NotificationTiming.DAILY,
        "is_staff": addressee.is_staff,
        "state": state,
        "reason": reason,
        "created_at": writing.now,
    }


async def _put_into_mails(writing: Writing, rows: Sequence[_Row], merchant: Any) -> list[_Row]:
    """Give rows that wait their mails: one that waits for more, or a new one. Returns the new."""
    waiting = [it for it in rows if it["state"] is NotificationState.PENDING]
    mails = await _open_mails(writing, {it["address"] for it in waiting})
    new = list[_Row]()
    for row in waiting:
        key = _belongs(row)
        if key not in mails:
            mails[key] = row["mail_id"]
            at = first_try(writing.now, row["time_zone"], merchant, is_daily=row["is_daily"])
            own = {"merchant_id": row["merchant_id"], "id": row["mail_id"]}
            new.append({**own, "next_at": at, "attempts": 0})
        row["mail_id"] = mails[key]
    return new


def _belongs(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what the notifications of one mail have in common."""
    about = row["order_id"] or row["contract_id"] or row["webhook_id"]
    thread = None if row["is_daily"] else about
    return row["address"], row["language"], row["is_daily"], thread


async def _open_mails(writing: Writing, addresses: set[str]) -> dict[tuple[Any, ...], UUID]:
    """Lock the mails to addresses that nobody has tried yet; they take more."""
    of, mail = Notification, NotificationMail
    about = ("order_id", "contract_id", "webhook_id")
    names = ("address", "language", "is_daily", *about, "mail_id")
    own = writing.viewer.merchant_id
    found = (
        select(*(getattr(of, name) for name in names))
        .join(mail, (mail.merchant_id == own) & (mail.id == of.mail_id))
        .where(
            of.merchant_id == own,
            of.state == NotificationState.PENDING,
            of.address.in_(sorted(addresses)),
            mail.attempts == 0,
            mail.leased_until.is_(None),
        )
        .order_by(mail.id)
        .with_for_update(of=mail)
    )
    if not addresses:
        return {}
    rows = (await writing.session.execute(found)).mappings()
    return {_belongs(dict(it)): it["mail_id"] for it in rows}
