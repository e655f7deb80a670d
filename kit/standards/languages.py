"""Languages by their tags of BCP 47."""

from typing import Annotated

from babel.core import Locale, UnknownLocaleError
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from kit.errors import Code


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
