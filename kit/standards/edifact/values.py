"""Numbers as EDIFACT writes them (ISO 9735-1, section on numeric values)."""

import re
from decimal import Decimal

from kit.standards.edifact.faults import Fault
from kit.standards.edifact.headers import Component

_NUMBER = re.compile(r"-?[0-9]{1,18}([.,][0-9]{1,18})?", re.ASCII)
_POINTED = re.compile(r"-?[.,][0-9]+", re.ASCII)


def number_at(place: Component) -> Decimal:
    """Return the number that stands in a place; the mark is a point or a comma, whatever UNA says.

    Faulty: there is none, or it is written in another way.
    """
    found = place.needed(35, "number")
    if _NUMBER.fullmatch(found):
        return Decimal(found.replace(",", "."))
    if _POINTED.fullmatch(found):
        text = "A digit stands before the decimal mark."
        raise place.faulty(Fault.NO_DIGIT_BEFORE_DECIMAL_MARK, text)
    raise place.faulty(Fault.INVALID_DECIMAL, f"{found!r} is no number of EDIFACT.")
