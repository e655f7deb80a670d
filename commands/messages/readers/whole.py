"""What messages have brought before: a partner's that stands, and what one message has brought."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    select,
    true,
)
from sqlalchemy.orm import aliased

from commands.trade.releases.accounts.account import ReleasePlace
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.inputs import LARGEST_BULK
from kit.standards.schedules.transmissions import TYPE
from models.base.tables import OneOf, fixed
from models.messages.interchanges import (
    Interchange,
    InterchangeMessage,
    InterchangeState,
    MessageRelease,
)
from models.trade.releases.tables import CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType

_MERCHANT = bindparam("merchant", type_=Uuid())


async def left_standing(
    writing: Writing, partner_id: UUID, type_: ReleaseType, named: Collection[ReleasePlace]
) -> AsyncIterator[Sequence[ReleasePlace]]:
    """Give the places for which a partner's schedules of a type still stand, beside some.

    They come in portions of a bulk at most, each read when the one before is done with; whoever
    ends a schedule by one without lines does not meet that again.
    """
    own = {**writing.parameters, "partner": partner_id, "type": type_, "most": LARGEST_BULK}
    after = _BEFORE_ALL
    while rows := await writing.session.rows(_STANDING, {**own, "after": after}):
        after = rows[-1].id
        left = [ReleasePlace.of(it) for it in rows if it.is_of_partner]
        if places := [it for it in left if it not in named]:
            yield places


async def places_of(writing: Writing, message_id: UUID) -> Collection[ReleasePlace]:
    """Return the places for which a message has brought releases, when it was read before."""
    rows = await writing.session.rows(_BROUGHT, {**writing.parameters, "message": message_id})
    return {ReleasePlace(*row) for row in rows}


async def transmitted_for(
    writing: Writing, partner_id: UUID, type_: ReleaseType, places: Collection[ReleasePlace]
) -> Mapping[ReleasePlace, Sequence[str]]:
    """Return the numbers of a partner's transmissions (VDA 4905) whose releases stand, by place."""
    own = {"partner": partner_id, "type": type_, "lines": [*{it.contract_line_id for it in places}]}
    found = defaultdict[ReleasePlace, list[str]](list)
    for row in await writing.session.rows(_TRANSMITTED, {**writing.parameters, **own}):
        found[ReleasePlace.of(row)].append(row.reference)
    return found


async def begun_again(writing: Writing, message: InterchangeMessage) -> Sequence[tuple[str, str]]:
    """Return the numbers with which those of a transmission's day begin again, each after which."""
    own = {**writing.parameters, "interchange": message.interchange_id}
    return [(row.reference, row.begins_after) for row in await writing.session.rows(_BEGUN, own)]


def _of(entity: Any, key: Any) -> tuple[Any, Any]:
    """Return what joins a table by a key, within the merchant."""
    return entity, and_(entity.merchant_id == _MERCHANT, entity.id == key)


_BEFORE_ALL = UUID(int=0)
_PLACE = (
    CumulativeAccount.contract_line_id,
    CumulativeAccount.ship_to_id,
    CumulativeAccount.unloading_point,
)
_BROUGHT = Statement(
    select(*_PLACE)
    .select_from(MessageRelease)
    .join(*_of(Release, MessageRelease.release_id))
    .join(*_of(CumulativeAccount, Release.account_id))
    .where(
        MessageRelease.merchant_id == _MERCHANT,
        MessageRelease.message_id == bindparam("message", type_=Uuid()),
    )
)


_TRANSMITTED = Statement(
    select(*_PLACE, InterchangeMessage.reference)
    .select_from(Release)
    .join(*_of(CumulativeAccount, Release.account_id))
    .join(
        MessageRelease,
        and_(
            MessageRelease.merchant_id == _MERCHANT,
            MessageRelease.release_id == Release.id,
        ),
    )
    .join(*_of(InterchangeMessage, MessageRelease.message_id))
    .join(*_of(Interchange, InterchangeMessage.interchange_id))
    .where(
        Release.merchant_id == _MERCHANT,
        Release.contract_line_id == any_(bindparam("lines", type_=ARRAY(Uuid()))),
        Release.type == bindparam("type", type_=OneOf(ReleaseType)),
        Release.state.in_([fixed(it) for it in (ReleaseState.ACTIVE, ReleaseState.RECEIVED)]),
        InterchangeMessage.type == fixed(TYPE),
        Interchange.partner_id == bindparam("partner", type_=Uuid()),
    )
)


def _begun() -> Select[Any, Any]:
    """Build what reads where numbers begin again on the day of an interchange."""
    own, same = aliased(Interchange), ("partner_id", "recipient", "prepared")
    return (
        select(Interchange.reference, Interchange.begins_after)
        .join(own, and_(*(getattr(own, it) == getattr(Interchange, it) for it in same)))
        .where(
            own.merchant_id == _MERCHANT,
            own.id == bindparam("interchange", type_=Uuid()),
            Interchange.merchant_id == _MERCHANT,
            Interchange.begins_after.is_not(None),
            Interchange.state == fixed(InterchangeState.ACCEPTED),
        )
        .order_by(Interchange.received_at, Interchange.id)
    )


_BEGUN = Statement(_begun())


def _standing() -> Select[Any]:
    """Build what reads the next releases in force, and whether a partner has brought a schedule.

    Whatever PostgreSQL thinks of the tables, all but the first are asked by key for each of them.
    """
    release = (
        select(Release.id, Release.account_id)
        .where(
            Release.merchant_id == _MERCHANT,
            Release.state == fixed(ReleaseState.ACTIVE),
            Release.id > bindparam("after", type_=Uuid()),
            Release.type == bindparam("type", type_=OneOf(ReleaseType)),
        )
        .order_by(Release.id)
        .limit(bindparam("most", type_=Integer()))
        .subquery("standing")
    )
    place = (
        select(*_PLACE)
        .where(
            CumulativeAccount.merchant_id == _MERCHANT,
            CumulativeAccount.id == release.c.account_id,
        )
        .offset(0)
        .lateral("place")
    )
    brought_by = (
        select(Interchange.partner_id)
        .select_from(MessageRelease)
        .join(*_of(InterchangeMessage, MessageRelease.message_id))
        .join(*_of(Interchange, InterchangeMessage.interchange_id))
        .where(MessageRelease.merchant_id == _MERCHANT, MessageRelease.release_id == release.c.id)
        .scalar_subquery()
    )
    has_lines = exists().where(
        ScheduleLine.merchant_id == _MERCHANT, ScheduleLine.release_id == release.c.id
    )
    of_partner = and_(brought_by == bindparam("partner", type_=Uuid()), has_lines)
    return (
        select(release.c.id, *place.c, func.coalesce(of_partner, false()).label("is_of_partner"))
        .select_from(release.join(place, true()))
        .order_by(release.c.id)
    )


_STANDING = Statement(_standing())
