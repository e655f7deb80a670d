"""What is told of a party, its contacts and addresses."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

from commands.access.settings import Email
from commands.master.receiving import Opening, check_openings
from kit.errors import Path, Refusals
from kit.inputs import (
    LARGEST_BULK,
    Command,
    Each,
    Gln,
    Money,
    Name,
    Place,
    Reference,
    Short,
    Upsert,
    Zone,
    refuse_duplicates,
    spelled,
)
from kit.standards.languages import Language
from models.master.channels import ReleaseWhen
from models.master.parties import PartyKind, PartyRole
from models.master.parties.duties import ContactDuty

Named = TypeVar("Named", ContactDuty, PartyRole)


def _in_order(named: list[Named]) -> list[Named]:
    return sorted(set(named))


_LABEL, _WRITTEN = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?", r"[^\x00- \x7f-\U0010ffff\"'<>\\`{}]"
"""A part of a host's name, and a character of what stands behind it: ASCII without quotes."""
TrackingUrl = Annotated[
    str,
    StringConstraints(max_length=500),
    spelled(
        rf"https://{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?[/?#]{_WRITTEN}*\{{number\}}"
        rf"(?:{_WRITTEN}|\{{number\}})*",
        "an https address with the number behind its host and nothing else in braces, for example"
        " https://example.com/?of={number}",
    ),
]
"""An address in which a tracking number is put where it changes no host."""
Duties = Annotated[list[ContactDuty], Field(max_length=LARGEST_BULK), AfterValidator(_in_order)]
Roles = Annotated[list[PartyRole], Field(min_length=1), AfterValidator(_in_order)]


class ContactUpsert(Upsert):
    """One person at a party, known by its code."""

    code: Reference = Field(description="Key of the contact within its party.")
    name: Name = Field(description="Name of the person.")
    title: Name | None = Field(None, description="Job title.")
    department: Name | None = Field(None, description="Department of the company.")
    email: Email | None = Field(None, description="E-mail address.")
    phone: Short | None = Field(None, description="Telephone number.")
    language: Language | None = Field(
        None, description="In which it is told what happens; the party's without one. BCP 47 tag."
    )
    duties: Duties = Field(
        [],
        description="What it looks after: it is told of that by mail, unless it wants otherwise"
        " (`notificationPreferencesSet`).",
    )


class AddressUpsert(Upsert):
    """One place where a party takes deliveries, known by its code."""

    code: Reference = Field(description="Key of the address within its party.")
    place: Place = Field(description="Where it is.")
    time_zone: Zone = Field(description="IANA time zone of the place, for example Europe/Berlin.")
    receiving_hours: list[Opening] = Field(
        [],
        max_length=100,
        description="When deliveries are taken; none means at any time. A window begins and ends in"
        " them, and inside one day lies in one; those that touch are one.",
    )
    is_default: bool = Field(
        default=False, description="Where orders go that name no address; one for each party."
    )


class PartyUpsert(Upsert):
    """One company or person, known by its number."""

    number: Reference = Field(description="The merchant's own number; the key of the upsert.")
    kind: PartyKind = Field(PartyKind.COMPANY, description="Business or private person.")
    roles: Roles = Field([PartyRole.CUSTOMER], description="What it is; [CUSTOMER] for a new one.")
    name: Name = Field(description="Name of the company or person.")
    gln: Gln | None = Field(None, description="GS1 Global Location Number with its check digit.")
    vat_id: Reference | None = Field(None, description="VAT identification number.")
    email: Email | None = Field(None, description="E-mail address.")
    phone: Short | None = Field(None, description="Telephone number.")
    language: Language | None = Field(None, description="BCP 47 tag, for example de or pt-BR.")
    approval_limit: Money | None = Field(
        None,
        description="Above it, what its buyers order waits for one of its approvers: their net"
        " counts, and one in another currency, or with a line without a price, is above it."
        " Null for none: nothing waits. The merchant's staff are not bound: what they add to an"
        " order of the company waits for nobody there.",
    )
    approval_limit_per_day: Money | None = Field(
        None,
        description="The same for all that the company orders on one day, as the merchant counts"
        " days, together: whoever ordered it, without what was cancelled or rejected and what waits"
        " for its approver. In the currency of `approvalLimit`.",
    )
    price_group: Reference | None = Field(
        None, description="The group of parties whose price lists it pays."
    )
    release_when: ReleaseWhen | None = Field(
        None,
        description="What must be known of a payment before goods go on, for all of its orders;"
        " null for what each order's channel says.",
    )
    tracking_url: TrackingUrl | None = Field(
        None,
        description="Where a carrier shows where a parcel is: an https address in which `{number}`"
        " stands for the tracking number, once or more, behind the host. Buyers read it.",
    )
    channel_codes: list[Reference] | None = Field(
        None,
        max_length=LARGEST_BULK,
        description="Codes of all channels over which its buyers order, all that are not"
        " named are taken away.",
    )
    contacts: list[ContactUpsert] = Field(
        [], max_length=LARGEST_BULK, description="Contacts to write; others stay as they are."
    )
    addresses: list[AddressUpsert] = Field(
        [], max_length=LARGEST_BULK, description="Addresses to write; others stay as they are."
    )


class PartiesUpsert(Command):
    """Up to 250 parties with their contacts and addresses."""

    parties: Each[PartyUpsert] = Field(description="The parties; each number once.")


def check_parties(parties: Sequence[PartyUpsert]) -> None:
    """Refused: what parties contradict themselves or each other in, all at once."""
    refusals = Refusals()
    for place, party in enumerate(parties):
        for contradiction in _contradictions(party, ("parties", place)):
            with refusals:
                contradiction()
    refusals.end()
    refuse_duplicates((it.number for it in parties), ("parties",), "number")


def _contradictions(party: PartyUpsert, path: Path) -> Iterator[Callable[[], None]]:
    """Yield the rules of one party, each of which refuses by itself."""
    addresses = (*path, "addresses")
    for name in ("contacts", "addresses"):
        codes = [it.code for it in getattr(party, name)]
        yield partial(refuse_duplicates, codes, (*path, name), "code")
    yield partial(refuse_duplicates, party.channel_codes or (), (*path, "channel_codes"))
    defaults = [it.is_default or None for it in party.addresses]
    yield partial(refuse_duplicates, defaults, addresses, "is_default")
    for number, address in enumerate(party.addresses):
        where = (*addresses, number, "receiving_hours")
        yield partial(check_openings, address.receiving_hours, where)
