"""For which place a release is meant that names none."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import ReleaseContent
from commands.writing.transaction import Writing
from models.trade.releases.tables import CumulativeAccount

_Content = TypeVar("_Content", bound=ReleaseContent)


async def with_places(writing: Writing, items: Sequence[_Content]) -> list[_Content]:
    """Return releases, those without a place as for the only one that their line has.

    It would be demanded twice otherwise. A line that has several, or an account for what names
    none, is left as it is. One statement for all, none where each names its place.
    """
    lines = {it.contract_line_id for it in items if ReleasePlace.of(it).is_whole}
    if not lines:
        return list(items)
    places = defaultdict[UUID, list[ReleasePlace]](list)
    for account in await writing.records(CumulativeAccount, "contract_line_id", lines):
        places[account.contract_line_id].append(ReleasePlace.of(account))
    return [_placed(it, places[it.contract_line_id]) for it in items]


def _placed(item: _Content, places: Sequence[ReleasePlace]) -> _Content:
    if not ReleasePlace.of(item).is_whole or len(places) != 1:
        return item
    return item.model_copy(update=places[0]._asdict())
