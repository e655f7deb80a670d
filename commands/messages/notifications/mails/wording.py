"""Letters in words: templates, gettext catalogues, and a language's own numbers, days and money.

A message's id is its English text; `catalogues/<language>.po` has the others. Every value of a row
is escaped in HTML; in texts and subjects control characters are blanks, so that none of them
begins a line of its own.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from commands.messages.notifications.mails.letters import ArrivalWindow, Letter, WrittenMail
from kit.standards.languages import Spoken
from models.master.catalog import Unit

_HERE = Path(__file__).parent
CATALOGUES, TEMPLATES = _HERE / "catalogues", _HERE / "templates"
PAGE_STYLE = Markup(
    ":root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }"
    " body { margin: 10vh auto; max-width: 34rem; padding: 0 1.25rem; }"
    " h1 { font-size: 1.5rem; } button { font: inherit; padding: 0.5rem 1rem; }"
)
"""What the page of who unsubscribes looks like; its header names the style's hash."""
_PICTURE_STYLE = Markup(
    ":root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }"
    " body { margin: 0; padding: 0 1.25rem; } h1 { font-size: 1.25rem; }"
    " main { display: flex; flex-wrap: wrap; gap: 1.25rem; }"
    " iframe { border: 1px solid; flex: 1 1 40rem; height: 85vh; }"
    " pre { flex: 1 1 30rem; margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INK, _PAPER = "#1a1a1a", "#ffffff"
_DARK = 0.45
"""Luminance of a colour (WCAG) up to which white is read on it."""
_UNITS: Mapping[Unit, str] = {
    Unit.KILOGRAM: "mass-kilogram",
    Unit.GRAM: "mass-gram",
    Unit.METRE: "length-meter",
    Unit.SQUARE_METRE: "area-square-meter",
    Unit.CUBIC_METRE: "volume-cubic-meter",
    Unit.LITRE: "volume-liter",
    Unit.HOUR: "duration-hour",
}
"""Unit -> what CLDR calls it; what it does not know is counted by messages of ours."""


def plain_text(value: Any) -> str:
    """Return a value as one line of text."""
    return _CONTROL.sub(" ", str(value)).strip()


@cache
def translations(language: Spoken) -> NullTranslations:
    """Return a language's messages, read once; English is what they are called."""
    if language is Spoken.EN:
        return NullTranslations()
    compiled = BytesIO()
    with (CATALOGUES / f"{language.value}.po").open("rb") as file:
        write_mo(compiled, read_po(file, language.value, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def _template(language: Spoken, name: str) -> Template:
    is_html = name.endswith(".html")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=is_html,  # noqa: S701 -- what is not HTML has no markup.
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = translations(language)
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    return environment.get_template(name)


def write_mail(letter: Letter) -> WrittenMail:
    """Write a letter in its reader's language, as text and as HTML."""
    language = letter.language
    values = {"letter": letter, **_formats(language), **_colours(letter.sender.colour)}
    subject, text, html = (
        _template(language, name).render(values)
        for name in ("subject.txt", "mail.txt", "mail.html")
    )
    return WrittenMail(plain_text(subject), _without_gaps(text), html)


def write_page(language: Spoken, merchant: str, *, is_done: bool) -> str:
    """Write the page of who unsubscribes: a button, or that it is done. merchant: its name."""
    values = {"language": language, "merchant": merchant, "is_done": is_done, "style": PAGE_STYLE}
    return _template(language, "unsubscribe.html").render(values)


def write_picture(language: Spoken, mail: WrittenMail) -> str:
    """Write the page that shows a mail: what it says as HTML, and as text beside it.

    The HTML stands in a frame without any rights, as a mail program shows it.
    """
    values = {"language": language, "mail": mail, "style": _PICTURE_STYLE}
    return _template(language, "picture.html").render(values)


def _without_gaps(text: str) -> str:
    """Leave one empty line where there are several."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _formats(language: Spoken) -> dict[str, Callable[..., str]]:
    """Return the functions that templates write values with."""
    locale, words = Locale.parse(language.value), translations(language)

    def quantity(amount: Decimal, unit: Unit) -> str:
        number = format_decimal(amount, locale=locale, decimal_quantization=False)
        if unit in _UNITS:
            return format_unit(amount, _UNITS[unit], "short", locale=locale)
        one, many = COUNTED[unit]
        # Plural rules are of whole numbers; a part of a piece is counted as many.
        count = int(amount) if amount == int(amount) else 2
        return words.ngettext(one, many, count).format(number=number)

    def money(amount: Decimal, currency: str) -> str:
        return format_currency(amount, currency, locale=locale)

    def window(of: ArrivalWindow) -> str:
        zone = ZoneInfo(of.zone)
        first, last = (it.astimezone(zone) for it in (of.earliest, of.latest))
        begin, end = (_moment(it, locale) for it in (first, last))
        if first.date() == last.date():
            end = format_time(last, "short", locale=locale)
        return f"{begin} – {end}"  # noqa: RUF001 -- a dash between two instants.

    def day(of: date) -> str:
        return format_date(of, "full", locale)

    made: dict[str, Callable[..., str]] = {"quantity": quantity, "money": money}
    return {**made, "window": window, "day": day, "line": plain_text}


COUNTED: Mapping[Unit, tuple[str, str]] = {
    Unit.PIECE: ("{number} piece", "{number} pieces"),
    Unit.PACK: ("{number} pack", "{number} packs"),
    Unit.PALLET: ("{number} pallet", "{number} pallets"),
}
"""Unit -> its messages for one and for many."""


def _moment(at: datetime, locale: Locale) -> str:
    day: date = at.date()
    return f"{format_date(day, 'full', locale)}, {format_time(at, 'short', locale=locale)}"


def _colours(colour: str | None) -> dict[str, str]:
    """Return the merchant's colour, and what is read on it."""
    own = colour or "#1f4e79"
    red, green, blue = (int(own[place : place + 2], 16) / 255 for place in (1, 3, 5))
    luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return {"colour": own, "on_colour": _PAPER if luminance < _DARK else _INK}
