"""Rows of the dataset on their way to COPY: which columns are given, and how ids are made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

Row = tuple[str, tuple[Any, ...]]
"""Table, values in the order of `COLUMNS`; None is NULL."""

COLUMNS: Mapping[str, Sequence[str]] = {
    table: columns.split()
    for table, columns in {
        "merchants": "id slug name gs1_company_prefix created_at",
        "merchant_secrets": "merchant_id id token_secret",
        "products": "merchant_id id sku name unit scale is_active",
        "channels": "merchant_id id code name kind guests_allowed approval_required"
        " delivery_methods is_active",
        "parties": "merchant_id id number kind roles name",
        "locations": "merchant_id id code name kind time_zone is_active",
        "merchant_counters": "merchant_id id name value",
        "contracts": "merchant_id id number party_id ship_to_ids valid_from valid_to time_zone"
        " currency reservation_strategy priority_on end_of_life min_notice_days firm_zone_days"
        " trade_off_days holding_findings state created_at activated_at version",
        "contract_lines": "merchant_id id contract_id line_no product_id unit scale target_quantity"
        " over_tolerance_percent under_tolerance_percent currency unit_price called_off released"
        " shipped delivered received",
        "cumulative_accounts": "merchant_id id contract_line_id",
        "account_periods": "merchant_id id account_id starts_on opening opening_received received"
        " reconciled_received",
        "releases": "merchant_id id contract_id contract_line_id account_id period_id type number"
        " function state cumulative_received tells_received issued_at received_at",
        "schedule_lines": "merchant_id id release_id line_no window_earliest window_latest"
        " window_zone quantity commitment kind bucket date_meaning transit_days ships_on"
        " arrives_on",
        "orders": "merchant_id id number channel_id party_id kind contract_id state"
        " delivery_policy payment_state currency placed_at confirmed_at closed_at fulfilment_status"
        " is_owing net version",
        "order_lines": "merchant_id id order_id placed_at line_no product_id unit scale"
        " contract_line_id currency unit_price discount_percent substitution_allowed ordered"
        " planned picked packed shipped delivered",
        "deliveries": "merchant_id id number party_id channel_id location_id window_earliest"
        " window_latest window_zone method completes_order state packing planned_at"
        " dispatched_at delivered_at version",
        "delivery_lines": "merchant_id id delivery_id order_id order_line_id planned picked packed"
        " shipped delivered",
        "parcels": "merchant_id id delivery_id packing parcel_no sscc carrier_id status is_delayed"
        " status_at packed_at",
        "tracking_numbers": "merchant_id id parcel_id carrier_id number added_at",
        "tracking_events": "merchant_id id parcel_id source dedupe_key occurred_at recorded_at"
        " status original_status is_delay is_correction place",
    }.items()
}
"""What is not named has its default in the database, or is NULL."""

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)


class Ids:
    """UUIDv7 (32 hexadecimal digits) that are the same in every run with the same seed."""

    def __init__(self, seed: str) -> None:
        """Take what the ids start from."""
        self._random = Random(seed)  # noqa: S311 -- test data

    def new(self, at: datetime) -> str:
        """Return the next id, as if made at the instant."""
        high, low = self._random.getrandbits(12), self._random.getrandbits(62)
        milliseconds = int(at.timestamp() * 1000)
        return f"{(milliseconds << 80) | (high << 64) | low | _VERSION_AND_VARIANT:032x}"


def text(values: Iterable[Any]) -> str:
    r"""Return one line of COPY's text form. No value has a tab, a line break or a backslash."""
    return "\t".join([r"\N" if value is None else str(value) for value in values])
