"""Changes of all that a viewer sees, first the missed ones, then new ones as they come."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from loaders.access.journal import events
from loaders.access.journal.changes import ChangesWanted, every
from loaders.reading.cursors import PageArgs, cursor, page_args
from loaders.reading.pages import ROOT, PageOf
from models.base.events import EVENTS
from resolvers.running.context import Context
from resolvers.running.following import Audience, Entry

_MISSED = 100
"""Changes that are looked up at once of those that a client has missed."""


@dataclass(frozen=True)
class FollowedChange:
    """One event. cursor: where it stands among all changes."""

    cursor: str
    event_id: UUID


async def changed(
    context: Context, wanted: ChangesWanted, after: str | None
) -> AsyncGenerator[FollowedChange, None]:
    """Return what happened after a cursor of `changes`, and what is still to come.

    Refused: INVALID for what is no such cursor; TOO_SLOW.
    """
    page = every.page(page_args(_MISSED, after, None, None), wanted, None)
    page.check(ROOT)
    return _changes(context, wanted, page)


async def _changes(
    context: Context, wanted: ChangesWanted, page: PageOf
) -> AsyncGenerator[FollowedChange, None]:
    viewer = context.viewer
    audience = Audience(viewer.actor, viewer.bound_to, viewer.holding)
    await context.pause()
    feed = context.following.feed(viewer.merchant_id, audience, _Wanted.of(wanted))
    async with feed as (now, place):
        seen = now
        # Read after the place was taken, so that no entry falls between the two.
        while page.has_after:
            found = await _missed(context, page)
            for count, row in enumerate(found.rows):
                if count:
                    await context.next_event()
                seen = row.position
                yield FollowedChange(cursor(page.tag, page.sort_values(row)), row.id)
            if not found.has_next:
                break
            page = every.page(_behind(page, found.rows[-1]), wanted, None)
        while True:
            entry = await place.next()
            if entry.position > seen:
                seen = entry.position
                if await _is_read(context, entry):
                    yield FollowedChange(cursor(page.tag, (entry.sequence, entry.id)), entry.id)


async def _missed(context: Context, page: PageOf) -> Any:
    """Return a page of what was missed; where that is nothing, nothing is held any more."""
    await context.next_event()
    found = page.page(await context.read(page.form, page.alone, page.values))
    if not found.rows:
        await context.pause()
    return found


async def _is_read(context: Context, entry: Entry) -> bool:
    """Tell whether the viewer reads an entry; where not, nothing is held any more."""
    await context.next_event()
    one = events.by_id
    is_read = bool(await context.read(one, one.statement, {"keys": [entry.id]}))
    if not is_read:
        await context.pause()
    return is_read


def _behind(page: PageOf, row: Any) -> PageArgs:
    sequence, key = page.sort_values(row)
    return PageArgs(_MISSED, after=(page.tag, sequence, str(key)))


@dataclass(frozen=True)
class _Wanted:
    """What of the journal is wanted; who wants the same shares it."""

    types: frozenset[str] | None
    aggregates: frozenset[str] | None
    about: UUID | None

    @classmethod
    def of(cls, wanted: ChangesWanted) -> "_Wanted":
        """Take what a client asks."""
        types, aggregates = wanted.types, wanted.aggregates
        return cls(
            None if types is None else frozenset(types),
            None if aggregates is None else frozenset(aggregates),
            wanted.about,
        )

    def __call__(self, entry: Entry) -> bool:
        """Tell whether an entry is."""
        kind = EVENTS[entry.type].aggregate
        return (
            (self.types is None or entry.type in self.types)
            and (self.aggregates is None or kind in self.aggregates)
            and self.about in {None, entry.aggregate_id}
        )
