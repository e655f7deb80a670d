"""The breadth-first executor: every field once for all parents of its level.

graphql-core collects fields, coerces arguments, completes leaves, finds runtime types, locates
errors and builds the response; only the order in which fields are resolved is ours. While a level
is completed, an exception in the place of a value stands for null that goes up from there.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from graphql import (
    GraphQLError,
    GraphQLObjectType,
    Undefined,
    get_argument_values,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Path, is_iterable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.arguments import Argued
from execution.fields import Batched, Chosen, Related
from execution.levels import Level, Site

Values = list[Any]
"""A value for each parent or item; an exception for one that failed."""
Paths = Sequence[Path | None]


class Walk(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation level by level."""

    running: Any
    """The operation's plan with what it runs with (`planned.Running`)."""

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: Any,
        serially: bool,  # noqa: FBT001 -- graphql-core's signature.
        new_defer_usages: Any,
    ) -> Any:
        """Answer the root fields: of a mutation one after another, else as one level."""
        del new_defer_usages
        level = self.running.level(root_type, None, grouped_field_set)
        return (self._serially if serially else self._root)(level, root_value)

    async def _root(self, level: Level, root: Any) -> Any:
        return _or_raised((await self._level(level, [root], [None]))[0])

    async def _serially(self, level: Level, root: Any) -> Any:
        (data,), _ = level.objects([root])
        for site in level.sites:
            data[site.key] = _or_raised((await self._field(site, [root], [None]))[0])
        return data

    async def _level(self, level: Level, parents: Values, paths: Paths) -> Values:
        """Execute a selection for all of its parents."""
        objects, left = level.objects(parents)
        found: Values = list(objects)
        columns: dict[str, Values] = {}
        if level.together is not None:
            columns = await self._together(level, parents, paths) or {}
        walked = [site for site in left if site.key not in columns]
        asked = [self._field(site, parents, paths) for site in walked]
        columns |= zip((site.key for site in walked), await _all(asked), strict=True)
        for site in left:
            for place, value in enumerate(columns[site.key]):
                if isinstance(value, Exception):
                    # Of several, the first in the order of the document goes up.
                    found[place] = found[place] if isinstance(found[place], Exception) else value
                else:
                    objects[place][site.key] = value
        return found

    async def _together(
        self, level: Level, parents: Values, paths: Paths
    ) -> dict[str, Values] | None:
        """Answer what one statement gives of a level, None where the statement failed."""
        together: Any = level.together
        names = together.fused.keys
        keys = [tuple(getattr(it, name, None) for name in names) for it in parents]
        # Where a relation has nothing to start from there is nothing to ask.
        rows = [key for key in dict.fromkeys(keys) if key.count(None) < len(names) or not names]
        found = await self.running.run(together.fused, rows) if rows else ()
        if found is None:
            return None
        self.running.counted["levels with a statement"] += bool(rows)
        texts = dict(zip(rows, found, strict=True))
        columns: dict[str, Values] = {}
        for column, site in enumerate(together.sites):
            made = {key: orjson.Fragment(each[column]) for key, each in texts.items()}
            values: Values = [made.get(key) for key in keys]
            name = site.parents_key
            at = names.index(name[0]) if name else None
            missing = [] if at is None else [n for n, key in enumerate(keys) if key[at] is None]
            if missing:
                default = getattr(site.declared, "default", None)
                some = [_below(paths[it], site) for it in missing]
                completed = await self._complete(
                    site, site.field.type, [default] * len(missing), some
                )
                for place, value in zip(missing, completed, strict=True):
                    values[place] = value
            columns[site.key] = values
        return columns

    async def _field(self, site: Site, parents: Values, paths: Paths) -> Values:
        """Resolve a field of all parents, and complete what it gives."""
        below = [_below(path, site) for path in paths]
        try:
            values = await self._values(site, parents, below)
        except Exception as error:  # noqa: BLE001 -- it is told at every place.
            values = [error] * len(parents)
        return await self._complete(site, site.field.type, values, below)

    async def _values(self, site: Site, parents: Values, paths: Sequence[Path]) -> Values:
        declared = site.declared
        if isinstance(declared, Batched):
            info = self.running.info(site, self._info(site, paths[0]))
            arguments = self.running.converted(site, self._arguments(site))
            return _matched(await declared.resolve(parents, info, **arguments), parents)
        if isinstance(declared, Related):
            return await self._related(declared, parents)
        if site.argued is not None and declared.key is not None:
            return await self._chosen(site.argued, declared, parents)
        name = site.column
        if name is not None:
            return await self._awaited([_tried(getattr, it, name) for it in parents])
        arguments, resolve = self._arguments(site), site.field.resolve or self.field_resolver

        def ask(parent: Any, path: Path) -> Any:
            return resolve(parent, self._info(site, path), **arguments)

        return await self._awaited([_tried(ask, *it) for it in zip(parents, paths, strict=True)])

    async def _related(self, declared: Related, parents: Values) -> Values:
        keys = [getattr(parent, declared.key) for parent in parents]
        lists = keys if declared.each else [() if key is None else (key,) for key in keys]
        flat = [key for each in lists for key in each or ()]
        found = iter(await self.context_value.load_level(declared.relation, flat) if flat else ())
        if declared.each:
            return [None if each is None else [next(found) for _ in each] for each in lists]
        rows = [None if key is None else next(found) for key in keys]
        if declared.attribute is not None:
            name = declared.attribute
            rows = [None if row is None else (getattr(row, name),) for row in rows]
            return [declared.default if row is None else row[0] for row in rows]
        pairs = zip(rows, keys, strict=True)
        return [declared.default if key is None else row for row, key in pairs]

    async def _chosen(self, argued: Argued, declared: Chosen, parents: Values) -> Values:
        choice = argued.choice(self.variable_values)
        keys = [getattr(parent, str(declared.key)) for parent in parents]
        found = await self.context_value.load_level(choice, keys)
        made = declared.made or (lambda _choice, _key, value: value)
        return [made(choice, key, value) for key, value in zip(keys, found, strict=True)]

    def _info(self, site: Site, path: Path) -> Any:
        return self.build_resolve_info(site.field, site.nodes, site.parent, path)

    def _arguments(self, site: Site) -> dict[str, Any]:
        first, field = site.details[0], site.field
        if not (field.args or first.node.arguments):
            return {}
        values, own = self.variable_values, first.fragment_variable_values
        return get_argument_values(field, first.node, values, own, self.hide_suggestions)

    async def _awaited(self, values: Values) -> Values:
        """Wait for what resolvers of single objects promised."""
        places = [place for place, it in enumerate(values) if self.is_awaitable(it)]
        if len(places) == 1:
            # One alone needs no task.
            try:
                values[places[0]] = await values[places[0]]
            except Exception as error:  # noqa: BLE001 -- an exception is a result like others.
                values[places[0]] = error
        elif places:
            results = await gather(*(values[it] for it in places), return_exceptions=True)
            for place, result in zip(places, results, strict=True):
                if isinstance(result, BaseException) and not isinstance(result, Exception):
                    raise result
                values[place] = result
        return values

    async def _complete(
        self, site: Site, type_: Any, values: Values, paths: Sequence[Path]
    ) -> Values:
        """Complete values of one type, each at its path."""
        inner: Any = get_nullable_type(type_)
        if is_leaf_type(inner):
            found = [_each(it, lambda it: self.complete_leaf_value(inner, it)) for it in values]
        elif is_list_type(inner):
            found = await self._lists(site, inner.of_type, values, paths)
        else:
            found = await self._composites(site, inner, values, paths)
        non_null = is_non_null_type(type_)
        for place, value in enumerate(found):
            if isinstance(value, Exception):
                found[place] = self._failed(site, type_, value, paths[place])
            elif non_null and (value is None or value is Undefined):
                message = (
                    f"Cannot return null for non-nullable field {site.parent}"
                    f".{site.nodes[0].name.value}."
                )
                found[place] = self._failed(site, type_, TypeError(message), paths[place])
        return found

    def _failed(self, site: Site, type_: Any, error: Exception, path: Path) -> Exception | None:
        """Tell of an error where null is allowed; let it go up where it is not."""
        try:
            self.handle_field_error(error, type_, site.details, path)
        except GraphQLError as located:
            return located
        return None

    async def _lists(self, site: Site, type_: Any, values: Values, paths: Sequence[Path]) -> Values:
        """Complete the items of all lists as one level."""
        lists: Values = [await self._items(site, value) for value in values]
        items, below = list[Any](), list[Path]()
        for each, path in zip(lists, paths, strict=True):
            if isinstance(each, list):
                items += each
                below += [path.add_key(place, None) for place in range(len(each))]
        completed = iter(await self._complete(site, type_, await self._awaited(items), below))
        for place, each in enumerate(lists):
            if isinstance(each, list):
                done = [next(completed) for _ in each]
                failed = next((it for it in done if isinstance(it, Exception)), None)
                lists[place] = failed or done
        return lists

    async def _items(self, site: Site, value: Any) -> Any:
        if value is None or value is Undefined or isinstance(value, Exception):
            return value
        try:
            if self.is_async_iterable(value):
                return [item async for item in value]
            if is_iterable(value):
                return list(value)
        except Exception as error:  # noqa: BLE001 -- told where the list is.
            return error
        name = f"{site.parent}.{site.nodes[0].name.value}"
        return GraphQLError(f"Expected Iterable, but did not find one for field '{name}'.")

    async def _composites(
        self, site: Site, type_: Any, values: Values, paths: Sequence[Path]
    ) -> Values:
        """Execute the selection on objects, those of one runtime type together."""
        found: Values = [None if value is Undefined else value for value in values]
        groups: dict[GraphQLObjectType, list[int]] = {}
        for place, value in enumerate(found):
            if value is None or isinstance(value, Exception):
                continue
            try:
                kind = await self._type(site, type_, value, paths[place])
            except Exception as error:  # noqa: BLE001 -- told where the object is.
                found[place] = error
            else:
                groups.setdefault(kind, []).append(place)
        parts = list(groups.items())
        asked = [
            self._level(
                self.running.level(kind, site.details),
                [found[it] for it in places],
                [paths[it] for it in places],
            )
            for kind, places in parts
        ]
        for (_, places), objects in zip(parts, await _all(asked), strict=True):
            for place, value in zip(places, objects, strict=True):
                found[place] = value
        return found

    async def _type(self, site: Site, type_: Any, value: Any, path: Path) -> GraphQLObjectType:
        info, kind = None, type_
        if not isinstance(type_, GraphQLObjectType):
            info = self._info(site, path)
            name = (type_.resolve_type or self.type_resolver)(value, info, type_)
            name = await name if self.is_awaitable(name) else name
            kind = self.ensure_valid_runtime_type(name, type_, site.details, info, value)
        return await self._checked(site, kind, value, info or self._info(site, path))

    async def _checked(
        self, site: Site, kind: GraphQLObjectType, value: Any, info: Any
    ) -> GraphQLObjectType:
        if kind.is_type_of:
            fits: Any = kind.is_type_of(value, info)
            if not (await fits if self.is_awaitable(fits) else fits):
                raise invalid_return_type_error(kind, value, site.details)
        return kind


def _below(path: Path | None, site: Site) -> Path:
    return Path(path, site.key, site.parent.name)


def _tried(ask: Callable[..., Any], *about: Any) -> Any:
    try:
        return ask(*about)
    except Exception as error:  # noqa: BLE001 -- an exception is a result like others.
        return error


def _each(value: Any, write: Callable[[Any], Any]) -> Any:
    there = value is not None and value is not Undefined and not isinstance(value, Exception)
    return _tried(write, value) if there else value if value is not Undefined else None


def _matched(results: Sequence[Any], parents: Sequence[Any]) -> Values:
    if len(results) != len(parents):
        message = f"{len(results)} results for {len(parents)} parents"
        raise ValueError(message)
    return list(results)


def _or_raised(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


async def _all(asked: Sequence[Awaitable[Any]]) -> list[Any]:
    """Wait for all; one alone needs no task."""
    return [await asked[0]] if len(asked) == 1 else list(await gather(*asked))
