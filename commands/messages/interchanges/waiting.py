"""What waits to be read: bounded for a merchant and shared by its partners, and paid by who sends.

A partner may send while it has less waiting than is left free of its merchant's: alone it has half
of that, two have a third each, and another one always finds some.
"""

import math
from collections.abc import Collection
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Select, Uuid, and_, any_, bindparam, cast, func, select
from sqlalchemy.orm import aliased

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.loop.apart import Crowded
from models.base.tables import fixed
from models.messages.interchanges import Interchange, InterchangeMessage, MessageFate

MOST_MESSAGES, MOST_BYTES = 20_000, 32 * 1024 * 1024
"""That wait of one merchant, beside the last file that was taken in."""
MESSAGES_A_SECOND, BYTES_A_SECOND = 8, 25_000
"""That a process reads at least, measured on two cores that four others wanted, too."""
_SHORTEST_S, _LONGEST_S = 15, 600
LINES_A_MESSAGE, SEGMENTS_A_LINE, BYTES_A_LINE = 50, 2, 64
"""Lines as which a message is paid, and how many of its segments, or bytes if those come to more,
are paid as a further one: 250 to 500 points for a second of one core. That what it brings is ended
by one that does not name it, once and for half the work, is paid with it."""


class Waiting(NamedTuple):
    """How much waits. length: in bytes."""

    messages: int = 0
    length: int = 0

    def less(self, other: Self) -> Self:
        """Return what is left of it beside another."""
        return type(self)(self.messages - other.messages, self.length - other.length)

    def is_below(self, other: Self) -> bool:
        """Tell whether it is less in messages as well as in bytes."""
        return self.messages < other.messages and self.length < other.length

    @property
    def seconds(self) -> int:
        """Return how long reading half of it takes at most."""
        longer = max(self.messages / MESSAGES_A_SECOND, self.length / BYTES_A_SECOND)
        return min(max(_SHORTEST_S, math.ceil(longer / 2)), _LONGEST_S)


async def let_wait(
    writing: Writing, interchanges: Collection[UUID], messages: int, segments: int, length: int
) -> None:
    """Check that messages of interchanges may wait to be read, and let the call pay for that.

    length: theirs in bytes. Crowded: so much waits of one of their partners, or of the merchant;
    nothing of the call is done.
    """
    if not messages:
        return
    lines = max(segments // SEGMENTS_A_LINE, length // BYTES_A_LINE)
    writing.extent.later += messages * LINES_A_MESSAGE + lines
    values = {**writing.parameters, "interchanges": list(interchanges)}
    for own_messages, own_bytes, *both in await writing.session.rows(_WAITING, values):
        own, every = Waiting(own_messages, own_bytes), Waiting(*both)
        if not own.is_below(Waiting(MOST_MESSAGES, MOST_BYTES).less(every)):
            text = f"{own.messages:,} messages of this partner, {own.length:,} bytes, wait to be"
            text += f" read; in all {every.messages:,}, {every.length:,} bytes. Send this later."
            raise Crowded(text, every.seconds)


def _waiting() -> Select[Any]:
    """Build what counts what waits: of the partner of each of some interchanges, and of all."""
    merchant = bindparam("merchant", type_=Uuid())
    message, interchange, named = InterchangeMessage, Interchange, aliased(Interchange)
    of = and_(interchange.merchant_id == merchant, interchange.id == message.interchange_id)
    waiting = (
        select(interchange.partner_id, func.count().label("messages"))
        .add_columns(func.sum(message.length).label("length"))
        .join_from(message, interchange, of)
        .where(message.merchant_id == merchant, message.fate == fixed(MessageFate.WAITING))
        .group_by(interchange.partner_id)
        .cte("waiting")
    )
    own = waiting.alias("own")
    wanted = any_(bindparam("interchanges", type_=ARRAY(Uuid())))
    return (
        select(_count(own.c.messages).label("messages"), _count(own.c.length).label("length"))
        .add_columns(_sum(waiting.c.messages).label("all_messages"))
        .add_columns(_sum(waiting.c.length).label("all_length"))
        .select_from(named)
        .outerjoin(own, own.c.partner_id == named.partner_id)
        .where(named.merchant_id == merchant, named.id == wanted)
        .distinct()
    )


def _sum(of: Any) -> Any:
    return _count(select(func.sum(of)).scalar_subquery())


def _count(found: Any) -> Any:
    return func.coalesce(cast(found, BigInteger()), 0)


_WAITING = Statement(_waiting())
