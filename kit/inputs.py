"""What commands take: frozen pydantic models of checked values.

The schema derives its GraphQL inputs from these models, so that a shape and its rules are
written once; a broken rule becomes a `Refused` whose path is the path inside the input.

Every text is taken in Unicode's form NFC, so that two that look the same are the same.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args
from zoneinfo import available_timezones

from annotated_types import GroupedMetadata
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from kit.errors import (
    ALONE,
    MOST_OF_CALL,
    Code,
    Path,
    Refusals,
    Refused,
    Wrong,
    is_blank,
    problems_of,
)
from kit.standards import gs1
from kit.standards.iso import COUNTRIES, MINOR_UNITS
from kit.standards.money import is_payable, minor_unit
from kit.standards.unicode import is_beyond, is_seen, is_visible, names_something, normal

LARGEST_BULK = 250
LONGEST_KEY = 255
"""Characters of any text by which rows are known."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_CONTROL = {chr(code) for code in (*range(32), *range(127, 160))} - {"\n", "\r", "\t"}
_ZONES = frozenset(available_timezones() - {"localtime", "Factory"})
"""Names that mean a place: not what this machine is set to, nor that nobody has set it."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Scalar:
    """Tells under which name clients know a kind of text."""

    name: str


@dataclass(frozen=True)
class HowMuch:
    """Tells that a number is how much of some goods, not how much money."""


@dataclass(frozen=True)
class Emptied:
    """Tells that null is a field's default, said: it takes away what is there."""


def _refuse(code: Code, message: str) -> PydanticCustomError:
    return PydanticCustomError(code.value, "{text}", {"text": message})


def _characters(are_right: Callable[[str], bool], message: str) -> AfterValidator:
    def check(text: str) -> str:
        if not are_right(text):
            raise _refuse(Code.INVALID_CHARACTER, message)
        return text

    return AfterValidator(check)


_PRINTABLE = _characters(_CONTROL.isdisjoint, "Control characters are not allowed here.")
_SEEN = _characters(is_seen, "Nobody sees any of these characters.")
_NAMING = _characters(names_something, "A name has a letter, a digit or a symbol.")
_VISIBLE = _characters(
    is_visible, "Invisible characters and spaces other than the plain one are not allowed here."
)


def _known_zone(zone: str) -> str:
    if zone not in _ZONES:
        raise _refuse(Code.INVALID_TIME_ZONE, "This is no IANA time zone, such as Europe/Berlin.")
    return zone


def _known_currency(currency: str) -> str:
    if currency not in MINOR_UNITS:
        raise _refuse(Code.INVALID_CURRENCY, "This is not a currency of ISO 4217.")
    return currency


def _known_country(country: str) -> str:
    if country not in COUNTRIES:
        raise _refuse(Code.INVALID_COUNTRY, "This is not a country of ISO 3166-1 alpha-2.")
    return country


def _no_date() -> PydanticCustomError:
    return _refuse(Code.INVALID_DATE, f"Years go from {_FIRST_YEAR} to {_LAST_YEAR}.")


def _plausible(when: date) -> date:
    if not _FIRST_YEAR <= when.year <= _LAST_YEAR:
        raise _no_date()
    return when


def _in_utc(when: datetime) -> datetime:
    try:
        instant = when.astimezone(UTC)
    except OverflowError as error:
        raise _no_date() from error
    _plausible(instant)
    return instant


def _checked(what: str, *lengths: int) -> AfterValidator:
    def check(key: str) -> str:
        if not gs1.is_valid(key, *lengths):
            raise _refuse(Code.INVALID_CHECK_DIGIT, f"This is not a {what}: length or check digit.")
        return key

    return AfterValidator(check)


@dataclass(frozen=True)
class _UpTo(GroupedMetadata):
    """Tells that a text is taken in Unicode's form NFC, and how many characters it has at most."""

    longest: int

    def __iter__(self) -> Iterator[object]:
        """Yield the rules: what is too long however it is spelled is not even spelled anew."""
        yield from StringConstraints(strip_whitespace=True, min_length=1, max_length=self.longest)
        yield BeforeValidator(self._normal)

    def _normal(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if is_beyond(text, self.longest):
            raise PydanticKnownError("string_too_long", {"max_length": self.longest})  # noqa: EM101 -- pydantic's own name of it.
        try:
            return normal(text)
        except ValueError as error:
            raise _refuse(Code.INVALID_CHARACTER, str(error)) from error


class StandIns:
    """Tells which values may stand in a text that follows a rule of its own."""

    def __init__(
        self, *values: str, beside: Callable[[Mapping[str, Any]], str | None] | None = None
    ) -> None:
        """Take at least two, the least first.

        beside: from what else its object was given to what is nearest to that, if it says.
        """
        self.values, self.beside = values, beside


def spelled(pattern: str, how: str) -> AfterValidator:
    """Return the rule of a text that is written in one way. how: what it is, as clients read it."""
    rule = re.compile(pattern)

    def check(text: str) -> str:
        if not rule.fullmatch(text):
            raise _refuse(Code.INVALID, f"This is {how}.")
        return text

    return AfterValidator(check)


Name = Annotated[str, _UpTo(255), _PRINTABLE, _NAMING]
TextLine = Annotated[str, _UpTo(255), _PRINTABLE, _SEEN]
Short = Annotated[str, _UpTo(100), _PRINTABLE, _SEEN]
Note = Annotated[str, _UpTo(2000), _PRINTABLE, _SEEN]
Reference = Annotated[str, _UpTo(100), _VISIBLE]
Key = Annotated[str, _UpTo(LONGEST_KEY), _VISIBLE]
Link = Annotated[str, _UpTo(2000), _VISIBLE]
Zone = Annotated[str, AfterValidator(_known_zone), StandIns("UTC", "Asia/Tokyo")]
_CURRENCIES, _COUNTRIES = StandIns("EUR", "JPY"), StandIns("DE", "JP")
Currency = Annotated[str, AfterValidator(_known_currency), Scalar("Currency"), _CURRENCIES]
Country = Annotated[str, AfterValidator(_known_country), Scalar("Country"), _COUNTRIES]
Gtin = Annotated[str, _checked("GTIN", *gs1.GTIN_LENGTHS), StandIns("00000017", "99999995")]
Gln = Annotated[str, _checked("GLN", gs1.GLN_LENGTH), StandIns("0000000000017", "9999999999994")]
_SSCCS = StandIns("000000000000000017", "999999999999999995")
Sscc = Annotated[str, AfterValidator(gs1.plain_sscc), _checked("SSCC", gs1.SSCC_LENGTH), _SSCCS]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Day = Annotated[date, AfterValidator(_plausible)]
Quantity = Annotated[
    Decimal, Field(gt=0, max_digits=18, decimal_places=6, allow_inf_nan=False), HowMuch()
]
QuantityOrZero = Annotated[
    Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False), HowMuch()
]
ExactAmount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
IN_ITS_DECIMALS = "in units of the currency, with no more decimals than it has: 9.90 for EUR"
"""How an amount is told that is not the price of one unit; `check_payable` asks it."""
Percent = Annotated[
    Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6, allow_inf_nan=False)
]


@dataclass(frozen=True)
class Alone:
    """Tells that items of a list are refused one by one."""


Bulk = Annotated[list[Item], Field(min_length=1, max_length=LARGEST_BULK)]
Each = Annotated[
    list[Annotated[Item, *ALONE]], Field(min_length=1, max_length=LARGEST_BULK), Alone()
]
"""As `Bulk`, of a verb that answers item by item, and meets none for which `Odd` stands."""


@cache
def _names(model: type[BaseModel]) -> frozenset[str]:
    """Return an input's fields, by both of their names."""
    return frozenset(each for name in model.model_fields for each in (name, camel(name)))


_NAMED, _LONGEST_NAME = 5, 50
"""Unknown fields that a problem names, and characters of each name."""


def _one_for_all(unknown: Sequence[str]) -> Wrong:
    """Return what stands for all of an object's unknown fields, which are one problem."""
    named = ", ".join(it[:_LONGEST_NAME] for it in unknown[:_NAMED])
    others = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
    return Wrong(Code.INVALID, f"There are no such fields: {named}{others}.", None)


@cache
def _optional(model: type[BaseModel]) -> Mapping[str, bool]:
    """Return the fields that may be left out, by both names, and whether null is one's value."""
    return {
        each: type(None) in get_args(field.annotation)
        for name, field in model.model_fields.items()
        if not field.is_required()
        for each in (name, camel(name))
    }


@cache
def _emptied(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the fields of which null means the default, by both names, with that."""
    return {
        each: field.default
        for name, field in model.model_fields.items()
        if any(isinstance(it, Emptied) for it in field.metadata)
        for each in (name, camel(name))
    }


def camel(name: str) -> str:
    """Return a field's name as clients know it: postal_code, postalCode."""
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)


class Input(BaseModel):
    """Base of all that commands take. A field that was not given is not in `model_fields_set`.

    Takes its fields under their own names and under those that clients know; problems are told
    under the former. What may be left out is left out, too, where it is an empty text, whatever
    its type, or an object of empty texts, as forms and files send them; and where it is null, but
    for what may be null itself, or be `Emptied`.

    blank_is_absent: whether an empty text leaves a field out.
    """

    blank_is_absent: ClassVar[bool] = True
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=camel,
        validate_by_name=True,
        loc_by_alias=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _gather_unknown_fields(cls, values: Any) -> Any:
        """Let the first unknown field stand for all."""
        unknown = (
            [it for it in values if it not in _names(cls)] if isinstance(values, Mapping) else ()
        )
        if len(unknown) < 2:  # noqa: PLR2004 -- one is told as it is.
            return values
        known = {name: value for name, value in values.items() if name in _names(cls)}
        return known | {unknown[0]: _one_for_all(unknown)}

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        nulls = {it: default for it, default in _emptied(cls).items() if values.get(it, it) is None}
        values, may = {**values, **nulls} if nulls else values, _optional(cls)
        absent = {
            name
            for name, value in values.items()
            if name in may
            and name not in nulls
            and (cls.blank_is_absent and is_blank(value) if value is not None else not may[name])
        }
        return {it: values[it] for it in values if it not in absent} if absent else values

    @classmethod
    def read(cls, values: object, below: Path = ()) -> Self:
        """Return the checked input. Refused: every broken rule with its path."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = problems_of(error, MOST_OF_CALL)
            raise Refused.of([it.below(below) for it in problems]) from error


class Upsert(Input):
    """Base of what is written by its business key.

    What is left out stays as it is; null empties it where it may be empty. A new row has the
    defaults.
    """


class Command(Input):
    """Base of what one mutation takes."""

    idempotency_key: Key | None = Field(
        None,
        description="Makes a repetition of this call safe: the same key with the same input has"
        " one effect and one answer for 24 hours.",
    )

    @classmethod
    def weight(cls, values: Mapping[str, Any]) -> int:
        """Return as how many lines it weighs while it is done, beside those of its lists.

        values: the input, unchecked.
        """
        del values
        return 0


def check_payable(amount: Decimal | None, currency: str, path: Path) -> None:
    """Refused: SCALE_EXCEEDED for parts of the currency's minor unit."""
    if amount is not None and not is_payable(amount, currency):
        text = f"The least amount of {currency} is {minor_unit(currency):f}."
        raise Refused(Code.SCALE_EXCEEDED, text, path)


def refuse_duplicates(keys: Iterable[Hashable], path: Path, *below: str) -> None:
    """Refused: DUPLICATE at every further item with the same key; None is no key."""
    seen: dict[Hashable, int] = {}
    refusals = Refusals()
    for place, key in enumerate(keys):
        with refusals:
            if key is not None and seen.setdefault(key, place) != place:
                what = key if isinstance(key, str) else "This"
                text = f"{what} stands twice in one input, first as item {seen[key]}."
                raise Refused(Code.DUPLICATE, text, (*path, place, *below))
    refusals.end()


class Money(Input):
    """An amount of money."""

    amount: ExactAmount = Field(description="Exact amount in units of it: 9.90 for EUR.")
    currency: Currency = Field(description="Currency of the amount, ISO 4217.")


class Place(Input):
    """A postal address."""

    name: Name | None = Field(None, description="Company or person at this address.")
    line1: Name = Field(description="Street and number.")
    line2: Name | None = Field(None, description="Building, floor, or other addition.")
    postal_code: Short | None = Field(None, description="Postal code.")
    city: Name = Field(description="City.")
    region: Name | None = Field(None, description="State, province or region.")
    country: Country = Field(description="Country, ISO 3166-1 alpha-2.")
