"""Codes of refusals in fulfilment."""

from enum import StrEnum


class FulfilmentCode(StrEnum):
    """What deliveries, parcels and tracking refuse; the schema shows it in `UserErrorCode`."""

    # Deliveries and parcels
    ADDRESS_MISSING = "ADDRESS_MISSING"
    DELIVERY_POLICY = "DELIVERY_POLICY"
    LOCATION_NOT_ALLOWED = "LOCATION_NOT_ALLOWED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_MERGEABLE = "NOT_MERGEABLE"
    PARCELS_DO_NOT_MATCH = "PARCELS_DO_NOT_MATCH"
    RECIPIENT_MISSING = "RECIPIENT_MISSING"
    TOO_EARLY = "TOO_EARLY"
