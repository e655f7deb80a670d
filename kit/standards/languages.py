"""Languages by their tags of BCP 47, and those in which people are told what happens."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from babel.core import Locale, UnknownLocaleError
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from kit.errors import Code

_HEADER = 500
"""Characters of a header that are read."""


class Spoken(StrEnum):
    """The languages in which people are told what happens: each has a catalogue."""

    EN = "en"
    DE = "de"
    PL = "pl"
    NL = "nl"
    FIL = "fil"


_ALIASES = {"tl": Spoken.FIL}
"""Other tags of the same language."""


def spoken(tag: str | None) -> Spoken | None:
    """Return the language of a tag, whatever its region; None where we do not speak it."""
    language = (tag or "").replace("_", "-").partition("-")[0].strip().lower()
    return _ALIASES.get(language) or next((it for it in Spoken if it.value == language), None)


def preferred(header: str | None) -> Spoken | None:
    """Return what an `Accept-Language` header likes best of what we speak (RFC 9110)."""
    wanted = sorted(_weighed((header or "")[:_HEADER]), key=lambda it: -it[0])
    return next((language for weight, language in wanted if weight > 0), None)


def _weighed(header: str) -> Iterator[tuple[float, Spoken]]:
    """Yield what we speak of a header, with how much it is liked."""
    for part in header.split(","):
        tag, _, parameters = part.partition(";")
        language, weight = spoken(tag), parameters.strip().removeprefix("q=")
        try:
            if language is not None:
                yield (float(weight) if weight else 1.0), language
        except ValueError:
            continue


def _known_language(tag: str) -> str:
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise PydanticCustomError(
            Code.INVALID.value, "This is not a language of BCP 47, for example de or pt-BR."
        ) from error
    return tag


Language = Annotated[
    str,
    StringConstraints(max_length=35, pattern="^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$"),
    AfterValidator(_known_language),
]
