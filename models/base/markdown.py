"""docs/EVENTS.md, written from the classes of events."""

from collections.abc import Iterator
from itertools import groupby

from models.base.events import EVENTS, Event
from models.base.payloads import CODES_OF_PAYLOADS, Telling, Value
from models.base.reductions import tables_of

_HEAD = """\
# Events

What the journal tells: every kind of entry, written from the classes in `models/events` by
`make docs`; a test compares. `events` tells each kind as a GraphQL type of its own, named as its
heading with the dot left out (`order.placed`: `OrderPlaced`); what stands here is how the audit
trail tells it, `type` and `payload`.

A payload holds ids, quantities and codes, never names, addresses, mail or free text: a person can
be erased from the rows while the journal stays whole. An entry's version counts the forms of its
payload. A changed form is a new version, with a function that makes one of the version before.
"""
_KINDS = {
    "id of `Name`": "text, a UUID: that of a row of this type. The type's global `id` is the Base64"
    " of `Name:UUID`",
    "quantity": "text, an exact decimal number",
    "number": "a whole number",
    "true or false": "`true` or `false`",
    "instant": "text, RFC 3339 with an offset",
    "day": "text, RFC 3339",
    "column": "text, the name of a column",
    "list of: ...": "a list",
    "... → ...": "an object",
    "(...)": "an object of these fields",
    "`Name`": "text, one of the codes under this name below",
}
"""What there is beside null -> how it looks in JSON."""
_DEFAULT = " Left out where there is nothing to tell."


def _kind(kind: type[Event], value: Value) -> str:
    """Return the kind of a value, with the types of which its ids are."""
    rows = value.kind.rows
    if rows is None or rows.how not in {Telling.ONE, Telling.LIST, Telling.KEYS} or rows.beside:
        return value.kind.word
    types = " or ".join(f"`{it.__name__}`" for it in tables_of(rows, kind))
    return value.kind.word.replace("id", f"id of {types}", 1)


def _event(kind: type[Event]) -> Iterator[str]:
    form = kind.versions
    version = f", version {form.version}" if form.upcasts else ""
    yield f"### `{kind.name}`{version}\n"
    yield f"{kind.__doc__}\n"
    if form.values:
        yield "| Field | Kind | What it means |\n| --- | --- | --- |"
        for each in form.values:
            left_out = "" if each.is_needed else _DEFAULT
            yield f"| `{each.name}` | {_kind(kind, each)} | {each.meaning}{left_out} |"
        yield ""


def events_markdown() -> str:
    """Return docs/EVENTS.md."""
    lines = [_HEAD, "## Kinds of values\n", "| Kind | In JSON |", "| --- | --- |"]
    lines += [f"| {word} | {form} |" for word, form in _KINDS.items()]
    lines.append("")
    by_noun = sorted(EVENTS.values(), key=lambda it: it.aggregate)
    for noun, kinds in groupby(by_noun, lambda it: it.about.__name__):
        lines.append(f"## {noun}\n")
        lines += [line for kind in kinds for line in _event(kind)]
    lines += ["## Codes\n"]
    lines += [
        f"- `{name}`: {', '.join(f'`{it}`' for it in CODES_OF_PAYLOADS[name])}"
        for name in sorted(CODES_OF_PAYLOADS)
    ]
    return "\n".join(lines)
