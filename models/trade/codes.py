"""Codes of refusals in trade."""

from enum import StrEnum


class TradeCode(StrEnum):
    """What orders, releases and contracts refuse; the schema shows it in `UserErrorCode`."""

    # Orders
    GUESTS_NOT_ALLOWED = "GUESTS_NOT_ALLOWED"
    ON_HOLD = "ON_HOLD"
    PRICE_CHANGED = "PRICE_CHANGED"
    PRICE_UNKNOWN = "PRICE_UNKNOWN"
    QUANTITY_EXCEEDED = "QUANTITY_EXCEEDED"
    QUANTITY_NOT_OPEN = "QUANTITY_NOT_OPEN"
    # Contracts and call-offs: the reject reasons of the domain (section 2)
    BELOW_MINIMUM = "BELOW_MINIMUM"
    CONTRACT_SUSPENDED = "CONTRACT_SUSPENDED"
    EXCEEDS_MAX = "EXCEEDS_MAX"
    FIRM_ZONE = "FIRM_ZONE"
    LOT_MULTIPLE = "LOT_MULTIPLE"
    NOTICE_TOO_SHORT = "NOTICE_TOO_SHORT"
    NOT_ON_CONTRACT = "NOT_ON_CONTRACT"
    OPEN_CALL_OFFS = "OPEN_CALL_OFFS"
    OUTSIDE_VALIDITY = "OUTSIDE_VALIDITY"
    PARTY_MISMATCH = "PARTY_MISMATCH"
    RELEASE_OUTDATED = "RELEASE_OUTDATED"
    UNIT_MISMATCH = "UNIT_MISMATCH"
