"""Codes of refusals in supply."""

from enum import StrEnum


class SupplyCode(StrEnum):
    """What stock refuses; the schema shows it in `UserErrorCode`."""

    STALE = "STALE"
