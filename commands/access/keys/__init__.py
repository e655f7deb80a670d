"""Merchants and their API keys: made and ended by operators, keys by a merchant's staff too."""

from commands.access.keys.operate import (
    binding,
    change_merchant,
    create_key,
    create_merchant,
    keys_of,
    merchant_of,
    merchants,
    record_created,
    record_revoked,
    remove_merchant,
    revoke_key,
    rotate_key,
)

__all__ = [
    "binding",
    "change_merchant",
    "create_key",
    "create_merchant",
    "keys_of",
    "merchant_of",
    "merchants",
    "record_created",
    "record_revoked",
    "remove_merchant",
    "revoke_key",
    "rotate_key",
]
