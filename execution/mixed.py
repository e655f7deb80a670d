"""graphql-core's executor with a bound, which takes from statements what they answer.

Whatever no statement answers is resolved, completed and told of by graphql-core itself. One
statement answers all objects of a level that are completed together.
"""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from weakref import proxy

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfoHelpers,
    GraphQLSchema,
)
from graphql.pyutils import Path, gather_with_cancel
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.building import Unfusible
from execution.levels import Encode, Level, encoder
from kit.loop.effort import Later
from kit.loop.work import SLICE, TOGETHER, TooLarge

_ERROR = 200
"""About so many bytes of an answer an error takes."""


class Mixed(StrawberryGraphQLCoreExecutionContext):
    """Counts the objects and bytes of an answer, and lets others have the loop after each slice.

    TooLarge: the answer is more than its limits allow. Nothing of it is sent then.
    """

    running: Any = None
    """The plan with what it runs with (`planned.Running`); None: everything is read by loaders."""
    _has_room = False

    def __init__(self, *about: Any, **more: Any) -> None:
        """Start with nothing known of how lists are written."""
        super().__init__(*about, **more)
        self._encoders: dict[Any, tuple[Any, Encode | None]] = {}
        # Weakly: an executor that holds itself would keep its variables, megabytes of a long input,
        # until the collector of cycles looks at what is old.
        own, kind = proxy(self), type(self)
        self.async_helpers = GraphQLResolveInfoHelpers(
            partial(kind.gather_async_work, own), partial(kind.track_async_work, own)
        )

    @classmethod
    def build(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        root_value: Any = None,
        context_value: Any = None,
        *more: Any,
        **named: Any,
    ) -> Any:
        """Return what executes an operation; of a planned subscription the variables are known."""
        if context_value.subscribed is not None:
            return context_value.subscribed()
        return super().build(schema, document, root_value, context_value, *more, **named)

    def build_per_event_executor(self, payload: Any) -> Any:
        """Answer one event of a subscription: nothing that was read for another answers it."""
        executor: Any = super().build_per_event_executor(payload)
        plan = self.context_value.following_plan
        executor.running = None if plan is None else plan()
        return executor

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Count an object and its keys, then answer its fields, when it is its turn."""
        about = (parent_type, source_value, path, grouped_field_set, position_context)
        work = self.context_value.work
        work.add(1, sum(map(len, grouped_field_set)), grouped_field_set)
        if self._has_room or work.slices.has_room(1):
            return self._at_once(self._fields, about, room=False)
        return self._later(self._in_turn, self._fields, about, 1)

    def complete_list_value(self, *about: Any) -> Any:
        """Complete all objects of a list when it is their turn."""
        work, items = self.context_value.work, about[4]
        objects = len(items) if isinstance(items, list | tuple) else 1
        # The reference reads what is wanted in one round together: it begins all of them at once.
        at_once = TOGETHER if self.running is None else SLICE
        if objects > at_once and self._encoder(*about[:2]) is None:
            return self._later(self._in_pieces, *about)
        if not objects or work.slices.has_room(objects):
            return self._at_once(self._list, about, room=True)
        return self._later(self._in_turn, self._list, about, objects)

    def _later(self, run: Callable[..., Awaitable[Any]], *about: Any) -> Later[Any]:
        return Later(self.context_value.work.effort, run, *about)

    def _list(self, *about: Any) -> Any:
        """Complete a list: one of plain objects by its JSON, unless some value does not fit."""
        encode = self._encoder(*about[:2])
        text = b""
        if encode is not None:
            # Whatever does not fit is met again by graphql-core, which tells it with its path.
            with suppress(Exception):
                text = orjson.dumps(encode(about[4]))
        if not text:
            return super().complete_list_value(*about)
        self.context_value.work.texts([text])
        return orjson.Fragment(text)

    def _encoder(self, type_: Any, details: Any) -> Encode | None:
        """Return what writes lists of plain objects, None for others and for the reference."""
        if self.running is None:
            return None
        known = self._encoders.get((id(details), type_))
        if known is None:
            try:
                encode = encoder(type_, details, self.schema, self._collected)
            except Unfusible:
                encode = None
            # Kept with its fields, so that no others have their id.
            known = self._encoders[id(details), type_] = (details, encode)
        return known[1]

    def _collected(self, type_: GraphQLObjectType, details: Any) -> Any:
        found = self.collect_subfields(type_, details)
        if found.new_defer_usages:
            message = "@defer"
            raise Unfusible(message)
        return found.grouped_field_set

    async def _in_pieces(self, *about: Any) -> list[Any]:
        """Complete a list of many; at a time as many as one statement reads together."""
        items, found = about[4], list[Any]()
        for start in range(0, len(items), TOGETHER):
            found += await self._piece(start, items[start : start + TOGETHER], *about)
        return found

    async def _piece(self, start: int, piece: Sequence[Any], *about: Any) -> list[Any]:
        """Begin items, a slice in a round, and wait for those that are not complete at once."""
        found, waits = list[Any](), list[int]()
        work = self.context_value.work
        most = len(piece) if self.running is None else SLICE
        try:
            for first in range(0, len(piece), most):
                some = piece[first : first + most]
                await work.slices.room(work, len(some))
                self._at_once(self._begin, (start, some, found, waits, *about), room=True)
        except Exception:
            self.settle_in_background([found[it] for it in waits])
            raise
        except CancelledError:
            for place in waits:
                found[place].close()
            raise
        known = await gather_with_cancel(*(found[it] for it in waits))
        return [*(dict(enumerate(found)) | dict(zip(waits, known, strict=True))).values()]

    def _begin(
        self, start: int, some: Sequence[Any], found: list[Any], waits: list[int], *about: Any
    ) -> None:
        """Complete items as far as that is possible at once. waits: places of the others in found.

        start: the place in the list of the first one found.
        """
        type_, details, info, path, _, context = about
        for item in some:
            place = len(found)
            at, its = path.add_key(start + place, None), (type_.of_type, details, info)
            if self.complete_list_item_value(item, found, *its, at, context):
                waits.append(place)

    def _at_once(self, answer: Callable[..., Any], about: Any, *, room: bool) -> Any:
        """Answer. room: the objects that are met at once have their room already."""
        before, self._has_room = self._has_room, room
        try:
            return answer(*about)
        finally:
            self._has_room = before

    async def _in_turn(self, answer: Callable[..., Any], about: Any, objects: int) -> Any:
        work = self.context_value.work
        await work.slices.room(work, objects)
        found = self._at_once(answer, about, room=objects > 1)
        return await found if self.is_awaitable(found) else found

    def _fields(self, *about: Any) -> Any:
        if self.running is None:
            return super().execute_fields(*about)
        level = self.running.known(about[0], about[3])
        if level is None:
            return self._later(self._planned, *about)
        return self._answered(level, *about)

    async def _planned(self, *about: Any) -> Any:
        """Wait until the level is planned."""
        found = self._answered(await self.running.level(about[0], about[3]), *about)
        return await found if self.is_awaitable(found) else found

    def _answered(self, level: Level, *about: Any) -> Any:
        _, parent, _, fields, _ = about
        known = level.leaves(parent)
        self.context_value.work.add(0, _size(known))
        if len(known) == len(fields):
            return {key: known[key] for key in fields}
        return self._later(self._object, level, known, *about)

    async def _object(self, level: Level, known: Mapping[str, Any], *about: Any) -> dict[str, Any]:
        """Ask the level's statement, and let graphql-core resolve what is left."""
        parent_type, parent, path, fields, context = about
        texts, refused = await self.running.texts(level, parent)
        found = {**known, **texts}
        for place, why in refused:
            at = Path(path, place.key, parent_type.name)
            self.handle_field_error(why, place.field.type, place.details, at)
            found[place.key] = None
        left = {key: nodes for key, nodes in fields.items() if key not in found}
        if left:
            work = self.context_value.work
            # A statement answers all who wait for it at once.
            if not work.slices.has_room(1):
                await work.slices.room(work, 1)
            unplanned: Any = super().execute_fields(parent_type, parent, path, left, context)
            found |= await unplanned if self.is_awaitable(unplanned) else unplanned
        return {key: found[key] for key in fields if key in found}

    def handle_field_error(self, *about: Any) -> None:
        """Count an error; once the answer is too large, end it past all that may be null."""
        work = self.context_value.work
        with suppress(TooLarge):
            work.add(0, _ERROR)
        if work.ended is not None:
            raise GraphQLError(str(work.ended), original_error=work.ended)
        super().handle_field_error(*about)

    def complete_leaf_value(self, return_type: Any, result: Any) -> Any:  # type: ignore[override]
        """Count a value's characters."""
        value = super().complete_leaf_value(return_type, result)
        self.context_value.work.add(0, len(value) if isinstance(value, str) else 1)
        return value

    def build_response(self, data: Any) -> Any:
        """Tell nothing but that the answer was too large, where it was."""
        ended = self.context_value.work.ended
        return super().build_response(data) if ended is None else failed(ended)


def _size(known: Mapping[str, Any]) -> int:
    """Return about how many bytes an object's leaves take."""
    return sum(len(it) for it in known.values() if isinstance(it, str))


def failed(error: Exception) -> ExecutionResult:
    """Return the answer that only tells one error, of no field.

    Where an answer was too large, its error would hold all of it, and itself: megabytes for the
    collector of cycles.
    """
    if isinstance(error, TooLarge):
        error.__context__ = error.__traceback__ = None
    return errors_only([GraphQLError(str(error), original_error=error)])


def errors_only(errors: list[GraphQLError]) -> ExecutionResult:
    """Return the answer that only tells errors."""
    return ExecutionResult(None, errors)
