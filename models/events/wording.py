"""What an event tells people, in each language that we speak: a message of its code and payload.

The catalogues are gettext's (`models/catalogues/<language>.po`). A message's id is its event's
name. `{field}` stands for a field of the payload; a message with plural forms has as its context
the field that is counted. A value of an enum has an entry of its own, with its field as the
context; several stand one behind another. Only fields that everybody reads who reads the event
stand in messages.
`make docs` writes entries of new events; what waits for its translation is told in English.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from gettext import c2py
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from kit.standards.languages import Spoken
from models.base.events import EVENTS

CATALOGUES = Path(__file__).parents[1] / "catalogues"


class Phrase(NamedTuple):
    """What is told of an event. counted: the field by which the form is chosen, None for one."""

    counted: str | None
    forms: Sequence[str]


class Phrases(NamedTuple):
    """The messages of a language that are translated.

    values: field and value of an enum -> its words. form: a number -> its plural form.
    """

    locale: Locale
    messages: Mapping[str, Phrase]
    values: Mapping[tuple[str, str], str]
    form: Any


@cache
def catalogue(language: Spoken) -> Phrases:
    """Return the messages of a language, read once."""
    locale = Locale.parse(language.value)
    with (CATALOGUES / f"{language.value}.po").open("rb") as file:
        read = read_po(file, locale, abort_invalid=True)
    messages: dict[str, Phrase] = {}
    values: dict[tuple[str, str], str] = {}
    for each in read:
        name: Any = each.id
        forms: Any = each.string
        if isinstance(name, tuple):
            messages[name[0]] = Phrase(each.context, tuple(forms))
        elif each.context and forms:
            values[each.context, name] = forms
        elif name and forms:
            messages[name] = Phrase(None, (forms,))
    return Phrases(locale, messages, values, c2py(read.plural_expr))


def fields_of(form: str) -> set[str]:
    """Return the fields of the payload that stand in a form of a message."""
    return {name for _, name, _, _ in Formatter().parse(form) if name}


def message_of(name: str, payload: Mapping[str, Any], language: Spoken, zone: str) -> str:
    """Return what is told of an event. zone: the IANA time zone in which instants are told."""
    kind, words = EVENTS[name], catalogue(language)
    if name not in words.messages:
        words = catalogue(Spoken.EN)
    message = words.messages[name]
    reads = {it.name: it.kind.read for it in kind.versions.values if it.name in payload}
    form = 0 if message.counted is None else words.form(int(payload[message.counted]))
    text = message.forms[form]
    values = {it: reads[it](payload[it]) for it in fields_of(text)}
    shown = {field: _in_words(words, field, value, zone) for field, value in values.items()}
    return text.format_map(shown)


def _in_words(words: Phrases, field: str, value: Any, zone: str) -> str:
    """Write a field as a language does: a value of an enum, or several, in its words."""
    if isinstance(value, tuple):
        return ", ".join(_in_words(words, field, each, zone) for each in value)
    if isinstance(value, Enum):
        return words.values[field, value.value]
    return _shown(value, words.locale, zone)


def _shown(value: Any, locale: Locale, zone: str) -> str:
    """Write a number, a day or an instant as a language does."""
    if isinstance(value, datetime):
        there = value.astimezone(ZoneInfo(zone))
        day = format_date(there, "medium", locale)
        return f"{day}, {format_time(there, 'short', locale=locale)}"
    if isinstance(value, date):
        return format_date(value, "medium", locale)
    if isinstance(value, int | Decimal):
        return format_decimal(value, locale=locale, decimal_quantization=False)
    message = f"{value!r} does not stand in messages"
    raise TypeError(message)
