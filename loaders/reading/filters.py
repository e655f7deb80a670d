"""Filters in statements that are kept: what is set shapes them, its values are bound by name.

A filter whose values are bound has parameters in their places. So whoever makes conditions of a
filter may only hand its values on to SQL, and look in Python at none but Booleans.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    any_,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.types import NULLTYPE, TypeEngine

from kit.errors import Code
from kit.inputs import Input, Reference, TextLine
from kit.standards.unicode import without_accents
from loaders.reading.relations import Reader
from models.base.tables import OfMerchant, as_folded
from models.base.visibility import seen_by

_BOUND = (str, UUID, date, Decimal, Enum, tuple)
"""Kinds of values that shape nothing, however many items a list has."""
_ESCAPE = "/"
_LAST = literal_column("chr(1114111)", Text())
"""The last code point of Unicode, which stands in no text."""


class Filter(Input):
    """Base of what a list is found by. An empty text is refused: it would find what it names not.

    What is null is as good as left out.
    """

    blank_is_absent: ClassVar[bool] = False


class Spread(Filter):
    """Base of a filter whose fields are arguments of their list, each by itself."""


Form = TypeVar("Form", bound=Input)


def _something_left(text: str) -> str:
    if not without_accents(text).strip():
        message = {"text": "Without accents nothing is left of this."}
        raise PydanticCustomError(Code.BLANK.value, "{text}", message)
    return text


Beginning = Annotated[Reference, AfterValidator(_something_left)]
"""What a folded text begins with."""
Contained = Annotated[TextLine, AfterValidator(_something_left)]
"""What a folded text contains."""


def _fields(filter_by: Input | None) -> Mapping[str, Any]:
    """Return field -> value of what is set; null is as good as nothing."""
    return {} if filter_by is None else {name: it for name, it in filter_by if it is not None}


def form_of(filter_by: Input | None) -> Hashable:
    """Return what of a filter shapes SQL: which fields are set, the values that are not bound."""
    fields = _fields(filter_by).items()
    return tuple((name, None if isinstance(it, _BOUND) else it) for name, it in fields)


def values_in(filter_by: Input | None) -> dict[str, Any]:
    """Return the values that are bound, by the names of their parameters."""
    fields = _fields(filter_by).items()
    return {
        _name(name): list(each) if isinstance(each, tuple) else each
        for name, each in fields
        if isinstance(each, _BOUND)
    }


def with_parameters(filter_by: Form, bind: Callable[[str, TypeEngine[Any]], Any]) -> Form:
    """Return the filter with parameters in place of its values.

    Each takes the type of what it is compared with.
    """
    fields = _fields(filter_by).items()
    own = {name: bind(_name(name), NULLTYPE) for name, it in fields if isinstance(it, _BOUND)}
    return filter_by.model_copy(update=own)


def _name(field: str) -> str:
    return f"filter_{field}"


def one_of(value: ColumnElement[Any], wanted: Any) -> ColumnElement[bool]:
    """Tell whether a value is one of a list, of which one text does for any length."""
    listed = list(wanted) if isinstance(wanted, tuple) else wanted
    return value == any_(type_coerce(listed, ARRAY(value.type)))


def among(listed: ColumnElement[Any], wanted: Any) -> ColumnElement[bool]:
    """Tell whether a value is among those of an array."""
    kind: Any = listed.type
    return type_coerce(wanted, kind.item_type) == any_(listed)


def names_seen(
    reader: Reader, entity: type[OfMerchant], column: ColumnElement[UUID], wanted: Any
) -> ColumnElement[bool]:
    """Tell whether a column names one of a list of rows, of those that the reader sees."""
    table = reader.table(entity)
    seen = select(table.id).where(one_of(table.id, wanted), *seen_by(reader.viewer, table))
    return column.in_(seen.correlate_except(table))


def begins(column: ColumnElement[str], wanted: Any) -> ColumnElement[bool]:
    """Tell whether a folded text begins with a `Beginning`, whatever its capitals and accents.

    It is asked as a range, which row-level security takes into an index.
    """
    first = as_folded(wanted)
    return and_(column >= first, column < first.concat(_LAST))


def contains(column: ColumnElement[str], wanted: Any) -> ColumnElement[bool]:
    """Tell whether a folded text has a `Contained` in it, whatever its capitals and accents."""
    return column.contains(_literally(as_folded(wanted)), escape=_ESCAPE)


def _literally(wanted: Any) -> ColumnElement[str]:
    """Return a pattern that means each character by itself."""
    pattern: Any = wanted
    for special in (_ESCAPE, "%", "_"):
        pattern = func.replace(pattern, special, _ESCAPE + special)
    return pattern  # type: ignore[no-any-return]


def is_called(text: str, by_id: Any, by_key: Any) -> ColumnElement[bool]:
    """Compare with the id where the text has the form of one, else with the business key."""
    try:
        value = UUID(text)
    except ValueError:
        return by_key == text  # type: ignore[no-any-return]
    # Python reads 32 bare digits too, which are as likely somebody's number.
    return by_id == value if str(value) == text.lower() else by_key == text  # type: ignore[no-any-return]
