"""Notifications: what a mail would say now."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from commands.messages.notifications.addressed import MERCHANT_IN_MAILS
from commands.messages.notifications.mails.letters import WrittenMail
from commands.messages.notifications.mails.wording import write_mail
from commands.messages.notifications.standing import PresentState, sender_of
from kit.errors import Code, Refused
from kit.ids import from_global
from kit.standards.languages import Spoken
from models.access.viewers import Scope
from models.fulfilment.deliveries.tables import DeliveryLine
from models.messages.notifications import TRUE_OF_DELIVERIES, TRUE_OF_ORDERS, NotificationKind
from resolvers.running.context import Context

_ABOUT = ("order_id", "delivery_id", "contract_id", "webhook_id")
_OF_ORDERS = frozenset({Scope.ORDERS_READ, Scope.DELIVERIES_READ, Scope.MASTER_DATA_READ})
SHOWN: Mapping[str, frozenset[Scope]] = {
    "Order": _OF_ORDERS,
    "Delivery": _OF_ORDERS,
    "Contract": frozenset({Scope.CONTRACTS_READ, Scope.MASTER_DATA_READ}),
    "Webhook": frozenset({Scope.WEBHOOKS_MANAGE}),
}
"""Type of what a mail is about -> the scopes of all that it tells: goods, parcels, carriers too."""
_ORDER_OF = (
    select(DeliveryLine.order_id)
    .where(
        DeliveryLine.merchant_id == bindparam("merchant", type_=Uuid()),
        DeliveryLine.delivery_id == bindparam("delivery", type_=Uuid()),
    )
    .order_by(DeliveryLine.order_id)
    .limit(1)
)


async def preview(
    context: Context, kind: NotificationKind, global_id: str, language: Spoken
) -> WrittenMail | None:
    """Return what a mail of this kind about an order, a delivery and so on would say now.

    What it is made of takes megabytes where an order is long: one of an operation is written at a
    time, and one of all operations, whoever's they are. None where there is no such row, or a scope
    of what it tells is missing. Refused: INVALID_ID for the id of something else. Crowded: others'
    are written first.
    """
    wanted = about(kind)
    key = _key(wanted, global_id)
    if not context.viewer.scopes >= SHOWN[wanted]:
        return None
    async with context.letter():
        return await _written(context, await _row(context, kind, wanted, key), language)


async def _written(context: Context, row: Any, language: Spoken) -> WrittenMail | None:
    own, read = context.viewer.merchant_id, context.reads.rows
    standing = PresentState(read, own)
    await standing.of(*map(_named, (row.order_id, row.contract_id, row.webhook_id)))
    if not (standing.orders or standing.contracts or standing.webhooks):
        return None
    (merchant,) = await read(MERCHANT_IN_MAILS, {"merchant": own})
    # A long order's takes a fifth of a second.
    letter = standing.letter([row], language, sender_of(merchant))
    return await context.beside.made(write_mail, letter)


def _named(key: UUID | None) -> list[UUID]:
    return [key] if key else []


async def _row(context: Context, kind: NotificationKind, wanted: str, key: UUID) -> Any:
    """Return a notification as it would be."""
    ids: dict[str, UUID | None] = dict.fromkeys(_ABOUT)
    ids[f"{wanted.lower()}_id"] = key
    if wanted == "Delivery":
        values = {"merchant": context.viewer.merchant_id, "delivery": key}
        found = await context.reads.rows(_ORDER_OF, values)
        ids["order_id"] = found[0].order_id if found else None
    return SimpleNamespace(kind=kind, **ids)


def about(kind: NotificationKind) -> str:
    """Return the type of what a kind is about."""
    if kind is NotificationKind.WEBHOOK_DISABLED:
        return "Webhook"
    if kind in TRUE_OF_ORDERS:
        return "Order"
    return "Delivery" if kind in TRUE_OF_DELIVERIES else "Contract"


def _key(wanted: str, global_id: str) -> UUID:
    try:
        type_name, key = from_global(global_id)
    except ValueError:
        type_name, key = "", UUID(int=0)
    if type_name != wanted:
        raise Refused(
            Code.INVALID_ID, f"This kind takes the ID of what is of the type {wanted}.", ("id",)
        )
    return key
