"""Parties for clients."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from commands.master.parties import upsert
from execution.fields import DECLARED, Listed, related
from loaders.master import parties as loaders
from loaders.trade import contracts as contract_loaders
from loaders.trade.orders import lists as order_lists
from models.access.viewers import Scope
from models.master.channels import ReleaseWhen
from models.master.parties import Address as AddressRow
from models.master.parties import Contact as ContactRow
from models.master.parties import Party as PartyRow
from models.master.parties import PartyKind, PartyRole
from models.master.parties.duties import ContactDuty
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by
from schema.graphql.values import Money, PostalAddress, address, money
from schema.master.channels import Channel
from schema.master.receiving import Opening

if TYPE_CHECKING:
    from schema.trade.contracts.types import Contract
    from schema.trade.orders.lists import OrderConnection

described(PartyKind, "PartyKind", "Whether a party is a business or a private person.")
described(
    PartyRole,
    "PartyRole",
    "What a party is to the merchant.",
    CUSTOMER="Orders and takes deliveries.",
    CARRIER="Carries parcels.",
    SUPPLIER="Supplies goods.",
    FULFILMENT_PROVIDER="Runs locations for the merchant.",
)
described(
    ContactDuty,
    "ContactDuty",
    "What a contact looks after at its company; it is told of that by mail.",
    PURCHASING="What is ordered: confirmed, changed, late or cancelled.",
    APPROVAL="What waits for the company's approval.",
    GOODS_IN="Deliveries: planned, moved, on their way and arrived.",
    CONTRACTS="Contracts: little left, ending soon, fallen short.",
    INTERFACES="The company's own webhooks: switched off.",
)
described(
    loaders.PartySort,
    "PartySort",
    "Order of a party list.",
    NUMBER="By number.",
    NUMBER_DESC="By number, last first.",
    NAME="By name.",
    NAME_DESC="By name, last first.",
)


@node(ContactRow, loaders.contact_by_id, Scope.MASTER_DATA_READ, "A person at a party.")
class Contact(Node):
    """A contact."""

    party: "Party | None" = related(loaders.by_id, "The party.", key="party_id")
    code: str = strawberry.field(description="Key of the contact within its party.")
    name: str = strawberry.field(description="Name of the person.")
    title: str | None = strawberry.field(description="Job title.")
    department: str | None = strawberry.field(description="Department of the company.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number.")
    language: str | None = strawberry.field(
        description="In which it is told what happens; the party's without one. BCP 47 tag."
    )
    duties: list[ContactDuty] = strawberry.field(
        description="What it looks after; it is told of that by mail."
    )


@node(
    AddressRow,
    loaders.address_by_id,
    Scope.MASTER_DATA_READ,
    "A place where a party takes deliveries.",
)
class Address(Node):
    """An address."""

    party: "Party | None" = related(loaders.by_id, "The party.", key="party_id")
    code: str = strawberry.field(description="Key of the address within its party.")
    place: PostalAddress = address("place", "Where it is.")
    time_zone: str = strawberry.field(description="IANA time zone of the place.")
    is_default: bool = strawberry.field(description="Whether orders go here that name no address.")

    @strawberry.field(
        description="When deliveries are taken; empty means at any time.",
        metadata={DECLARED: Listed(loaders.openings)},
    )
    def receiving_hours(self: Any) -> list[Opening]:
        return [Opening(**opening) for opening in self.receiving_hours]


@node(
    PartyRow,
    loaders.by_id,
    Scope.MASTER_DATA_READ,
    "A company or a person that orders, carries, supplies or fulfils.",
)
class Party(Node):
    """A party."""

    number: str = strawberry.field(description="The merchant's own number.")
    kind: PartyKind = strawberry.field(description="Business or private person.")
    roles: list[PartyRole] = strawberry.field(description="What it is to the merchant.")
    name: str = strawberry.field(description="Name of the company or person.")
    gln: str | None = strawberry.field(description="GS1 Global Location Number.")
    vat_id: str | None = strawberry.field(description="VAT identification number.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number.")
    language: str | None = strawberry.field(description="BCP 47 tag, for example de or pt-BR.")
    tracking_url: str | None = strawberry.field(
        description="Where a carrier shows where a parcel is; `{number}` stands for its number."
    )
    approval_limit: Money | None = money(
        "approval_limit",
        "Above it, what its buyers order waits for one of its approvers; null: nothing waits. The"
        " merchant's staff are not bound by it.",
        currency="approval_currency",
    )
    approval_limit_per_day: Money | None = money(
        "approval_limit_per_day",
        "The same for all that it orders on one of the merchant's days; null: no such limit.",
        currency="approval_currency",
    )
    release_when: ReleaseWhen | None = strawberry.field(
        description="What must be known of a payment before goods go on, for all of its orders;"
        " null: what each order's channel says."
    )
    price_group: str | None = strawberry.field(
        description="The group of parties whose price lists it pays."
    )
    channels: list[Channel] = related(loaders.channels, "Over which its buyers order, by code.")
    contacts: list[Contact] = related(loaders.contacts, "Its contacts, by code.")
    addresses: list[Address] = related(loaders.addresses, "Its addresses, by code.")
    contracts: Connection[
        Annotated["Contract", strawberry.lazy("schema.trade.contracts.types")]
    ] = connection(
        contract_loaders.of_party,
        "Its call-off contracts.",
        filters=contract_loaders.ContractFilter,
        sorts=contract_loaders.ContractSort,
    )
    orders: Annotated["OrderConnection", strawberry.lazy("schema.trade.orders.lists")] = connection(
        order_lists.of_party,
        "Its orders.",
        filters=order_lists.OrderFilter,
        sorts=order_lists.OrderSort,
    )
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(description="What happened to one party of a bulk call.")
class PartyUpsertResult(UpsertResult):
    """One result."""

    party: Party | None = related(loaders.by_id, "The party.", key="party_id")


@strawberry.type(description="Outcome of `partiesUpsert`.")
class PartiesUpsertPayload(Payload):
    """The results, in the order of the input."""

    results: list[PartyUpsertResult] | None = strawberry.field(
        description="One result for each party; null when the whole call was refused."
    )


@strawberry.type
class PartiesQuery:
    """Root fields that read parties."""

    party: Party | None = one_by(
        "One party, by id or number.", Party=loaders.by_id, number=loaders.by_number
    )
    parties: Connection[Party] | None = connection(
        loaders.every, "Parties.", key=None, filters=loaders.PartyFilter, sorts=loaders.PartySort
    )


@strawberry.type
class PartiesMutation:
    """Mutations of parties."""

    parties_upsert: PartiesUpsertPayload = mutation(upsert.upsert_all)
