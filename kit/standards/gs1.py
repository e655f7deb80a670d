"""GS1 keys and their check digits (GS1 General Specifications, section 7.9)."""

import re
from typing import Any

from sqlalchemy import ColumnElement, Text, func, literal_column

SSCC_LENGTH = 18
LABELLED_SSCC = rf"^(?:\(00\)|00)([0-9]{{{SSCC_LENGTH}}})$"
"""An SSCC behind its application identifier, as labels show it and scanners read it."""
GLN_LENGTH = 13
GTIN_LENGTHS = (8, 12, 13, 14)


def check_digit(body: str) -> str:
    """Return the mod-10 check digit of the digits before it: weights 3, 1, 3 ... from the right."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def is_valid(key: str, *lengths: int) -> bool:
    """Tell whether the key has one of the lengths, ASCII digits only and the right check digit."""
    digits = key.isascii() and key.isdigit()
    return digits and len(key) in lengths and check_digit(key[:-1]) == key[-1]


def plain_sscc(text: str) -> str:
    """Return an SSCC as SSCCs are compared: without spaces and its application identifier, 00."""
    return re.sub(LABELLED_SSCC, r"\1", text.replace(" ", ""))


def is_sscc(column: ColumnElement[str], text: Any) -> ColumnElement[bool]:
    """Tell in SQL whether a column has the SSCC that a parameter is, spelled in any such way."""
    blank, none = literal_column("' '", Text()), literal_column("''", Text())
    labelled = literal_column(f"'{LABELLED_SSCC}'", Text())
    written = func.replace(text, blank, none, type_=Text())
    plain = func.regexp_replace(written, labelled, literal_column(r"'\1'", Text()), type_=Text())
    return column == plain


def gtin14(key: str) -> str:
    """Return a GTIN with as many digits as all of them have (section 3.3.2): zeros lead it."""
    return key.zfill(max(GTIN_LENGTHS))


def spellings(key: str) -> list[str]:
    """Return every way in which a GTIN can be written: with more zeros before it, or fewer."""
    digits = gtin14(key)
    return [digits[-it:] for it in GTIN_LENGTHS if not digits[:-it].strip("0")]


def last_serial(company_prefix: str) -> int:
    """Return the largest serial number that an SSCC-18 has room for under a company prefix."""
    return int(10 ** _room(company_prefix)) - 1


def _room(company_prefix: str) -> int:
    return SSCC_LENGTH - 2 - len(company_prefix)


def sscc(company_prefix: str, serial: int, extension: int = 0) -> str:
    """Return the SSCC-18 of a serial number under a GS1 company prefix.

    ValueError when the serial number does not fit into what the prefix leaves.
    """
    room = _room(company_prefix)
    reference = str(serial).zfill(room)
    if len(reference) > room:
        message = f"The prefix {company_prefix} has room for {room} digits only."
        raise ValueError(message)
    body = f"{extension}{company_prefix}{reference}"
    return body + check_digit(body)
