"""Generated operations: any selection of a schema, with arguments that are right and wrong."""

import base64
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

WORDS = ("a", "b", "c", "id", "x")
INSTANTS = ("2026-03-02T09:00:00Z", "2026-03-05T10:15:30.120+01:00", "1999-01-01T00:00:00Z")


@dataclass
class Seen:
    """Values that earlier answers held, to ask for again: type name -> ids, field name -> texts."""

    ids: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    texts: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, value: Any, name: str = "", within: str = "") -> None:
        """Keep what an answer holds. within: the list of which a cursor is."""
        if isinstance(value, dict):
            within = within if name in {"edges", "pageInfo"} else name
            for key, each in value.items():
                self.learn(each, key, within)
        elif isinstance(value, list):
            for each in value:
                self.learn(each, name, within)
        elif isinstance(value, str):
            self._text(value, f"cursor of {within}" if "ursor" in name else name)

    def _text(self, text: str, name: str) -> None:
        kept = self.texts[name]
        if text not in kept and len(kept) < 40:
            kept.append(text)
        try:
            type_name, _, key = base64.b64decode(text, validate=True).decode().partition(":")
        except ValueError:
            return
        ids = self.ids[type_name]
        if key and text not in ids and len(ids) < 80:
            ids.append(text)


@dataclass
class Operation:
    text: str
    variables: dict[str, Any]
    about: str = ""


class Writer:
    """Writes one operation. Smaller `width` and `depth` make smaller operations."""

    def __init__(self, schema: GraphQLSchema, seen: Seen, seed: int) -> None:
        self.schema, self.seen, self.seed = schema, seen, seed
        self.random = random.Random(seed)
        self.variables: dict[str, tuple[str, Any]] = {}
        self.fragments: dict[str, str] = {}
        # Most are small, since many differ in more than a few large ones do.
        self.depth = self.random.choice((2, 2, 3, 3, 4, 4, 5, 6))
        self.width = self.random.choice((2, 2, 3, 3, 4, 5, 9))

    def write(self, *, mutations: bool = False) -> Operation:
        """Write an operation. mutations: at times one that mutation fields are asked of."""
        is_mutation = mutations and self._chance(0.15)
        root = self.schema.mutation_type if is_mutation else self.schema.query_type
        count = min(len(root.fields), self.random.randint(1, 3))
        names = self.random.sample(sorted(root.fields), k=count)
        if self.random.random() < 0.1:
            names.append("__typename")
        fields = " ".join(self._field(root, name, 0) for name in names)
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self.variables.items())
        kind = "mutation" if is_mutation else "query"
        head = f"{kind} Q({declared})" if declared else f"{kind} Q"
        text = " ".join([f"{head} {{ {fields} }}", *self.fragments.values()])
        supplied = {name: value for name, (_, value) in self.variables.items() if value is not ...}
        return Operation(text, supplied, f"seed {self.seed}")

    def payload(self, name: str, supplied: Any) -> Operation:
        """Write an operation of one mutation with an input; only what it selects is generated."""
        field = self.schema.mutation_type.fields[name]
        self.depth, self.width = max(self.depth, 3), max(self.width, 4)
        selection = self._selection(get_named_type(field.type), 0)
        self.variables["input"] = (str(field.args["input"].type), supplied)
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self.variables.items())
        head = f"mutation Q({declared}) {{ {name}(input: $input) {{ {selection} }} }}"
        values = {name: value for name, (_, value) in self.variables.items() if value is not ...}
        return Operation(" ".join([head, *self.fragments.values()]), values, f"seed {self.seed}")

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _selection(self, type_: Any, depth: int) -> str:
        if not isinstance(type_, GraphQLObjectType):
            return self._abstract(type_, depth)
        leaves = [
            name for name, it in type_.fields.items() if is_leaf_type(get_named_type(it.type))
        ]
        objects = [name for name in type_.fields if name not in leaves]
        chosen = self.random.sample(leaves, k=min(len(leaves), self.random.randint(1, self.width)))
        if depth < self.depth:
            count = min(len(objects), self.random.choice((0, 1, 1, 2, 3)))
            if {"nodes", "edges"} & set(objects):
                count = max(count, 1)
            chosen += self.random.sample(objects, k=count)
        self.random.shuffle(chosen)
        parts = [self._field(type_, name, depth) for name in chosen]
        if self._chance(0.15) or not parts:
            parts.append(self.random.choice(("__typename", "kind: __typename")))
        return " ".join(self._wrapped(type_, part) for part in parts)

    def _abstract(self, type_: Any, depth: int) -> str:
        possible = self.schema.get_possible_types(type_)
        some = self.random.sample(possible, k=min(len(possible), 3))
        parts = [f"... on {it.name} {{ {self._selection(it, depth)} }}" for it in some]
        own = ["id"] if "id" in getattr(type_, "fields", ()) else []
        if own and self._chance(0.3):
            own = [self._fragment(type_, "id")]
        return " ".join(["__typename", *own, *parts])

    def _fragment(self, type_: Any, part: str) -> str:
        name = f"F{len(self.fragments)}"
        self.fragments[name] = f"fragment {name} on {type_.name} {{ {part} }}"
        return f"...{name}" if self._chance(0.8) else f"...{name} ...{name}"

    def _wrapped(self, type_: Any, part: str) -> str:
        """Put a field into fragments and under conditions, at times."""
        if self._chance(0.06):
            part = f"... on {type_.name} {{ {part} }}"
        elif self._chance(0.04):
            part = f"... {self._condition()} {{ {part} }}"
        elif self._chance(0.06):
            part = self._fragment(type_, part)
        elif self._chance(0.03) and isinstance(type_, GraphQLObjectType):
            interfaces = [it for it in type_.interfaces if isinstance(it, GraphQLInterfaceType)]
            if interfaces and "id" in interfaces[0].fields:
                part = f"{part} ... on {interfaces[0].name} {{ id }}"
        return part

    def _condition(self) -> str:
        value = self._chance(0.6)
        text = json.dumps(value)
        if self._chance(0.7):
            text = "$" + self._supplied("Boolean!", value, text)
        return f"@{self.random.choice(('skip', 'include'))}(if: {text})"

    def _variable(self, kind: str, value: Any) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = (kind, value)
        return name

    def _supplied(self, kind: str, value: Any, literal: str) -> str:
        """Give a value by a variable, at times by its default."""
        if self._chance(0.1):
            return self._variable(f"{kind} = {literal}", ...)
        return self._variable(kind, value)

    def _field(self, type_: Any, name: str, depth: int) -> str:
        if name == "__typename":
            return name
        definition = type_.fields[name]
        inner = get_named_type(definition.type)
        # The same key with other arguments or fields would be a conflict: aliases are per field.
        number = self.random.randint(0, 10**9)
        alias = f"{self.random.choice(WORDS)}_{name}_{number}"
        arguments = self._arguments(definition, name)
        label = f"{alias}: " if definition.args or self._chance(0.08) else self._same(name)
        condition = f" {self._condition()}" if self._chance(0.04) else ""
        head = f"{label}{name}{arguments}{condition}"
        if is_leaf_type(inner):
            return head
        # Asked twice under one key, what is below it is merged.
        times = 2 if self._chance(0.05) else 1
        return " ".join(f"{head} {{ {self._selection(inner, depth + 1)} }}" for _ in range(times))

    def _same(self, name: str) -> str:
        """Write, at times, an alias that any field of this name may have: they are merged."""
        return f"same_{name}: " if self._chance(0.08) else ""

    def _arguments(self, definition: Any, name: str) -> str:
        args = definition.args
        if not args:
            return ""
        supplied = self._page(args, name) if "after" in args else self._keys(args, definition)
        written = []
        for argument, value in supplied.items():
            kind = args[argument].type
            text = _literal(value, get_named_type(kind))
            if self._chance(0.01):
                text = "$" + self._variable(str(kind), {"wrong": 1})
            elif self._chance(0.5):
                text = "$" + self._supplied(str(kind), value, text)
            written.append(f"{argument}: {text}")
        del name
        return f"({', '.join(written)})" if written else ""

    def _keys(self, args: Any, definition: Any) -> dict[str, Any]:
        """Name one object, or several, now and then wrongly."""
        if "text" in args:
            return {"text": "no", "first": self.random.randint(1, 9)}
        if "ids" in args:
            return {"ids": [self._id() for _ in range(self.random.randint(0, 4))]}
        type_name = get_named_type(definition.type).name
        name = self.random.choice(sorted(args))
        if name == "id":
            ids = self.seen.ids.get(type_name)
            known = ids and self._chance(0.9)
            return {"id": self.random.choice(ids) if known else self._id()}
        kind = args[name].type
        plain = get_named_type(kind).name == "String"
        return (
            {}
            if self._chance(0.02)
            else {name: self._text(name) if plain else self._value(name, kind)}
        )

    def _id(self) -> str:
        every = [each for ids in self.seen.ids.values() for each in ids]
        return self.random.choice(every) if every and self._chance(0.9) else "bm9uZQ=="

    def _text(self, name: str) -> str:
        kept = self.seen.texts.get(name) or self.seen.texts.get("number") or [""]
        return self.random.choice(kept) if self._chance(0.9) else 'no "such" \\ thing'

    def _page(self, args: Any, list_name: str) -> dict[str, Any]:
        supplied: dict[str, Any] = {}
        size = self.random.choice((0, 1, 2, 3, 7, 20, 250, 251 if self._chance(0.05) else 5))
        supplied["first" if self._chance(0.7) else "last"] = size
        for name in ("after", "before"):
            if self._chance(0.15):
                of = list_name if self._chance(0.9) else "parties"
                cursors = self.seen.texts.get(f"cursor of {of}")
                broken = self._chance(0.05) or not cursors
                supplied[name] = "nonsense" if broken else self.random.choice(cursors)
        if "sort" in args and self._chance(0.5):
            supplied["sort"] = self.random.choice(sorted(get_named_type(args["sort"].type).values))
        if "filter" in args and self._chance(0.35):
            supplied["filter"] = self._input(get_named_type(args["filter"].type))
        for name in sorted(args.keys() - supplied.keys()):
            if self._chance(0.03):
                supplied[name] = None
        return supplied

    def _input(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        some = 1 if type_.is_one_of and self._chance(0.9) else self.random.randint(0, 2)
        names = self.random.sample(sorted(type_.fields), k=min(some, len(type_.fields)))
        return {name: self._value(name, type_.fields[name].type) for name in names}

    def _value(self, name: str, type_: Any) -> Any:
        if is_non_null_type(type_):
            return self._filled(name, type_.of_type)
        return None if self._chance(0.04) else self._filled(name, type_)

    def _filled(self, name: str, type_: Any) -> Any:
        if is_list_type(type_):
            return [self._value(name, type_.of_type) for _ in range(self.random.randint(1, 2))]
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(sorted(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self._input(type_)
        text = self._text(name.removesuffix("Prefix"))[: self.random.randint(1, 12)]
        values = {
            "Boolean": self._chance(0.5),
            "ID": self._id(),
            "Int": self.random.randint(0, 5),
            "DateTime": self.random.choice(INSTANTS),
            "Date": "2026-03-05",
            "Decimal": self.random.choice(("1", "12", "0.5")),
            "Currency": self.random.choice(("EUR", "CHF")),
        }
        return values.get(type_.name, text)


def messages(data: Any, errors: list[tuple[Any, str, Any]]) -> list[str]:
    """Return errors (path, message, more) by the place at which null stands for them.

    Of several errors below one place that null went up to, executors may tell any (GraphQL
    specification, "Handling Execution Errors"); which come first depends on what waits for what.
    """
    found = set()
    for path, message, more in errors:
        place = _landed(data, path or [])
        found.add(json.dumps([place, message, more] if place == path else [place, "below"]))
    return sorted(found)


def _landed(data: Any, path: list[Any]) -> list[Any]:
    for depth, key in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[key]
    return path


def _literal(value: Any, type_: Any) -> str:
    """Write a value as GraphQL does: enums without quotes, and objects without quoted keys."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"[{', '.join(_literal(each, type_) for each in value)}]"
    if isinstance(value, dict):
        fields = type_.fields
        items = (
            f"{key}: {_literal(each, get_named_type(fields[key].type))}"
            for key, each in value.items()
        )
        return f"{{{', '.join(items)}}}"
    return value if isinstance(type_, GraphQLEnumType) else json.dumps(value)
