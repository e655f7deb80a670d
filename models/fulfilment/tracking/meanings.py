"""What the words of carriers mean.

The words are those of the domain page (section 4). Foreign words are compared without regard to
case and to space around them; EPCIS also as URN or web URI of the Core Business Vocabulary.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.fulfilment.parcels import ParcelStatus
from models.fulfilment.tracking.events import Vocabulary


@dataclass(frozen=True)
class Meaning:
    """What a foreign word means: a status, or a delay, which tells nothing of the status."""

    status: ParcelStatus
    is_delay: bool = False


UNKNOWN = Meaning(ParcelStatus.UNKNOWN)
DELAYED = Meaning(ParcelStatus.UNKNOWN, is_delay=True)

_OURS = {
    status.value: Meaning(status)
    for status in ParcelStatus
    if status not in {ParcelStatus.PACKED, ParcelStatus.VOIDED}
}
"""What only we decide, PACKED and VOIDED, is no word that somebody can report."""

_WORDS: Mapping[Vocabulary, Mapping[str, Meaning]] = {
    Vocabulary.ABRUF: _OURS | {"DELAYED": DELAYED},
    Vocabulary.SHOPIFY: {
        "LABEL_PURCHASED": Meaning(ParcelStatus.LABEL_CREATED),
        "LABEL_PRINTED": Meaning(ParcelStatus.LABEL_CREATED),
        "CONFIRMED": Meaning(ParcelStatus.LABEL_CREATED),
        "CARRIER_PICKED_UP": Meaning(ParcelStatus.PICKED_UP),
        "IN_TRANSIT": Meaning(ParcelStatus.IN_TRANSIT),
        "DELAYED": DELAYED,
        "OUT_FOR_DELIVERY": Meaning(ParcelStatus.OUT_FOR_DELIVERY),
        "ATTEMPTED_DELIVERY": Meaning(ParcelStatus.ATTEMPT_FAILED),
        "READY_FOR_PICKUP": Meaning(ParcelStatus.READY_FOR_PICKUP),
        "DELIVERED": Meaning(ParcelStatus.DELIVERED),
        "FAILURE": Meaning(ParcelStatus.EXCEPTION),
    },
    Vocabulary.AFTERSHIP: {
        "InfoReceived": Meaning(ParcelStatus.LABEL_CREATED),
        "InTransit": Meaning(ParcelStatus.IN_TRANSIT),
        "OutForDelivery": Meaning(ParcelStatus.OUT_FOR_DELIVERY),
        "AttemptFail": Meaning(ParcelStatus.ATTEMPT_FAILED),
        "AvailableForPickup": Meaning(ParcelStatus.READY_FOR_PICKUP),
        "Delivered": Meaning(ParcelStatus.DELIVERED),
        "Exception": Meaning(ParcelStatus.EXCEPTION),
        "Expired": Meaning(ParcelStatus.EXCEPTION),
        "Pending": UNKNOWN,
    },
    Vocabulary.EASYPOST: {
        "pre_transit": Meaning(ParcelStatus.LABEL_CREATED),
        "in_transit": Meaning(ParcelStatus.IN_TRANSIT),
        "out_for_delivery": Meaning(ParcelStatus.OUT_FOR_DELIVERY),
        "failure": Meaning(ParcelStatus.ATTEMPT_FAILED),
        "available_for_pickup": Meaning(ParcelStatus.READY_FOR_PICKUP),
        "delivered": Meaning(ParcelStatus.DELIVERED),
        "return_to_sender": Meaning(ParcelStatus.RETURNED_TO_SENDER),
        "error": Meaning(ParcelStatus.EXCEPTION),
        "cancelled": Meaning(ParcelStatus.EXCEPTION),
        "unknown": UNKNOWN,
    },
    Vocabulary.EPCIS: {
        "packing": Meaning(ParcelStatus.LABEL_CREATED),
        "staging_outbound": Meaning(ParcelStatus.LABEL_CREATED),
        "loading": Meaning(ParcelStatus.PICKED_UP),
        "departing": Meaning(ParcelStatus.PICKED_UP),
        "transporting": Meaning(ParcelStatus.IN_TRANSIT),
        "arriving": Meaning(ParcelStatus.DELIVERED),
        "receiving": Meaning(ParcelStatus.DELIVERED),
    },
}
"""The domain page's table. A word that it lists in several rows has the reading that claims
least: AfterShip's InTransit and Exception are told apart by their sub-status alone, EasyPost's
failure is a failed attempt, EXCEPTION is not yet LOST."""

_FINER: Mapping[Vocabulary, Mapping[str, Meaning]] = {
    Vocabulary.AFTERSHIP: {
        "InTransit_002": Meaning(ParcelStatus.PICKED_UP),
        "Exception_004": DELAYED,
        "Exception_005": DELAYED,
        "Exception_011": Meaning(ParcelStatus.RETURNED_TO_SENDER),
        "Exception_013": Meaning(ParcelStatus.LOST),
    }
}
"""Sub-statuses that say more than their status (AfterShip, "Delivery Sub-statuses": acceptance
scan, delayed at customs, delayed by external factors, returned to sender, lost)."""

_EPCIS_PREFIXES = ("urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/bizstep-")


def _folded(word: str) -> str:
    word = word.strip().casefold()
    for prefix in _EPCIS_PREFIXES:
        word = word.removeprefix(prefix)
    return word


def _by_folded(
    words: Mapping[Vocabulary, Mapping[str, Meaning]],
) -> Mapping[tuple[Vocabulary, str], Meaning]:
    return {
        (vocabulary, _folded(word)): meaning
        for vocabulary, meanings in words.items()
        for word, meaning in meanings.items()
    }


_MEANINGS, _FINER_MEANINGS = _by_folded(_WORDS), _by_folded(_FINER)


def meaning(vocabulary: Vocabulary, status: str, sub_status: str | None = None) -> Meaning:
    """Return what a reported word means; a word that nobody knows is UNKNOWN, never lost."""
    finer = _FINER_MEANINGS.get((vocabulary, _folded(sub_status or "")))
    return finer or _MEANINGS.get((vocabulary, _folded(status)), UNKNOWN)
