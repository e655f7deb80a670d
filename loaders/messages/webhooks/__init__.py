"""Webhooks as they are read."""

from collections.abc import Iterable
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Text,
    cast,
    func,
    literal_column,
    null,
    select,
)

from kit.ids import Names
from loaders.reading.filters import Filter, one_of
from loaders.reading.listed import listed_in
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Computed, One, Reader
from models.access.followers import FollowerLane, JournalFollower
from models.base.tables import entity_named, fixed
from models.base.visibility import merchant
from models.messages.webhooks.states import WebhookMessageState, WebhookState
from models.messages.webhooks.tables import (
    FOLLOWER,
    Webhook,
    WebhookLane,
    WebhookMessage,
)

by_id = One(Webhook)


def _condition(value: Any) -> SimpleNamespace:
    texts = func.jsonb_array_elements_text(value["values"]).column_valued("text")
    values = select(func.array_agg(texts, type_=ARRAY(Text()))).scalar_subquery()
    return SimpleNamespace(field=value["field"].astext, values=values)


conditions = listed_in("conditions", _condition)


def _of_lane(name: str) -> Any:
    """Return an expression: a column of a webhook's lane."""

    def read(reader: Reader, row: Any) -> ColumnElement[Any]:
        lane = entity_named("WebhookLane")
        of = getattr(WebhookLane, name)
        own = (lane.merchant_id == merchant(reader.viewer), lane.id == row.id)
        return select(of).where(*own).correlate_except(WebhookLane).scalar_subquery()

    return read


def _waiting(reader: Reader, row: Any) -> ColumnElement[Any]:
    """Count the messages that are still to be sent."""
    own = _pending(reader, row)
    rows = select(func.count()).select_from(WebhookMessage).where(*own)
    return rows.correlate_except(WebhookMessage).scalar_subquery()


def _pending(reader: Reader, row: Any) -> list[ColumnElement[bool]]:
    of = WebhookMessage
    is_pending = of.state == fixed(WebhookMessageState.PENDING.value)
    return [of.merchant_id == merchant(reader.viewer), of.webhook_id == row.id, is_pending]


def _position(reader: Reader, row: Any) -> ColumnElement[Any]:
    """Return up to where everything was taken or given up; positions are the merchant's alone.

    What the follower of the journal has set aside is neither.
    """
    if not reader.viewer.sees_all:
        return cast(null(), BigInteger())
    of, follower, lane = WebhookMessage, JournalFollower, FollowerLane
    first = select(func.min(of.position) - literal_column("1")).where(
        *_pending(reader, row), of.is_replay.is_(False), of.entry_id.is_not(None)
    )
    mine = (follower.merchant_id == merchant(reader.viewer), follower.name == fixed(FOLLOWER))
    read = select(follower.position).where(*mine)
    its = (lane.merchant_id == merchant(reader.viewer), lane.follower_id == follower.id)
    aside = select(func.min(lane.position) - literal_column("1")).where(*mine, *its)
    # NULLs are passed by.
    kept = func.least(
        first.correlate_except(of).scalar_subquery(),
        aside.correlate_except(follower, lane).scalar_subquery(),
        read.correlate_except(follower).scalar_subquery(),
        type_=BigInteger(),
    )
    return func.greatest(kept, row.after_position, type_=BigInteger())


standing = Computed(
    Webhook,
    {
        "position": _position,
        "waiting": _waiting,
        "failures": _of_lane("failures"),
        "failing_since": _of_lane("failing_since"),
        "is_probed": _of_lane("is_open"),
    },
)


class WebhookSort(Enum):
    """Orders of a list of webhooks."""

    OLDEST_FIRST = "OLDEST_FIRST"
    NEWEST_FIRST = "NEWEST_FIRST"


class WebhookFilter(Filter):
    """Which webhooks to list."""

    states: tuple[WebhookState, ...] | None = Field(None, description="State is one of these.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(None, description="Of this client.")


def _matching(_reader: Reader, row: Any, filter_by: WebhookFilter) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(row.state, filter_by.states)
    if filter_by.party_id is not None:
        yield row.party_id == filter_by.party_id


every = Paged(
    Webhook,
    {
        WebhookSort.OLDEST_FIRST: Sorted("created_at"),
        WebhookSort.NEWEST_FIRST: Sorted("created_at", descending=True),
    },
    matching=_matching,
)
