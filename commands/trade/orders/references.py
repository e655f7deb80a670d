"""What orders name: channels, parties, products, contacts and addresses, read once for a bulk.

Products come with what they cost each order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, or_, select

from commands.master.channels import orders_over
from commands.master.packagings.counting import Packagings, packagings_of
from commands.master.parties.roles import HeldParty, check_role, held
from commands.master.prices.pricing import Priced, PriceQuestion, Prices, priced
from commands.trade.orders.fields import LineFields, OrderFields
from commands.writing.transaction import Writing, check_remembered, missing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import Input, camel
from models.access.viewers import Actor, Scope, Viewer, anyone
from models.base.records import columns, record
from models.base.tables import Owned
from models.base.visibility import seen_by
from models.master.catalog import Product
from models.master.channels import Channel
from models.master.parties import Address, Contact, Party, PartyRole
from models.trade.orders.tables import Order

Entity = TypeVar("Entity", bound=Owned)

WAYS: Mapping[type[Owned], Mapping[str, str]] = {
    Channel: {"channel_id": "id", "channel_code": "code"},
    Party: {"party_id": "id", "party_number": "number"},
    Product: {"product_id": "id", "product_sku": "sku"},
    Contact: {"buyer_contact_id": "id", "buyer_contact_code": "code"},
    Address: {"ship_to_id": "id", "ship_to_address_code": "code"},
}
"""Table -> field of an input that names one of its rows -> the column that the field gives."""


class Named(NamedTuple):
    """How an input names a row: by which column, with which value, in which field."""

    column: str
    value: Any
    field: str


def reference_of(entity: type[Owned], item: Input) -> Named | None:
    """Return how the input names a row of the table. Refused: INVALID when it does so twice."""
    found = _names(entity, item)
    if len(found) > 1:
        raise Refused(Code.INVALID, "Name it by one key, not by two.", (found[-1].field,))
    return found[0] if found else None


def _names(entity: type[Owned], item: Input) -> Sequence[Named]:
    """Return all ways in which the input names a row of the table."""
    return [
        Named(column, value, field)
        for field, column in _ways(entity, type(item))
        if (value := getattr(item, field)) is not None
    ]


def _demanded(entity: type[Owned], item: Input) -> Named:
    """Return how the input names a row. Refused: INVALID when it does not, or does so twice.

    Where it might do so by several fields, the refusal is of what holds them.
    """
    name = reference_of(entity, item)
    if name is None:
        fields = [field for field, _ in _ways(entity, type(item))]
        text = f"Say which {entity.__name__} it is, by {' or '.join(map(camel, fields))}."
        raise Refused(Code.INVALID, text, tuple(fields) if len(fields) == 1 else ())
    return name


@cache
def _ways(entity: type[Owned], kind: type[Input]) -> Sequence[tuple[str, str]]:
    """Return the fields by which a kind of input names rows of the table, with their columns."""
    return [it for it in WAYS[entity].items() if it[0] in kind.model_fields]


def _values(entity: type[Owned], inputs: Iterable[Input]) -> dict[str, set[Any]]:
    """Return column -> values by which the inputs name rows of the table."""
    found: dict[str, set[Any]] = {column: set() for column in WAYS[entity].values()}
    for item in inputs:
        for field, column in _ways(entity, type(item)):
            if (value := getattr(item, field)) is not None:
                found[column].add(value)
    return found


Keyed: TypeAlias = Mapping[tuple[type[Owned], str, Any], Any]
"""Table, column, value -> row."""


Lined: TypeAlias = tuple[OrderFields, Sequence[LineFields]]
"""An order with its lines."""


@dataclass(frozen=True)
class References:
    """The rows that a bulk of orders names. keyed: table, column, value -> row.

    owned: table, party id, column, value -> contact or address of that party. packagings: that
    lines count in. prices: of what lines ask.
    """

    keyed: Keyed
    owned: Mapping[tuple[type[Owned], UUID, str, Any], Any]
    packagings: Packagings
    prices: Prices

    def ids(self, entity: type[Owned]) -> set[UUID]:
        """Return the ids of all rows of the table that were found."""
        return {row.id for (table, _, _), row in self.keyed.items() if table is entity}

    def find(self, entity: type[Entity], item: Input) -> Entity | None:
        """Return the row that the input names. Refused: INVALID, NOT_FOUND with its field."""
        name = reference_of(entity, item)
        if name is None:
            return None
        row: Entity | None = self.keyed.get((entity, name.column, name.value))
        if row is None:
            raise missing(entity, (name.field,), name.value)
        return row

    def demand(self, entity: type[Entity], item: Input) -> Entity:
        """Return the row that the input names. Refused: INVALID also when it names none."""
        row: Entity | None = self.find(entity, item)
        if row is None:
            raise missing(entity, (_demanded(entity, item).field,))
        return row

    def of_party(self, entity: type[Entity], party: Party | None, item: Input) -> Entity | None:
        """Return the contact or address of the party that the input names.

        Refused: as `find`; WRONG_STATE for a contact that was forgotten.
        """
        name = reference_of(entity, item)
        if name is None:
            return None
        key = None if party is None else (entity, party.id, name.column, name.value)
        row: Entity | None = self.owned.get(key) if key else None
        if row is None:
            raise missing(entity, (name.field,), name.value)
        if isinstance(row, record(Contact)):
            check_remembered(row, (name.field,))
        return row

    def priced(self, writing: Writing, order: OrderFields, line: LineFields) -> Priced:
        """Return the product that a line names, and its price. Refused: as `demand`."""
        name = _demanded(Product, line)
        question = _question(writing, self.keyed, self.packagings, order, line)
        if question is None or question not in self.prices:
            raise missing(Product, (name.field,), name.value)
        return self.prices[question]

    async def also(self, writing: Writing, lined: Sequence[Lined]) -> "References":
        """Return the same with prices of further lines, of orders of the same channels, too."""
        prices = await _prices(writing, self.keyed, self.packagings, lined)
        return replace(self, prices={**self.prices, **prices})

    def address(self, address_id: UUID | None) -> Address | None:
        """Return the address of an id, of those that were read."""
        return next((it for it in self.owned.values() if it.id == address_id), None)

    def default_address(self, party: Party) -> Address | None:
        """Return where the party takes deliveries unless it says otherwise."""
        return self.owned.get((Address, party.id, "is_default", True))


async def read(writing: Writing, lined: Sequence[Lined]) -> References:
    """Read everything that orders and their lines name, with a few statements for all of them."""
    orders = [order for order, _ in lined]
    keyed: dict[tuple[type[Owned], str, Any], Any] = {}
    for column, values in _values(Channel, orders).items():
        for row in (await writing.by_key(Channel, column, values)).values():
            keyed |= {(Channel, it, getattr(row, it)): row for it in WAYS[Channel].values()}
    named = _values(Party, orders)
    if writing.viewer.actor is Actor.BUYER:
        named["id"].add(writing.viewer.bound_to)
    for party in await held(writing, named):
        for column in named:
            keyed[Party, column, getattr(party, column)] = party
    lines = [it for _, lines in lined for it in lines]
    counted = [(_product(it), it) for it in lines if it.packaging is not None]
    packagings = await packagings_of(writing, counted)
    prices = await _prices(writing, keyed, packagings, lined)
    parties = {row.id for (entity, *_), row in keyed.items() if entity is Party}
    contacts = await _owned(writing, Contact, parties, _values(Contact, orders))
    places = _values(Address, orders) | {"is_default": {True}}
    addresses = await _owned(writing, Address, parties, places)
    return References(keyed, contacts | addresses, packagings, prices)


async def _prices(
    writing: Writing, keyed: Keyed, packagings: Packagings, lined: Sequence[Lined]
) -> dict[PriceQuestion, Priced]:
    """Read products with the prices that lines ask, by ids and by SKUs."""
    questions: defaultdict[str, set[PriceQuestion]] = defaultdict(set)
    for order, lines in lined:
        await writing.room(len(lines))
        for line in lines:
            question = _question(writing, keyed, packagings, order, line)
            if question is not None:
                questions["id" if isinstance(question.product, UUID) else "sku"].add(question)
    found: dict[PriceQuestion, Priced] = {}
    for column, of_column in questions.items():
        found |= await priced(writing, column, of_column)
    return found


def _product(line: LineFields) -> UUID | str | None:
    """Return the id or SKU of the product that a line names, None where it names none or two."""
    names = _names(Product, line)
    return names[0].value if len(names) == 1 else None


def _question(
    writing: Writing, keyed: Keyed, packagings: Packagings, order: OrderFields, line: LineFields
) -> PriceQuestion | None:
    """Return what a line asks the price of, None where it names no product, or two.

    Where a price is stated by whom that is allowed, or nobody knows in which channel, the product
    alone is wanted.
    """
    product, channels = _product(line), _names(Channel, order)
    if product is None:
        return None
    is_stated = line.unit_price is not None and writing.viewer.may(Scope.PRICES_STATE)
    if is_stated or len(channels) != 1:
        return PriceQuestion(product)
    channel = keyed.get((Channel, *channels[0][:2]))
    party, packaging = _party(writing, keyed, order), packagings.named(product, line)
    return PriceQuestion(
        product,
        line.quantity if packaging is None else line.quantity * packaging.content,
        order.currency,
        order.ordered_at(writing.now),
        channel and channel.id,
        party and party.id,
        party and party.price_group,
    )


async def _owned(
    writing: Writing,
    entity: type[Contact | Address],
    parties: set[UUID],
    wanted: Mapping[str, set[Any]],
) -> dict[tuple[type[Owned], UUID, str, Any], Any]:
    """Read contacts or addresses of the parties that match one of the wanted values."""
    wanted = {column: values for column, values in wanted.items() if values}
    if not parties or not wanted:
        return {}
    statement = _of_parties(writing.viewer.actor, entity, tuple(wanted))
    keys = {column: list(values) for column, values in wanted.items()}
    rows = await writing.session.rows(
        statement, {**writing.parameters, "parties": list(parties), **keys}
    )
    return {
        (entity, row.party_id, column, getattr(row, column)): row
        for row in rows
        for column in wanted
    }


@cache
def _of_parties(actor: Actor, entity: type[Contact | Address], names: tuple[str, ...]) -> Statement:
    """Build the statement of `_owned`."""
    matches = [
        getattr(entity, name) == any_(bindparam(name, type_=ARRAY(getattr(entity, name).type)))
        for name in names
    ]
    ids = bindparam("parties", type_=ARRAY(Uuid()))
    rows = select(*columns(entity)).where(
        *seen_by(anyone(actor), entity), entity.party_id == any_(ids), or_(*matches)
    )
    return Statement(rows, record(entity))


def customer(writing: Writing, references: References, item: OrderFields) -> Party | None:
    """Return the party that orders, None for a guest.

    Refused: INVALID unless there is a party or a guest and not both, and for a party that is no
    customer (R1); NOT_FOUND for one in whose name the viewer does not order: a buyer orders for its
    own, a storefront for one that orders over its channel; NOT_ALLOWED for a buyer's guest.
    """
    buyer = writing.viewer.actor is Actor.BUYER
    if buyer and item.guest is not None:
        raise Refused(Code.NOT_ALLOWED, "A buyer orders for its own company.", ("guest",))
    refusals, party, text = Refusals(), None, "Give either a party or a guest."
    with refusals:
        if item.guest is not None and _names(Party, item):
            raise Refused(Code.INVALID, text, _party_path(item))
    with refusals:
        party = references.find(Party, item) or _party(writing, references.keyed, item)
        if party is None and item.guest is None:
            path = () if len(_ways(Party, type(item))) > 1 else _party_path(item)
            raise Refused(Code.INVALID, text, path)
        if party is not None and not _may_name(writing.viewer, party):
            raise missing(Party, _party_path(item))
        if party is not None:
            check_role(HeldParty(party), PartyRole.CUSTOMER, _party_path(item))
    refusals.end()
    return party


def _may_name(viewer: Viewer, party: Party) -> bool:
    """Tell whether a viewer orders in the name of a party; staff do, for whoever is a customer."""
    is_customer = PartyRole.CUSTOMER in party.roles
    of_viewer = {
        Actor.STAFF: True,
        Actor.BUYER: is_customer and party.id == viewer.bound_to,
        Actor.STOREFRONT: is_customer and orders_over(party, viewer.bound_to),
    }
    return of_viewer.get(viewer.actor, False)


def _party(writing: Writing, keyed: Keyed, item: OrderFields) -> Any:
    """Return the party that the input names, a buyer's own where it names none."""
    names = _names(Party, item)
    own = Named("id", writing.viewer.bound_to, "party_id")
    if not names and writing.viewer.actor is Actor.BUYER:
        names = [own]
    return next((keyed.get((Party, it.column, it.value)) for it in names), None)


def customer_path(item: OrderFields) -> Path:
    """Return where an input says who orders."""
    return ("guest",) if item.guest is not None else _party_path(item)


def _party_path(item: OrderFields) -> Path:
    name = reference_of(Party, item)
    return (name.field if name else "party_id",)


_TAKEN = Statement(
    select(Order.channel_id, Order.party_id, Order.external_reference, Order.id).where(
        Order.merchant_id == bindparam("merchant", type_=Uuid()),
        Order.channel_id == any_(bindparam("channels", type_=ARRAY(Uuid()))),
        Order.external_reference == any_(bindparam("references", type_=ARRAY(Text()))),
    )
)


OrderKey: TypeAlias = tuple[UUID, UUID | None, str]
"""Channel id, party id (None for a guest) and external reference: one order has them.

Across parties it would tell one company what another has ordered, and let it take its numbers.
"""


async def taken(
    writing: Writing, channel_ids: Iterable[UUID], references: Iterable[str]
) -> dict[OrderKey, UUID]:
    """Return key -> id of the order that has it already, of those with one of the references."""
    parameters = {
        "merchant": writing.viewer.merchant_id,
        "channels": list(channel_ids),
        "references": list(references),
    }
    rows = await writing.session.rows(_TAKEN, parameters)
    return {(channel, party, str(reference)): order for channel, party, reference, order in rows}


async def check_free(writing: Writing, channel_id: UUID, party_id: UUID | None, item: Any) -> None:
    """Refused: TAKEN where the party (None: a guest) has an order of the external reference.

    item: what has the `external_reference`, or None there.
    """
    reference = item.external_reference
    if reference and (channel_id, party_id, reference) in await taken(
        writing, [channel_id], [reference]
    ):
        text = "The customer has an order with this reference in this channel already."
        raise Refused(Code.TAKEN, text, ("external_reference",))
