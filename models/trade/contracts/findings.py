"""What may be found of a customer's schedule, and which of that waits for consent."""

from enum import StrEnum


class FindingCode(StrEnum):
    """What is odd about a release."""

    CONTRACT_OVER = "CONTRACT_OVER"
    CONTRACT_SUSPENDED = "CONTRACT_SUSPENDED"
    CUMULATIVE_FELL = "CUMULATIVE_FELL"
    EXCEEDS_MAX = "EXCEEDS_MAX"
    FIRM_ZONE = "FIRM_ZONE"
    GO_AHEAD_FELL = "GO_AHEAD_FELL"
    ISSUED_AHEAD = "ISSUED_AHEAD"
    JUMP = "JUMP"
    LOT_MULTIPLE = "LOT_MULTIPLE"
    NEW_PERIOD = "NEW_PERIOD"
    NEW_PLACE = "NEW_PLACE"
    NOTE_ELSEWHERE = "NOTE_ELSEWHERE"
    NOTHING_TO_UPDATE = "NOTHING_TO_UPDATE"
    OUTDATED = "OUTDATED"
    OUTSIDE_VALIDITY = "OUTSIDE_VALIDITY"
    PERIOD_WENT_BACK = "PERIOD_WENT_BACK"
    RECEIVED_ABOVE_ISSUED = "RECEIVED_ABOVE_ISSUED"
    REPEATED = "REPEATED"
    UNKNOWN_NOTE = "UNKNOWN_NOTE"
    UNKNOWN_PLACE = "UNKNOWN_PLACE"


ALWAYS_HOLDING = frozenset(
    {FindingCode.CONTRACT_OVER, FindingCode.CONTRACT_SUSPENDED, FindingCode.ISSUED_AHEAD}
)
"""Hold a release whatever the contract says: nothing comes into force on a contract that is not,
and of one that says it was issued in time to come nobody knows when it was."""
USUALLY_HOLDING = (
    FindingCode.CUMULATIVE_FELL,
    FindingCode.FIRM_ZONE,
    FindingCode.NOTHING_TO_UPDATE,
    FindingCode.PERIOD_WENT_BACK,
    FindingCode.UNKNOWN_PLACE,
)
"""Hold a release of a contract that says nothing else; all others inform."""
USUAL_JUMP = 50
"""Percent by which what is wanted in all may change before that is a jump."""
