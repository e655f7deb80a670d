"""Channels as they are read."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement

from loaders.reading.filters import Beginning, Filter, begins
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Reader
from models.base.tables import as_folded
from models.master.channels import Channel, ChannelKind

by_id = One(Channel)
by_code = One(Channel, "code")


class ChannelSort(Enum):
    """Orders of a channel list."""

    CODE = "CODE"
    CODE_DESC = "CODE_DESC"


class ChannelFilter(Filter):
    """Which channels to list."""

    kind: ChannelKind | None = Field(None, description="Is of this kind.")
    code_prefix: Beginning | None = Field(None, description="Code begins with this.")
    guests_allowed: bool | None = Field(None, description="Guests may order, or not.")
    is_active: bool | None = Field(None, description="Takes orders, or not.")


def _matching(
    _reader: Reader, channel: Any, filter_by: ChannelFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.code_prefix is not None:
        yield begins(as_folded(channel.code), filter_by.code_prefix)
    for column in ("kind", "guests_allowed", "is_active"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(channel, column) == value


every = Paged(
    Channel,
    {ChannelSort.CODE: Sorted("code"), ChannelSort.CODE_DESC: Sorted("code", descending=True)},
    matching=_matching,
)
