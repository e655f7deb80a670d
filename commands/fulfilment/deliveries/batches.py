"""One verb for many deliveries: each is refused alone, and what one refuses is said once.

The verbs for one delivery are those for many with one in them.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from commands.fulfilment.deliveries.locking import Locked, OfDelivery, check_allowed, lock_seen
from commands.fulfilment.deliveries.stops import find_stopped
from commands.writing.transaction import Outcome, Writing, check_version, missing
from commands.writing.verbs import AnyVerb
from kit.errors import Code, Path, Refusals, Refused
from models.base.acts import Some
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries.tables import Delivery

ItemT = TypeVar("ItemT", bound=OfDelivery)
_PATH: Path = ("delivery_id",)


@dataclass
class DeliveryBatch(Generic[ItemT]):
    """Deliveries that a verb is done with, under the locks of their orders.

    items: what is said of each, by position. refused: position -> why it is left out. when:
    position -> when it is done, where that is not now. known: the positions of those that are there
    and stand once, refused or not: more may be wrong with them.
    """

    writing: Writing
    items: Sequence[ItemT]
    locked: Locked
    refused: dict[int, Refused] = field(default_factory=dict)
    when: Mapping[int, datetime] = field(default_factory=dict)
    known: list[int] = field(default_factory=list)

    def at(self, place: int) -> datetime:
        """Return when it is done with the delivery at a position, now by default."""
        return self.when.get(place, self.writing.now)

    @property
    def going(self) -> list[tuple[int, ItemT, Delivery]]:
        """Return what is not refused: position, item, delivery."""
        return [
            (place, item, self.locked.deliveries[item.delivery_id])
            for place, item in enumerate(self.items)
            if place not in self.refused
        ]

    @property
    def looked_at(self) -> list[tuple[int, ItemT, Delivery]]:
        """Return what is looked at, be it refused by now or not: position, item, delivery."""
        of = ((place, self.items[place]) for place in self.known)
        return [(place, it, self.locked.deliveries[it.delivery_id]) for place, it in of]

    @property
    def deliveries(self) -> list[Delivery]:
        """Return the deliveries that are not refused."""
        return [delivery for _, _, delivery in self.going]

    def waiting(self, *, is_moved: bool) -> list[int]:
        """Return what is to be looked at once more, now that the others are through.

        That is what stands twice where it is refused before, and, where others have moved
        (`is_moved`), what was to come with them.
        """
        gone = {delivery.id for delivery in self.deliveries}
        again: dict[UUID, int] = {}
        for place, why in sorted(self.refused.items()):
            codes = {(it.code, it.path) for it in why.problems}
            is_second = codes == {(Code.DUPLICATE, _PATH)}
            if is_second or (is_moved and codes == {(FulfilmentCode.DELIVERY_POLICY, _PATH)}):
                again.setdefault(self.items[place].delivery_id, place)
        return [place for key, place in again.items() if key not in gone]

    @contextmanager
    def of(self, place: int) -> Iterator[None]:
        """Leave out the item at a position where what is done within refuses it.

        It is told what was refused before, too.
        """
        try:
            yield
        except Refused as refused:
            self.refused[place] = refused.after(self.refused.get(place))

    async def stop(
        self,
        stops: Sequence[Some],
        path: Path = _PATH,
        at: Mapping[int, datetime] | None = None,
        *,
        places: Sequence[int] | None = None,
    ) -> None:
        """Leave out what rows stop. at: when it is done, by position; now by default.

        places: those to look at, all by default. What is in a wrong state nobody asks.
        """
        wanted = self.known if places is None else places
        among = [each for each in self.looked_at if each[0] in wanted]
        among = [each for each in among if not self._is_in_wrong_state(each[0])]
        when = {it: (at or {}).get(place) or self.at(place) for place, _, it in among}
        found = await find_stopped(self.writing, when, stops, path) if stops else {}
        for place, _, delivery in among:
            if delivery.id in found:
                with self.of(place):
                    raise found[delivery.id]

    def _is_in_wrong_state(self, place: int) -> bool:
        refused = self.refused.get(place)
        return refused is not None and any(
            (it.code, it.path) == (Code.WRONG_STATE, _PATH) for it in refused.problems
        )

    def one(self, **more: Any) -> Outcome:
        """Return the outcome of a verb for one delivery. Refused: what refuses it."""
        for refused in self.refused.values():
            raise refused
        return {"delivery_id": self.items[0].delivery_id, **more}

    def results(self, above: str, **more: Mapping[int, Any]) -> Outcome:
        """Return the outcome of a verb for many. above: the field that lists them.

        more: what else is known of each, by name and position.
        """
        return {
            "results": [
                {
                    "delivery_id": item.delivery_id if place not in self.refused else None,
                    "status": "REFUSED" if place in self.refused else "UPDATED",
                    "problems": self._problems(place, above),
                    "parcel_ids": None,
                    **{name: of.get(place) for name, of in more.items()},
                }
                for place, item in enumerate(self.items)
            ]
        }

    def _problems(self, place: int, above: str) -> list[Any]:
        refused = self.refused.get(place)
        return [it.below((above, place)) for it in refused.problems] if refused else []


def _check_once(delivery_id: UUID, named: Collection[UUID]) -> None:
    """Refused: DUPLICATE for a delivery that is named already."""
    if delivery_id in named:
        raise Refused(Code.DUPLICATE, "This delivery stands twice in one input.", _PATH)


def _check_row(batch: DeliveryBatch[Any], place: int, verb: AnyVerb) -> None:
    """Leave out an item whose delivery is not there, or not as it is to be."""
    item = batch.items[place]
    delivery = batch.locked.deliveries.get(item.delivery_id)
    with batch.of(place):
        if delivery is None:
            raise missing(Delivery, _PATH)
        batch.known.append(place)
        with batch.of(place):
            check_version(delivery.version, item.expected_version)
        with batch.of(place):
            check_allowed(delivery, verb, _PATH)


async def take_each(
    writing: Writing,
    items: Sequence[ItemT],
    verb: AnyVerb,
    check: Callable[[ItemT], None] = lambda _item: None,
    when: Mapping[int, datetime] | None = None,
    *,
    unasked: Collection[Some] = (),
) -> DeliveryBatch[ItemT]:
    """Lock the deliveries that items name, and leave out what may not be done.

    check: what an item refuses by itself. when: position -> when it is done, else now. unasked:
    what does not stop the verb here.

    Refusals: DUPLICATE, NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, and what stops the verb.
    Refused: TOO_MANY_ITEMS.
    """
    named: dict[int, UUID] = {}
    once: set[UUID] = set()
    early: dict[int, Refused] = {}
    for place, item in enumerate(items):
        refusals = Refusals()
        with refusals:
            check(item)
        with refusals:
            _check_once(item.delivery_id, once)
            once.add(item.delivery_id)
            named[place] = item.delivery_id
        if refusals.problems:
            early[place] = Refused.of(refusals.problems)
    locked = await lock_seen(writing, set(named.values()))
    batch = DeliveryBatch(writing, items, locked, early, when or {})
    for place in named:
        _check_row(batch, place, verb)
    await batch.stop([it for it in verb.act.stopped_by if it not in unasked])
    return batch


async def in_turns(
    whole: DeliveryBatch[ItemT],
    act: Callable[[DeliveryBatch[ItemT]], Awaitable[Mapping[int, Any] | None]],
    verb: AnyVerb,
    check: Callable[[ItemT], None] = lambda _item: None,
    *,
    unasked: Collection[Some] = (),
) -> dict[int, Any]:
    """Do a verb with what is taken; what waits for others goes in a turn of its own after them.

    act: does it; what it refuses leaves nothing behind. verb, check, unasked: as it was taken.
    Returns what comes of each, by position.
    """
    writing, made = whole.writing, dict(await act(whole) or {})
    touched = writing.extent.touched
    places = whole.waiting(is_moved=bool(whole.going))
    while places:
        await writing.session.flush()
        # It reads the same lines again.
        writing.extent.begin()
        when = {number: whole.at(place) for number, place in enumerate(places)}
        named = [whole.items[it] for it in places]
        batch = await take_each(writing, named, verb, check, when, unasked=unasked)
        made |= {places[number]: it for number, it in (await act(batch) or {}).items()}
        for place in places:
            del whole.refused[place]
        whole.refused |= {places[number]: why for number, why in batch.refused.items()}
        places = whole.waiting(is_moved=bool(batch.going))
    writing.extent.touched = touched
    return made
