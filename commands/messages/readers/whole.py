"""What messages have brought before: a partner's that stands, and what one message has brought."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, exists, select

from commands.trade.releases.accounts.account import ReleasePlace
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.base.tables import OneOf, fixed
from models.messages.interchanges import Interchange, InterchangeMessage, MessageRelease
from models.trade.releases.tables import CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType

_MERCHANT = bindparam("merchant", type_=Uuid())


async def left_standing(
    writing: Writing, partner_id: UUID, type_: ReleaseType, named: Collection[ReleasePlace]
) -> Sequence[ReleasePlace]:
    """Return the places for which a partner's schedules of a type still stand, beside some."""
    values = {**writing.parameters, "partner": partner_id, "type": type_}
    rows = await writing.session.rows(_STANDING, values)
    return [place for row in rows if (place := ReleasePlace(*row)) not in named]


async def places_of(writing: Writing, message_id: UUID) -> Collection[ReleasePlace]:
    """Return the places for which a message has brought releases, when it was read before."""
    rows = await writing.session.rows(_BROUGHT, {**writing.parameters, "message": message_id})
    return {ReleasePlace(*row) for row in rows}


def _of(entity: Any, key: Any) -> tuple[Any, Any]:
    """Return what joins a table by a key, within the merchant."""
    return entity, and_(entity.merchant_id == _MERCHANT, entity.id == key)


_PLACES = (
    select(
        CumulativeAccount.contract_line_id,
        CumulativeAccount.ship_to_id,
        CumulativeAccount.unloading_point,
    )
    .select_from(Release)
    .join(*_of(CumulativeAccount, Release.account_id))
    .join(
        MessageRelease,
        and_(MessageRelease.merchant_id == _MERCHANT, MessageRelease.release_id == Release.id),
    )
    .where(Release.merchant_id == _MERCHANT)
)
_BROUGHT = Statement(_PLACES.where(MessageRelease.message_id == bindparam("message", type_=Uuid())))
_STANDING = Statement(
    _PLACES.join(*_of(InterchangeMessage, MessageRelease.message_id))
    .join(*_of(Interchange, InterchangeMessage.interchange_id))
    .where(
        Release.state == fixed(ReleaseState.ACTIVE),
        Release.type == bindparam("type", type_=OneOf(ReleaseType)),
        Interchange.partner_id == bindparam("partner", type_=Uuid()),
        exists().where(
            ScheduleLine.merchant_id == _MERCHANT, ScheduleLine.release_id == Release.id
        ),
    )
    .order_by(Release.id)
)
