"""What a release changed when it came into force, as its row keeps it to be taken back."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self
from uuid import UUID

from commands.trade.releases.accounts.account import FIGURES, Account

_TYPES = {
    "received_reference": str,
    **dict.fromkeys(("counted_until", "reconciled_at", "stated_at"), datetime),
}
_LATER = {"surplus": "0", "stated_at": None}
"""Figures that were not kept at first."""


class Replaced(NamedTuple):
    """What was there. release_id: the one in force before, None for none.

    period_id: of the account before. before, after: its figures, without the release and with it.
    """

    release_id: UUID | None
    period_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Self:
        """Return what a row keeps."""
        key = kept["release_id"]
        every = [_LATER | kept[name] for name in ("before", "after")]
        before, after = ({name: it[name] for name in FIGURES} for it in every)
        return cls(key and UUID(key), UUID(kept["period_id"]), before, after)

    @property
    def kept(self) -> dict[str, Any]:
        """Return it as a row keeps it."""
        keys = {"release_id": self.release_id, "period_id": self.period_id}
        own = {name: None if it is None else str(it) for name, it in keys.items()}
        return {**own, "before": self.before, "after": self.after}

    def was(self, account: Account) -> Account:
        """Return an account as it counted before."""
        return replace(account, **{name: _value(name, it) for name, it in self.before.items()})


def figures_of(account: Account) -> dict[str, Any]:
    """Return the figures of an account as a row keeps them."""
    return {name: _text(it) for name, it in account.figures.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _value(name: str, text: str | None) -> Any:
    if text is None:
        return None
    of = _TYPES.get(name, Decimal)
    return datetime.fromisoformat(text) if of is datetime else of(text)
