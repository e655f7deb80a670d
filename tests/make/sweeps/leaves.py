"""Inputs as trees: every field that a valid input gives, and what is wrong for its kind."""

import base64
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

from kit.errors import Code, Wrong
from kit.ids import from_global, new_id, to_global

LONG = "x" * 100_000
STACKED = "a" + "\u0301\u0316" * 50
"""Marks on one letter, which take quadratic time to be put in order."""
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
    def shown(self) -> list[str]:
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
        for name, values in value.items():
            field = bare.fields[name]
            for each in leaves(field.type, values, (*path, name), bare.name):
                is_optional = each.path == (*path, name) and field.default is not None
                yield Leaf(
                    each.path,
                    each.kind,
                    each.owner,
                    each.value,
                    each.is_required and not is_optional,
                )
    else:
        named = get_named_type(bare)
        is_enum = isinstance(named, GraphQLEnumType)
        yield Leaf(path, "ENUM" if is_enum else named.name, owner, value, is_required)


def kinds_of(kind: Any, value: Any) -> Iterator[tuple[str, str]]:
    """Yield (type, field) of all that an input gives, in every item of its lists."""
    named = get_named_type(kind)
    for each in value if isinstance(value, list) else [value]:
        if isinstance(named, GraphQLInputObjectType) and isinstance(each, dict):
            for name, item in each.items():
                yield named.name, name
                yield from kinds_of(named.fields[name].type, item)


def put(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with something else at the path."""
    if not path:
        return new
    first, *remaining = path
    if isinstance(value, list):
        changed = put(value[first], tuple(remaining), new)
        return [*value[:first], changed, *value[first + 1 :]]
    return {**value, first: put(value.get(first), tuple(remaining), new)}


def without(value: Any, path: Path) -> Any:
    """Return a copy without what is at the path."""
    above = at(value, path[:-1])
    return put(value, path[:-1], {name: it for name, it in above.items() if name != path[-1]})


def at(value: Any, path: Path) -> Any:
    """Return what is at the path."""
    for part in path:
        value = value[part]
    return value


def absent_of(leaf: Leaf, values: Any) -> Path:
    """Return the path of what is absent where a field is empty: an object of nothing else is."""
    path = leaf.path
    while isinstance(path[-2:][0], str) and len(at(values, path[:-1])) == 1 < len(path):
        path = path[:-1]
    return path


def empties(leaf: Leaf) -> Iterator[Any]:
    """Yield null, and what forms and files send where there is nothing."""
    yield None
    if may_be_empty(leaf):
        yield " "
        yield Wrong(Code.INVALID, "This is another type.", "")
    if leaf.kind == "OBJECT":
        names = list(leaf.value)
        yield dict.fromkeys(names, "") | {names[0]: None}


_TEXT = {
    **dict.fromkeys(("a\0b", "\x1b[1m", "a\x85b", STACKED), "INVALID_CHARACTER"),
    **dict.fromkeys((LONG, "a\u0301" * 50_000), "TOO_LONG"),
    "": "BLANK",
    " \n ": "BLANK",
}
INVISIBLE = (
    *("\t", "\n", "\u00a0", "\u00ad", "\u034f", "\u061c", "\u115f", "\u1680", "\u180e", "\u2003"),
    *("\u200b", "\u200d", "\u200e", "\u2028", "\u2029", "\u202e", "\u2060", "\u2066", "\u2800"),
    *("\u3000", "\u3164", "\ue000", "\ufe0f", "\ufeff", "\uffa0", "\ufff9", "\uffff"),
    *("\U000e0001", "\U000e0100", "\U0010ffff"),
)
_SOME = ("\n", "\u00a0", "\u200b", "\u202e", "\u2028", "\u3164", "\ufeff")
_KEY = _TEXT | dict.fromkeys((f"A{it}B" for it in _SOME), "INVALID_CHARACTER")
_FOR_PEOPLE = {
    "description",
    *("name", "title", "department", "building", "email", "phone", "line1", "line2", "postalCode"),
    *("city", "region", "note", "reason", "terms", "windowOverride", "receivedBy", "owner"),
    *("service", "place", "message", "rawReference"),
}
"""Fields whose text people write as they like; every other text is a key, which is all visible."""


def is_for_people(leaf: "Leaf") -> bool:
    """Tell whether a text is kept as people write it."""
    return leaf.name in _FOR_PEOPLE


NO_CLOCK_TIMES = ("soon", "2026-03-02", "2026-03-02T09:00:00Z", "2026-03-02T24:00:00", "\0", LONG)
_MAIL_ADDRESS = {
    **dict.fromkeys(("nobody", "a@b", "ä@example.com", "a@b.de, c@b.de"), "INVALID"),
    **dict.fromkeys(("a@b.de\nBcc: c@b.de", "Anna <a@b.de>"), "INVALID"),
    **dict.fromkeys(("a\0b",), "INVALID_CHARACTER"),
    LONG: "TOO_LONG",
}
_TEXTS: Mapping[str, Mapping[Any, str]] = {
    "timeZone": dict.fromkeys(
        (
            *("Mars/Olympus", "localtime", "Factory", "posix/Europe/Berlin", "right/UTC"),
            *(
                "posixrules",
                "europe/berlin",
                "Europe/Berlin ",
                "Europe/Berlin\u200b",
                "",
                "\0",
                LONG,
            ),
        ),
        "INVALID_TIME_ZONE",
    ),
    "time": dict.fromkeys(NO_CLOCK_TIMES, "INVALID_DATE"),
    "opens": dict.fromkeys(("8", "25:00", "08:00\n", "\0", LONG), "INVALID"),
    **dict.fromkeys(
        ("quietFrom", "quietUntil"),
        dict.fromkeys(("8", "24:00", "08:00\n", "\0", LONG), "INVALID"),
    ),
    "colour": dict.fromkeys(("red", "#FFFFFF", "#fff", "#ffffff\n", "\0", LONG), "INVALID"),
    "logoUrl": {
        **dict.fromkeys(("http://a.de", "https://a.de/ö", "https://a.de\n", "\0"), "INVALID"),
        LONG: "TOO_LONG",
    },
    **dict.fromkeys(("address", "supportEmail"), _MAIL_ADDRESS),
    "closes": dict.fromkeys(("8", "24:01", "\0", LONG), "INVALID"),
    "limit": dict.fromkeys(("speed", "", "\0", LONG), "INVALID"),
    # Bytes of a file in Base64; the service characters of EDIFACT.
    "content": {**dict.fromkeys(("a$b", "é", "\0", "YQ"), "INVALID"), "": "BLANK"},
    "serviceCharacters": {
        **dict.fromkeys(("", ":+", "::::::", "\0", "é"), "INVALID"),
        LONG: "TOO_LONG",
    },
    # The text of a document of GraphQL.
    "text": {
        **dict.fromkeys(("a\0b", "\x1b[1m", " \n "), "INVALID"),
        "": "BLANK",
        LONG: "TOO_LONG",
    },
    "language": {
        **dict.fromkeys(("klingon", "klingon-", "de.UTF-8", "de@euro", "\0"), "INVALID"),
        LONG: "TOO_LONG",
    },
    "trackingUrl": {
        **dict.fromkeys(("http://a.de/{number}", "https://a.de", "https://{number} ö"), "INVALID"),
        **dict.fromkeys(("a\0b", "https://a.de/{number}\n"), "INVALID"),
        LONG: "TOO_LONG",
    },
    **dict.fromkeys(
        ("hazardClass", "hazardClasses", "unNumber"),
        dict.fromkeys(("10", "1263", "UN12", "", "\0", "3\n", LONG), "INVALID"),
    ),
    **dict.fromkeys(
        ("gtin", "gln", "sscc"),
        dict.fromkeys(("4006381333932", "٤٠٠٦٣٨١٣٣٣٩٣١", "", "\0", LONG), "INVALID_CHECK_DIGIT"),
    ),
}
_FAR = dict.fromkeys(("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"), "INVALID_DATE")
_TIMES = {f"{day}T12:00:00Z": code for day, code in _FAR.items()} | dict.fromkeys(
    (
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
        *("1900-01-01T00:00:00+00:01", "2199-12-31T23:59:59-00:01"),
    ),
    "INVALID_DATE",
)
"""The last two are within the bounds where they are written, but not in UTC."""
_DECIMALS = {
    "-1": "NOT_POSITIVE",
    "1e400": "INVALID",
    "1e-400": "INVALID",
    "1000000000000": "OUT_OF_RANGE",
    "0.1234567": "SCALE_EXCEEDED",
}
_CELSIUS = {
    **dict.fromkeys(("-273.2", "1000.1", "1000000000000"), "OUT_OF_RANGE"),
    "1e400": "INVALID",
    "0.12": "SCALE_EXCEEDED",
}
_PRICED = {
    "amount",
    "unitPrice",
    "expectedUnitPrice",
    "discountPercent",
    "discountAmount",
    "jumpPercent",
    "rate",
    "overTolerancePercent",
    "penaltyCapPercent",
    "penaltyPerDay",
    "penaltyPerUnit",
    "penaltyPercentPerDay",
    "underTolerancePercent",
}
_ZERO = _PRICED | {
    "overTolerance",
    "fromQuantity",
    "issued",
    "minQuantity",
    "picked",
    "received",
    "cumulativeReceived",
    "productionGoAhead",
    "materialGoAhead",
    "restOfForecast",
}
_PLAIN: Mapping[str, Mapping[Any, str]] = {
    "Currency": dict.fromkeys(("XXY", "eur", "", "\0", LONG), "INVALID_CURRENCY"),
    "Country": dict.fromkeys(("ZZ", "de", "", "\0", LONG), "INVALID_COUNTRY"),
    "DateTime": _TIMES,
    "Date": _FAR,
}
NO_INSTANTS = (
    *("soon", "", "\0", LONG, "2026-03-02", "2026-W10", "2026-W10-1T09:00:00Z", "20260302T090000Z"),
    *("2026-03-02T09:00:00", "2026-03-02 09:00:00Z", "2026-03-02T09:00Z", "2026-03-02T09Z"),
    *("2026-13-01T00:00:00Z", "2026-02-29T09:00:00Z", "2026-03-02T24:00:00Z"),
    *("2026-03-02T09:00:60Z", "2026-03-02T09:60:00Z", f"2026-03-02T09:00:00.{'1' * 31}Z"),
    *("2026-03-02T09:00:00.Z", "2026-03-02T09:00:00,5Z", "2026-03-02T09:00:00+1:00"),
    *("2026-03-02T09:00:00+0100", "2026-03-02T09:00:00+01", "2026-03-02T09:00:00+24:00"),
    *("2026-03-02T09:00:00+01:60", "2026-03-02T09:00:00+01:00:30", "2026-03-02T09:00:00Z "),
    *("٢٠٢٦-03-02T09:00:00Z", "２０２６-03-02T09:00:00Z", "2026-03-02T09:00:00Z\n"),
)
_SOME_INSTANTS = ("soon", "2026-W10", "2026-03-02T09:00:00", "2026-03-02 09:00:00Z")
NO_DAYS = (
    *("soon", "", "\0", LONG, "2026-02-30", "20260302", "2026-W10-1", "2026-3-2", "2026-061"),
    *("2026-03-02T00:00:00Z", "2026-03-02 ", "٢٠٢٦-03-02", "２０２６-03-02"),
)
NO_NUMBERS = (
    *("abc", "", "\0", "1" * 65, "NaN", "sNaN", "Infinity", "-Infinity", "inf", "1_000", "1."),
    *(".5", "+5", " 5", "5 ", "5\n", "1,000", "1e", "0x10", "١٢", "１２", "1\u200b", "--1", "−1"),
)
_TYPES: Mapping[str, tuple[Any, ...]] = {
    "ID": ({"a": 1}, [1, 2]),
    "String": (5, {"a": 1}),
    "Currency": ({"a": 1},),
    "Country": (["DE", "FR"],),
    "Decimal": (1.5, True, "NaN", "1_000", "1.", "１２", " 5", "\0", "1" * 65, {"a": 1}),
    "Int": ("1", 1.5, 2**31, -(2**31) - 1, {"a": 1}),
    "Boolean": ("yes", 2),
    "ENUM": ("NOPE", "\0", 5),
    "DateTime": (*_SOME_INSTANTS, "\0", 5, LONG),
    "Date": ("soon", "2026-02-30", "20260302", "2026-W10-1", "\0", 5, {"a": 1}),
    "OBJECT": ("text", 5),
    "LIST": ([None],),
}


def wrong_values(leaf: Leaf) -> list[tuple[Any, str]]:
    """Return values of the right type that are refused, with the code of the refusal."""
    wrong = _wrong_values(leaf)
    return [it for it in wrong if not may_be_empty(leaf) or str(it[0]).strip()]


def _wrong_values(leaf: Leaf) -> list[tuple[Any, str]]:
    if leaf.kind == "ID":
        return [(it, "INVALID_ID") for it in (*_no_ids(leaf.value), "", "\0", LONG, "🏭", 5)]
    if leaf.kind == "String":
        return list(_TEXTS.get(leaf.name, _TEXT if is_for_people(leaf) else _KEY).items())
    if leaf.kind == "Decimal":
        return list(_wrong_decimals(leaf).items())
    if leaf.kind == "LIST":
        return _wrong_lists(leaf)
    if leaf.kind == "OBJECT" and "earliest" in leaf.value:
        turned = {**leaf.value, "latest": leaf.value["earliest"]}
        return [(turned, "INVALID_WINDOW")]
    return list(_PLAIN.get(leaf.kind, {}).items())


def may_be_empty(leaf: Leaf) -> bool:
    """Tell whether an empty text counts as left out."""
    is_single = leaf.kind not in {"LIST", "OBJECT"} and isinstance(leaf.path[-1], str)
    return is_single and not leaf.is_required


def _no_ids(text: str) -> list[str]:
    name, key = from_global(text)
    written = [f"{name}:{it}" for it in (f"{{{key}}}", key.hex, str(key).upper(), key.urn)]
    return [
        *(to_global("Merchant", key), to_global(f"{name} ", key), str(key), text[:-4]),
        *(base64.b64encode(it.encode()).decode() for it in written if it != f"{name}:{key}"),
    ]


def _wrong_decimals(leaf: Leaf) -> dict[str, str]:
    if leaf.name in {"keepFromC", "keepToC", "keepsFromC", "keepsToC"}:
        return _CELSIUS
    wrong = dict(_DECIMALS)
    if leaf.name not in _ZERO and leaf.owner not in {"ReleaseLineInput", "LineAnswerInput"}:
        wrong["0"] = "NOT_POSITIVE"
    if leaf.name not in _PRICED:
        wrong["1.5"] = "SCALE_EXCEEDED"
    if leaf.name.endswith("Percent"):
        wrong["100.000001"] = "OUT_OF_RANGE"
    return wrong


_SCHEDULES = {"ContractReleaseInput", "RecordedReleaseInput", "ReleaseAnswerInput"}
"""Inputs whose lines may be none: nothing is wanted any more, or all of it can be met."""


_MANY = {"roles", "deliveryMethods", "articleNumbers", "placeCodes"}
"""Lists of which as many may be as there are, or as a list in the variables may have."""
_SCHEDULED = {"ContractReleaseInput", "RecordedReleaseInput"}
"""Inputs whose lines may be more than a list in the variables may have."""


def _wrong_lists(leaf: Leaf) -> list[tuple[Any, str]]:
    may_be_empty = leaf.name == "lines" and leaf.owner in _SCHEDULES
    is_needed = (leaf.is_required and not may_be_empty) or leaf.name == "roles"
    few = [([], "TOO_FEW_ITEMS")] if is_needed else []
    if leaf.name in _MANY or (leaf.name == "lines" and leaf.owner in _SCHEDULED):
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
