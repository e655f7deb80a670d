"""What the words of carriers mean: each vocabulary whole, as its publisher lists it.

Foreign words are compared without regard to case and to space around them; those of EPCIS also as
URN or web URI of the Core Business Vocabulary. A word has the reading that claims least: what only
says that something was done in some building says nothing of the parcel's way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.fulfilment.parcels import ParcelStatus
from models.fulfilment.tracking.events import Vocabulary, folded_word


@dataclass(frozen=True)
class Meaning:
    """What a foreign word means: a status, or a delay, which tells nothing of the status."""

    status: ParcelStatus
    is_delay: bool = False


_UNKNOWN = Meaning(ParcelStatus.UNKNOWN)
DELAYED = Meaning(ParcelStatus.UNKNOWN, is_delay=True)
_LABELLED = Meaning(ParcelStatus.LABEL_CREATED)
_PICKED_UP = Meaning(ParcelStatus.PICKED_UP)
_MOVING = Meaning(ParcelStatus.IN_TRANSIT)
_LAST_MILE = Meaning(ParcelStatus.OUT_FOR_DELIVERY)
_ATTEMPTED = Meaning(ParcelStatus.ATTEMPT_FAILED)
_READY = Meaning(ParcelStatus.READY_FOR_PICKUP)
_DELIVERED = Meaning(ParcelStatus.DELIVERED)
_RETURNED = Meaning(ParcelStatus.RETURNED_TO_SENDER)
_TROUBLE = Meaning(ParcelStatus.EXCEPTION)
_LOST = Meaning(ParcelStatus.LOST)

_OURS = {
    status.value: Meaning(status)
    for status in ParcelStatus
    if status not in {ParcelStatus.PACKED, ParcelStatus.VOIDED}
}
"""What only we decide, PACKED and VOIDED, is no word that somebody can report."""

_SILENT_STEPS = (
    *("accepting", "assembling", "collecting", "commissioning", "creating_class_instance"),
    *("cycle_counting", "decommissioning", "disassembling", "dispensing", "encoding"),
    *("entering_exiting", "inspecting", "installing", "killing", "other", "picking", "removing"),
    *("repackaging", "repairing", "replacing", "reserving", "retail_selling", "sampling"),
    *("sensor_reporting", "stock_taking", "stocking", "storing", "unpacking"),
)
_SILENT_DISPOSITIONS = (
    *("active", "available", "completeness_inferred", "completeness_verified", "conformant"),
    *("container_closed", "container_open", "dispensed", "encoded", "in_progress", "inactive"),
    *("mismatch_class", "mismatch_instance", "mismatch_quantity", "needs_replacement"),
    *("no_pedigree_match", "non_conformant", "non_sellable_other", "partially_dispensed"),
    *("reserved", "retail_sold", "sellable_accessible", "sellable_not_accessible"),
    *("unavailable", "unknown"),
)
"""Words of EPCIS that say nothing of where a parcel is on its way."""


def _silent(words: Iterable[str]) -> dict[str, Meaning]:
    return dict.fromkeys(words, _UNKNOWN)


WORDS: Mapping[Vocabulary, Mapping[str, Meaning]] = {
    Vocabulary.ABRUF: _OURS | {"DELAYED": DELAYED},
    Vocabulary.SHOPIFY: {
        "LABEL_PURCHASED": _LABELLED,
        "LABEL_PRINTED": _LABELLED,
        "CONFIRMED": _LABELLED,
        "CARRIER_PICKED_UP": _PICKED_UP,
        "IN_TRANSIT": _MOVING,
        "DELAYED": DELAYED,
        "OUT_FOR_DELIVERY": _LAST_MILE,
        "ATTEMPTED_DELIVERY": _ATTEMPTED,
        "READY_FOR_PICKUP": _READY,
        "READY_FOR_RECIPIENT_PICKUP": _READY,
        "PICKED_UP": _DELIVERED,
        "DELIVERED": _DELIVERED,
        "BUYER_ACTION_REQUIRED": _TROUBLE,
        "RETURNING_TO_SENDER": _TROUBLE,
        "FAILURE": _TROUBLE,
    },
    Vocabulary.AFTERSHIP: {
        "InfoReceived": _LABELLED,
        "InTransit": _MOVING,
        "OutForDelivery": _LAST_MILE,
        "AttemptFail": _ATTEMPTED,
        "AvailableForPickup": _READY,
        "Delivered": _DELIVERED,
        "Exception": _TROUBLE,
        "Expired": _TROUBLE,
        "Pending": _UNKNOWN,
    },
    Vocabulary.EASYPOST: {
        "pre_transit": _LABELLED,
        "in_transit": _MOVING,
        "out_for_delivery": _LAST_MILE,
        "failure": _ATTEMPTED,
        "available_for_pickup": _READY,
        "delivered": _DELIVERED,
        "return_to_sender": _RETURNED,
        "error": _TROUBLE,
        "cancelled": _TROUBLE,
        "unknown": _UNKNOWN,
    },
    Vocabulary.EPCIS: {
        "packing": _LABELLED,
        "staging_outbound": _LABELLED,
        "loading": _PICKED_UP,
        "departing": _PICKED_UP,
        "shipping": _PICKED_UP,
        "consigning": _PICKED_UP,
        "transporting": _MOVING,
        "arriving": _MOVING,
        "unloading": _MOVING,
        "receiving": _DELIVERED,
        "holding": DELAYED,
        "void_shipping": _TROUBLE,
        "destroying": _TROUBLE,
        **_silent(_SILENT_STEPS),
    },
}
"""Shopify's PICKED_UP is the customer's, beside CARRIER_PICKED_UP. A parcel that arrives somewhere
has arrived at a hub: who takes goods in says receiving. AfterShip's InTransit and Exception are
told apart by their sub-status alone, EasyPost's failure is a failed attempt, EXCEPTION is not yet
LOST."""

FINER: Mapping[Vocabulary, Mapping[str, Meaning]] = {
    Vocabulary.AFTERSHIP: {
        "InTransit_002": _PICKED_UP,
        "Exception_004": DELAYED,
        "Exception_005": DELAYED,
        "Exception_011": _RETURNED,
        "Exception_013": _LOST,
        "Exception_016": DELAYED,
        "Exception_017": DELAYED,
        "Exception_019": DELAYED,
        "Exception_021": _LOST,
    },
    Vocabulary.EASYPOST: {
        "lost": _LOST,
        "damaged": _TROUBLE,
        "refused": _TROUBLE,
        "expired": _TROUBLE,
        "delivery_exception": _TROUBLE,
        "transit_exception": _TROUBLE,
        "delayed": DELAYED,
        "weather_delay": DELAYED,
        "held": DELAYED,
    },
    Vocabulary.EPCIS: {
        "damaged": _TROUBLE,
        "expired": _TROUBLE,
        "recalled": _TROUBLE,
        "returned": _TROUBLE,
        "destroyed": _LOST,
        "disposed": _LOST,
        "stolen": _LOST,
    },
}
"""Sub-statuses that say more than their status: AfterShip's acceptance scan, delays at customs, by
external factors, in processing, by weather and of flights, returned to sender, lost, disposed of;
EasyPost's details of what went wrong; dispositions of EPCIS that tell of harm."""

_AT_LEAST: Mapping[Vocabulary, Mapping[str, Meaning]] = {
    Vocabulary.EPCIS: {"in_transit": _MOVING, **_silent(_SILENT_DISPOSITIONS)}
}
"""Sub-statuses that count where the status says nothing."""

_TOGETHER = {
    (Vocabulary.EPCIS, "receiving", "returned"): _RETURNED,
    **{
        (Vocabulary.EASYPOST, "return_to_sender", detail): _RETURNED
        for detail, meant in FINER[Vocabulary.EASYPOST].items()
        if meant in {_TROUBLE, DELAYED}
    },
}
"""Status and sub-status that mean together what the latter does not alone: EasyPost's details of a
return say why the parcel came back, not that it did not."""

DISPOSITIONS = frozenset(FINER[Vocabulary.EPCIS]) | frozenset(_AT_LEAST[Vocabulary.EPCIS])


def _by_folded(
    words: Mapping[Vocabulary, Mapping[str, Meaning]],
) -> Mapping[tuple[Vocabulary, str], Meaning]:
    return {
        (vocabulary, folded_word(word)): meaning
        for vocabulary, meanings in words.items()
        for word, meaning in meanings.items()
    }


_MEANINGS, _FINER_MEANINGS, _LEAST = (_by_folded(it) for it in (WORDS, FINER, _AT_LEAST))


def meaning(vocabulary: Vocabulary, status: str, sub_status: str | None = None) -> Meaning:
    """Return what a reported word means; a word that nobody knows is UNKNOWN, never lost."""
    word, finer = folded_word(status), (vocabulary, folded_word(sub_status))
    together = _TOGETHER.get((vocabulary, word, finer[1])) or _FINER_MEANINGS.get(finer)
    plain = together or _MEANINGS.get((vocabulary, word), _UNKNOWN)
    return _LEAST.get(finer, _UNKNOWN) if plain == _UNKNOWN else plain
