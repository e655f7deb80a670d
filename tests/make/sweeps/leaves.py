"""Inputs as trees: every field that a valid input gives, and what is wrong for its kind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

from kit.ids import from_global, new_id, to_global

LONG = "x" * 100_000
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Leaf:
    """One given field. kind: its scalar, or LIST, OBJECT or ENUM. owner: the type that has it."""

    path: Path
    kind: str
    owner: str
    value: Any
    is_required: bool

    @property
    def name(self) -> str:
        """Return the name of the field, also for an item of its list."""
        return next(part for part in reversed(self.path) if isinstance(part, str))

    @property
    def told(self) -> list[str]:
        """Return the path as a refusal tells it."""
        return ["input", *map(str, self.path)]


def leaves(kind: Any, value: Any, path: Path = (), owner: str = "") -> Iterator[Leaf]:
    """Yield what is given, parents first; of a list, its first item only."""
    is_required, bare = isinstance(kind, GraphQLNonNull), getattr(kind, "of_type", kind)
    bare = bare if is_required else kind
    if isinstance(bare, GraphQLList):
        yield Leaf(path, "LIST", owner, value, is_required)
        if value:
            yield from leaves(bare.of_type, value[0], (*path, 0), owner)
    elif isinstance(bare, GraphQLInputObjectType):
        if path:
            yield Leaf(path, "OBJECT", owner, value, is_required)
        for name, given in value.items():
            field = bare.fields[name]
            for it in leaves(field.type, given, (*path, name), bare.name):
                is_optional = it.path == (*path, name) and field.default_value is not None
                yield Leaf(it.path, it.kind, it.owner, it.value, it.is_required and not is_optional)
    else:
        named = get_named_type(bare)
        is_enum = isinstance(named, GraphQLEnumType)
        yield Leaf(path, "ENUM" if is_enum else named.name, owner, value, is_required)


def given(kind: Any, value: Any) -> Iterator[tuple[str, str]]:
    """Yield (type, field) of all that an input gives, in every item of its lists."""
    named = get_named_type(kind)
    for each in value if isinstance(value, list) else [value]:
        if isinstance(named, GraphQLInputObjectType) and isinstance(each, dict):
            for name, it in each.items():
                yield named.name, name
                yield from given(named.fields[name].type, it)


def put(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with something else at the path."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, list):
        changed = put(value[first], tuple(rest), new)
        return [*value[:first], changed, *value[first + 1 :]]
    return {**value, first: put(value.get(first), tuple(rest), new)}


def without(value: Any, path: Path) -> Any:
    """Return a copy without what is at the path."""
    above = at(value, path[:-1])
    return put(value, path[:-1], {name: it for name, it in above.items() if name != path[-1]})


def at(value: Any, path: Path) -> Any:
    """Return what is at the path."""
    for part in path:
        value = value[part]
    return value


_TEXT = {"a\0b": "INVALID_CHARACTER", "\x1b[1m": "INVALID_CHARACTER", LONG: "TOO_LONG"}
_TEXTS: Mapping[str, Mapping[Any, str]] = {
    "timeZone": dict.fromkeys(("Mars/Olympus", "", "\0", LONG), "INVALID_TIME_ZONE"),
    "opens": dict.fromkeys(("8", "25:00", "08:00\n", "\0", LONG), "INVALID"),
    "closes": dict.fromkeys(("8", "24:01", "\0", LONG), "INVALID"),
    "limit": dict.fromkeys(("speed", "", "\0", LONG), "INVALID"),
    # The text of a document of GraphQL.
    "text": {
        **dict.fromkeys(("a\0b", "\x1b[1m", " \n "), "INVALID"),
        "": "BLANK",
        LONG: "TOO_LONG",
    },
    "language": {"klingon-": "INVALID", "\0": "INVALID", LONG: "TOO_LONG"},
    **dict.fromkeys(
        ("gtin", "gln", "sscc"),
        dict.fromkeys(("4006381333932", "٤٠٠٦٣٨١٣٣٣٩٣١", "", "\0", LONG), "INVALID_CHECK_DIGIT"),
    ),
}
_FAR = dict.fromkeys(("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"), "INVALID_DATE")
_TIMES = {
    f"{day}T{time}": code
    for day, code in _FAR.items()
    for time in ("00:00:00+14:00", "23:59:59-12:00")
}
_DECIMALS = {
    "-1": "NOT_POSITIVE",
    "1e400": "OUT_OF_RANGE",
    "1e-400": "OUT_OF_RANGE",
    "NaN": "OUT_OF_RANGE",
    "sNaN": "OUT_OF_RANGE",
    "Infinity": "OUT_OF_RANGE",
    "-Infinity": "OUT_OF_RANGE",
    "1000000000000": "OUT_OF_RANGE",
    "0.1234567": "SCALE_EXCEEDED",
}
_PRICED = {
    "amount",
    "unitPrice",
    "discountPercent",
    "overTolerancePercent",
    "underTolerancePercent",
}
_ZERO = _PRICED | {"minQuantity", "picked", "received", "cumulativeReceived"}
_PLAIN: Mapping[str, Mapping[Any, str]] = {
    "Currency": dict.fromkeys(("XXY", "eur", "", "\0", LONG), "INVALID_CURRENCY"),
    "Country": dict.fromkeys(("ZZ", "de", "", "\0", LONG), "INVALID_COUNTRY"),
    "DateTime": {**_TIMES, "2026-03-02T09:00:00": "INVALID"},
    "Date": _FAR,
}
_TYPES: Mapping[str, tuple[Any, ...]] = {
    "ID": ({"a": 1}, [1, 2]),
    "String": (5, {"a": 1}),
    "Currency": ({"a": 1},),
    "Country": (["DE", "FR"],),
    "Decimal": (1.5, "abc", True, "", "\0", "1" * 65, {"a": 1}),
    "Int": ("1", 1.5, 2**31, -(2**31) - 1, {"a": 1}),
    "Boolean": ("yes", 2),
    "ENUM": ("NOPE", "\0", 5),
    "DateTime": ("soon", "2026-13-01T00:00:00Z", "\0", 5, LONG),
    "Date": ("soon", "2026-02-30", "\0", 5, {"a": 1}),
    "OBJECT": ("text", 5),
    "LIST": ([None],),
}


def wrong_values(leaf: Leaf) -> list[tuple[Any, str]]:
    """Return values of the right type that are refused, with the code of the refusal."""
    if leaf.kind == "ID":
        return [(it, "INVALID_ID") for it in (*_no_ids(leaf.value), "", "\0", LONG, "🏭", 5)]
    if leaf.kind == "String":
        wrong = _TEXTS.get(leaf.name, _TEXT | {"": "BLANK", " \n ": "BLANK"})
        return list(wrong.items())
    if leaf.kind == "Decimal":
        return list(_wrong_decimals(leaf).items())
    if leaf.kind == "LIST":
        return _wrong_lists(leaf)
    if leaf.kind == "OBJECT" and "earliest" in leaf.value:
        turned = {**leaf.value, "latest": leaf.value["earliest"]}
        return [(turned, "INVALID_WINDOW")]
    return list(_PLAIN.get(leaf.kind, {}).items())


def _no_ids(text: str) -> list[str]:
    name, key = from_global(text)
    return [to_global("Merchant", key), to_global(f"{name} ", key), str(key), text[:-4]]


def _wrong_decimals(leaf: Leaf) -> dict[str, str]:
    wrong = dict(_DECIMALS)
    if leaf.name not in _ZERO and leaf.owner != "ReleaseLineInput":
        wrong["0"] = "NOT_POSITIVE"
    if leaf.name not in _PRICED:
        wrong["1.5"] = "SCALE_EXCEEDED"
    if leaf.name.endswith("Percent"):
        wrong["100.000001"] = "OUT_OF_RANGE"
    return wrong


def _wrong_lists(leaf: Leaf) -> list[tuple[Any, str]]:
    few = [([], "TOO_FEW_ITEMS")] if leaf.is_required or leaf.name == "roles" else []
    if leaf.name in {"roles", "deliveryMethods"}:
        return few
    return [*few, (leaf.value[:1] * 251, "TOO_MANY_ITEMS")]


def wrong_types(leaf: Leaf) -> list[Any]:
    """Return values that are of another type than the schema's."""
    wrong = list(_TYPES.get(leaf.kind, ()))
    if leaf.kind == "OBJECT":
        wrong.append({**leaf.value, "unicorn": 1})
    return [*wrong, *([None] if leaf.is_required else [])]


def unknown(leaf: Leaf) -> str:
    """Return an id of the leaf's type that no row has."""
    return to_global(from_global(leaf.value)[0], new_id())
