"""Agreed times: what is asked of every window in which something is to arrive, by any verb."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import Input, Instant, Zone
from models.base.guards import guards
from models.master.parties import Address
from models.master.receiving import takes_in
from models.trade.codes import TradeCode
from models.trade.contracts.states import TimeRule
from models.trade.contracts.tables import Contract

ANY_RULE = frozenset({TimeRule.RECEIVING_HOURS, TimeRule.VALIDITY, TimeRule.NOTICE})
"""What a reason opens that is said for a window."""


class Window(Input):
    """When a delivery is to arrive, at the place's own time."""

    earliest: Instant = Field(description="Not before this instant.")
    latest: Instant = Field(description="Not after this instant; later than `earliest`.")
    time_zone: Zone = Field(description="IANA time zone of the place, for example Europe/Berlin.")

    @classmethod
    def kept(cls, earliest: datetime, latest: datetime, time_zone: str) -> "Window":
        """Return a window that a row has."""
        return cls.model_construct(earliest=earliest, latest=latest, time_zone=time_zone)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if not self.earliest < self.latest:
            text = "A window ends after it starts."
            raise PydanticCustomError(Code.INVALID_WINDOW.value, "{text}", {"text": text})
        return self


class Windowed(Protocol):
    """What may have a window."""

    @property
    def window(self) -> Window | None:
        """When it is to arrive."""


def windows_of(whole: Windowed, lines: Iterable[Windowed]) -> Iterator[tuple[Path, Window]]:
    """Yield the windows of an input and of its lines, each with the path of what has it."""
    if whole.window is not None:
        yield (), whole.window
    for number, line in enumerate(lines):
        if line.window is not None:
            yield ("lines", number), line.window


class CallOffTerms(NamedTuple):
    """What was called off from a contract, when, and for which windows: each from when until when.

    Those were asked of the contract as it was then.
    """

    contract: Contract
    at: datetime
    wanted: Collection[tuple[datetime, datetime]] = ()

    def has_notice(self, window: Window) -> bool:
        """Tell whether a window leaves the notice that is agreed, or begins as was wanted then."""
        notice = timedelta(days=self.contract.min_notice_days)
        first = self.contract.day(self.at) + notice
        first = min([first, *(self.contract.day(earliest) for earliest, _ in self.wanted)])
        return not notice or self.contract.day(window.earliest) >= first

    def is_valid(self, window: Window) -> bool:
        """Tell whether a window lies within the validity, or within one that was wanted then."""
        return covers(self.contract, window) or any(
            earliest <= window.earliest and window.latest <= latest
            for earliest, latest in self.wanted
        )


@dataclass(frozen=True)
class AgreedPlace:
    """Where something is to arrive, and what of contracts it brings. override: why, against a rule.

    opens: the rules that need no reason, since one that was given before was given for them.
    says_why: the field that clients say it in. starts: below a window, what says when it starts;
    empty where the window is not what was sent. not_by: the first instant by which something that
    it brings is wanted or not at all.
    """

    address: Address | None
    call_offs: Collection[CallOffTerms] = ()
    override: str | None = None
    opens: frozenset[TimeRule] = frozenset()
    says_why: str = "windowOverride"
    starts: Path = ("earliest",)
    not_by: datetime | None = None

    def check(self, window: Window, path: Path) -> frozenset[TimeRule]:
        """Look whether a window may be agreed on; path: of the window.

        Returns the rules against which it is, since somebody says why. Refused:
        OUTSIDE_RECEIVING_HOURS, OUTSIDE_VALIDITY, NOTICE_TOO_SHORT, all at once: one reason goes
        for them all, but for INVALID_WINDOW, of what would come when it is not wanted any more.
        """
        refusals, rules = Refusals(), set[TimeRule]()
        with refusals:
            check_wanted_then(self.not_by, window.earliest, path)
        for check in (self._hours, self._validity, self._notice):
            with refusals:
                rules |= set(check(window, path))
        refusals.end()
        return frozenset(rules)

    def _asks_why(self, rule: TimeRule) -> bool:
        return self.override is None and rule not in self.opens

    def _hours(self, window: Window, path: Path) -> list[TimeRule]:
        if self.address is None or _is_taken_in(self.address, window):
            return []
        if self._asks_why(TimeRule.RECEIVING_HOURS):
            refuse_hours(self.address, path, self.says_why)
        return [TimeRule.RECEIVING_HOURS]

    def _validity(self, window: Window, path: Path) -> list[TimeRule]:
        over = [it.contract for it in self.call_offs if not it.is_valid(window)]
        if over and self._asks_why(TimeRule.VALIDITY):
            refuse_validity(over[0], path, self.says_why)
        return [TimeRule.VALIDITY] if over else []

    def _notice(self, window: Window, path: Path) -> list[TimeRule]:
        short = [it for it in self.call_offs if not it.has_notice(window)]
        if short and self._asks_why(TimeRule.NOTICE):
            refuse_notice(short[0].contract, (*path, *self.starts), self.says_why)
        return [TimeRule.NOTICE] if short else []


def _is_taken_in(address: Address, window: Window) -> bool:
    times = (window.earliest, window.latest)
    return takes_in(address.receiving_hours, address.time_zone, *times)


def check_validity(first: date, last: date, path: Path) -> None:
    """Refused: INVALID_DATE for a contract that would end before it starts; path: of what says."""
    if last < first:
        text = f"A contract does not end before it starts: {last} is before {first}."
        raise Refused(Code.INVALID_DATE, text, path)


def covers(contract: Contract, window: Window) -> bool:
    """Tell whether a contract is valid on the days of a window, at its own time zone (K3)."""
    days = (contract.day(window.earliest), contract.day(window.latest))
    return all(contract.is_valid_on(day) for day in days)


@guards("D6")
def refuse_hours(address: Address, path: Path, says_why: str = "windowOverride") -> None:
    """Refused: OUTSIDE_RECEIVING_HOURS. says_why: the field that overrides it."""
    text = f"The address {address.code} takes nothing in then; say why in {says_why}."
    raise Refused(TradeCode.OUTSIDE_RECEIVING_HOURS, text, path)


@guards("K3")
def refuse_validity(contract: Contract, path: Path, says_why: str | None = None) -> None:
    """Refused: OUTSIDE_VALIDITY. says_why: the field that overrides it, if one does."""
    raise outside(contract, path, says_why)


@guards("K15")
def refuse_notice(contract: Contract, path: Path, says_why: str | None = None) -> None:
    """Refused: NOTICE_TOO_SHORT. says_why: the field that overrides it, if one does."""
    text = f"{contract.number} asks for {contract.min_notice_days} days of notice"
    raise Refused(TradeCode.NOTICE_TOO_SHORT, f"{text}{_or_say(says_why)}.", path)


def _or_say(field: str | None) -> str:
    return f"; say why in {field}" if field else ""


@guards("K16")
def check_listed(contract: Contract, address_id: UUID | None, path: Path) -> None:
    """Refused: NOT_ON_CONTRACT for where the contract does not deliver; None for a free address."""
    if contract.ship_to_ids and address_id not in contract.ship_to_ids:
        text = f"{contract.number} does not list this address."
        raise Refused(TradeCode.NOT_ON_CONTRACT, text, path)


def outside(contract: Contract, path: Path, says_why: str | None = None) -> Refused:
    """Return the refusal of a day that the contract does not cover (K3)."""
    text = f"{contract.number} is valid from {contract.valid_from} to {contract.valid_to}"
    return Refused(TradeCode.OUTSIDE_VALIDITY, f"{text}{_or_say(says_why)}.", path)


@guards("D10")
def check_wanted_then(
    not_by: datetime | None,
    earliest: datetime | None,
    path: Path,
    code: Code = Code.INVALID_WINDOW,
) -> None:
    """Look whether something is still wanted when it is to come. path: of what is wrong.

    not_by: the instant by which it is wanted or not at all. earliest: when its window begins, or
    it may be picked. Refused: the code.
    """
    if not_by is not None and earliest is not None and not_by < earliest:
        text = f"It is wanted by {not_by.isoformat()} or not at all: this is later."
        raise Refused(code, text, path)


def check_wanted_still(
    not_by: datetime | None, earliest: datetime | None, path: Path, now: datetime
) -> None:
    """Refused: as `check_wanted_then`, unless that instant has passed: so it was, then."""
    if not_by is not None and now <= not_by:
        check_wanted_then(not_by, earliest, path)


@guards("D15")
def check_ahead(
    writing: Writing, window: Window | None, path: Path, end: Path = ("window", "latest")
) -> None:
    """Look whether a window is still to come, be it sent, taken by default, or offered before.

    path: of what has it. end: below that, what is told. Refused: INVALID_WINDOW.
    """
    if window is not None and window.latest <= writing.now:
        latest = window.latest.isoformat()
        raise Refused(Code.INVALID_WINDOW, f"This window has passed: {latest}.", (*path, *end))


@guards("D16")
def check_leaves(writing: Writing, fulfil_by: datetime | None, path: Path) -> None:
    """Refused: INVALID_DATE where it would have to have left already; path: of what says it."""
    if fulfil_by is not None and fulfil_by <= writing.now:
        text = f"It would have to have left by now: {fulfil_by.isoformat()} has passed."
        raise Refused(Code.INVALID_DATE, text, (*path, "fulfil_by"))


@guards("D16")
def check_handling(
    fulfil_at: datetime | None,
    fulfil_by: datetime | None,
    latest: datetime,
    path: Path,
    end: Path = ("fulfil_at",),
) -> None:
    """Look whether goods can be handled when they are to be, and still arrive.

    latest: end of the window. path: of what says it. end: below that, what is told where the window
    ends too early: what was sent. Refused: INVALID_DATE.
    """
    if fulfil_at is not None and fulfil_by is not None and fulfil_by < fulfil_at:
        text = f"It would have to leave before it may be picked: {fulfil_at.isoformat()}."
        raise Refused(Code.INVALID_DATE, text, (*path, "fulfil_by"))
    if fulfil_at is not None and latest <= fulfil_at:
        text = f"It may not be picked before {fulfil_at.isoformat()}, when its window is over."
        raise Refused(Code.INVALID_DATE, text, (*path, *end))
