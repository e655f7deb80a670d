"""Who is told of what: buyers, recipients, contacts by their duties, who has asked to be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, or_, select

from commands.messages.notifications.kinds import OF_DUTIES
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.standards.languages import Spoken, spoken
from models.access.keys import Merchant
from models.access.settings import MerchantSettings
from models.base.records import columns, record
from models.master.parties import Contact, Party
from models.messages.notifications import (
    NotificationKind,
    NotificationPreference,
    NotificationTiming,
)
from models.trade.orders.states import Approval


class Addressee(NamedTuple):
    """Who is told of something. address: in small letters. is_staff: told as one of the staff."""

    address: str
    contact_id: UUID | None
    language: Spoken
    timing: NotificationTiming
    is_staff: bool = False


@dataclass(frozen=True)
class Notice:
    """What somebody is told of. order, delivery, contract, webhook: rows, None where it is none."""

    entry_id: UUID
    kind: NotificationKind
    order: Any = None
    delivery: Any = None
    contract: Any = None
    webhook: Any = None

    @property
    def party_id(self) -> UUID | None:
        """Return whose it is, None for a guest's order and the merchant's own webhook."""
        return (self.order or self.contract or self.webhook).party_id  # type: ignore[no-any-return]


_PREFERENCES = Statement(
    select(*columns(NotificationPreference)).where(
        NotificationPreference.merchant_id == bindparam("merchant", type_=Uuid()),
        or_(
            NotificationPreference.is_staff,
            NotificationPreference.contact_id == any_(bindparam("contacts", type_=ARRAY(Uuid()))),
            NotificationPreference.address == any_(bindparam("addresses", type_=ARRAY(Text()))),
        ),
    ),
    record(NotificationPreference),
)
MERCHANT_IN_MAILS = (
    select(
        Merchant.name,
        Merchant.time_zone,
        *(
            getattr(MerchantSettings, name)
            for name in (
                *("language", "gather_minutes", "quiet_from", "quiet_until"),
                *("logo_url", "colour", "support_email", "support_phone"),
            )
        ),
    )
    .select_from(Merchant)
    .outerjoin(
        MerchantSettings,
        (MerchantSettings.merchant_id == bindparam("merchant", type_=Uuid()))
        & (MerchantSettings.id == Merchant.id),
    )
    .where(Merchant.id == bindparam("merchant", type_=Uuid()))
)
"""Selects a merchant's name and zone, and what its settings say of mails."""
_MERCHANT = Statement(MERCHANT_IN_MAILS)


class Wishes:
    """What people have said about kinds that they want, or not."""

    def __init__(self, preferences: Sequence[Any]) -> None:
        """Take rows."""
        self._wanted = {
            (each.contact_id or each.address, each.kind): each.timing
            for each in preferences
            if each.contact_id or each.address
        }
        self.staff: Mapping[tuple[str, NotificationKind], NotificationTiming] = {
            (each.address, each.kind): each.timing
            for each in preferences
            if each.is_staff and each.address
        }

    @classmethod
    async def of(
        cls, writing: Writing, contacts: Iterable[UUID], addresses: Iterable[str]
    ) -> "Wishes":
        """Read those of some contacts and addresses, and the staff's, by one statement."""
        own = {"merchant": writing.viewer.merchant_id}
        values = {**own, "contacts": sorted(contacts), "addresses": sorted(addresses)}
        return cls(await writing.session.rows(_PREFERENCES, values))

    def timing(
        self, kind: NotificationKind, address: str | None, contact_id: UUID | None
    ) -> NotificationTiming | None:
        """Return when somebody wants to be told, None where nothing was said."""
        own = self._wanted.get((contact_id, kind)) if contact_id else None
        return own or (self._wanted.get((address, kind)) if address else None)


async def merchant_of(writing: Writing) -> Any:
    """Return the merchant's name and zone, and what its settings say of mails."""
    (row,) = await writing.session.rows(_MERCHANT, {"merchant": writing.viewer.merchant_id})
    return row


def quiet_of(merchant: Any) -> tuple[str, str] | None:
    """Return between which times no mail is sent, None for none."""
    return None if merchant.quiet_from is None else (merchant.quiet_from, merchant.quiet_until)


class People:
    """All who may be told of some events, and what they want."""

    def __init__(
        self, parties: Mapping[UUID, Any], contacts: Mapping[UUID, Any], wishes: Wishes
    ) -> None:
        """Take rows by their ids."""
        self._parties, self._contacts, self._wishes = parties, contacts, wishes
        self._ids_by_address = {
            (it.party_id, _folded(it.email)): it.id for it in contacts.values() if it.email
        }

    @classmethod
    async def of(cls, writing: Writing, events: Iterable[Notice]) -> "People":
        """Read them, by three statements."""
        party_ids = {it.party_id for it in events if it.party_id}
        parties = await writing.by_key(Party, "id", party_ids)
        found = await writing.records(Contact, "party_id", sorted(party_ids))
        contacts = {it.id: it for it in found}
        addresses = {it for event in events for it in _addresses(event, parties)}
        addresses |= {_folded(it.email) for it in found if it.email}
        return cls(parties, contacts, await Wishes.of(writing, contacts, addresses))

    def addressees(self, event: Notice, language: Spoken, own: str | None) -> list[Addressee]:
        """Return who is told of an event, each address once.

        language: the merchant's. own: its address, for what is the merchant's where none of its
        staff has asked to be told.
        """
        party = self._parties.get(event.party_id) if event.party_id else None
        now, never = NotificationTiming.NOW, NotificationTiming.NEVER
        usual = [(*it, now) for it in self._usual(event, party)]
        usual += [(_folded(it.email), it.id, never) for it in self._subscribed(event)]
        found: dict[str, Addressee] = {}
        for address, contact_id, unsaid in usual:
            timing = self._wishes.timing(event.kind, address, contact_id) or unsaid
            spoken_by = self._spoken_by(contact_id, party) or language
            found.setdefault(address, Addressee(address, contact_id, spoken_by, timing))
        for (address, kind), timing in self._wishes.staff.items():
            if kind is event.kind:
                found.setdefault(address, Addressee(address, None, language, timing, is_staff=True))
        if event.webhook is not None and event.party_id is None and own and not found:
            found[_folded(own)] = Addressee(_folded(own), None, language, now)
        return list(found.values())

    def _spoken_by(self, contact_id: UUID | None, party: Any) -> Spoken | None:
        """Return the language of a contact, else of its company."""
        contact = self._contacts.get(contact_id) if contact_id else None
        return spoken(contact and contact.language) or spoken(party and party.language)

    def _usual(self, event: Notice, party: Any) -> Iterator[tuple[str, UUID | None]]:
        """Yield who is told without having asked for it."""
        if event.kind is NotificationKind.APPROVAL_AWAITED:
            if Approval.COMPANY in event.order.awaiting_approval_of:
                yield from self._approving(event, party)
            return
        if event.delivery is not None:
            for row in (event.delivery, event.order):
                if email := (row.recipient or {}).get("email"):
                    yield self._known(event, email)
                    break
        contact = self._contacts.get(event.order.buyer_contact_id) if event.order else None
        guest = event.order.guest if event.order else None
        own = contact and contact.email
        if email := own or (party and party.email) or (guest or {}).get("email"):
            yield self._known(event, email)
        yield from self._on_duty(event)

    def _approving(self, event: Notice, party: Any) -> Iterator[tuple[str, UUID | None]]:
        """Yield who approves for a company: itself where nobody there does, or asks to be told."""
        approvers = [*self._on_duty(event)]
        yield from approvers
        if party and party.email and not approvers and not any(self._subscribed(event)):
            yield _folded(party.email), None

    def _on_duty(self, event: Notice) -> Iterator[tuple[str, UUID | None]]:
        """Yield the company's contacts that look after such."""
        for contact in self._contacts.values():
            is_theirs = OF_DUTIES.get(event.kind) in contact.duties
            if is_theirs and contact.party_id == event.party_id and contact.email:
                yield _folded(contact.email), contact.id

    def _known(self, event: Notice, email: str) -> tuple[str, UUID | None]:
        """Return an address with the contact whose it is."""
        address = _folded(email)
        return address, self._ids_by_address.get((event.party_id, address))

    def _subscribed(self, event: Notice) -> Iterator[Any]:
        """Yield the company's contacts that have asked to be told of such."""
        for contact in self._contacts.values():
            wanted = self._wishes.timing(event.kind, None, contact.id)
            is_wanted = wanted in {NotificationTiming.NOW, NotificationTiming.DAILY}
            if is_wanted and contact.party_id == event.party_id and contact.email:
                yield contact


def _addresses(event: Notice, parties: Mapping[UUID, Any]) -> Iterator[str]:
    party = parties.get(event.party_id) if event.party_id else None
    rows = (it for it in (event.order, event.delivery) if it is not None)
    people = [getattr(row, name, None) for row in rows for name in ("recipient", "guest")]
    for email in (party and party.email, *((it or {}).get("email") for it in people)):
        if email:
            yield _folded(email)


def _folded(email: str) -> str:
    return email.strip().lower()
