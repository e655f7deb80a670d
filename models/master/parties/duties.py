"""What contacts look after at their companies."""

from enum import StrEnum


class ContactDuty(StrEnum):
    """What a contact looks after at its company; a contact may have several duties."""

    PURCHASING = "PURCHASING"
    APPROVAL = "APPROVAL"
    GOODS_IN = "GOODS_IN"
    CONTRACTS = "CONTRACTS"
    INTERFACES = "INTERFACES"
