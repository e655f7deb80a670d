"""Each filter of each list, with values that most rows have and values that none has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, get_named_type, is_list_type

from kit.ids import new_id, to_global
from kit.inputs import camel
from loaders.reading.pages import named_in
from models.base.events import EVENTS
from tests.make.everything import CONNECTIONS, Listed
from tests.make.sweeps.rules import models

MODELS = {it.__name__: it for _, it in models()}
ENDS: Mapping[str, Sequence[str]] = {
    "Boolean": ("true", "false"),
    "DateTime": ('"1999-01-01T00:00:00Z"', '"2199-12-31T23:59:59Z"'),
    "Date": ('"1999-01-01"', '"2199-12-31"'),
    "Decimal": ('"0"', '"999999999"'),
    "Currency": ('"EUR"', '"USD"'),
}
"""Scalar -> two values: what all rows have, or lie behind, and what none has, or lies behind."""
TEXTS = {
    "OrderFilter trackingNumber": "t 000123",
    "OrderFilter numberPrefix": "o-00123",
    "OrderFilter purchaseOrderPrefix": "po-1567",
    "OrderFilter externalReference": "X-9",
    "OrderFilter purchaseOrderNumber": "PO-9",
    "ProductFilter skuPrefix": "m-12",
    "ProductFilter nameContains": "screw 12",
    "ProductFilter text": "screw 12",
    "ProductFilter gtin": "4012345000009",
    "PartyFilter numberPrefix": "c-12",
    "PartyFilter nameContains": "works 12",
    "PartyFilter gln": "4012345000009",
    "PartyFilter vatId": "DE123456788",
    "DeliveryFilter numberPrefix": "d-0001",
    "NotificationFilter address": "mira@example.com",
    "ContractFilter numberPrefix": "k-123",
    "ContractFilter purchaseOrderNumber": "PO-9",
    "InterchangeFilter reference": "REF5",
    "InterchangeMessageFilter types": "DELJIT",
    "JournalFilter types": "order.amendment_declined",
    "JournalFilter actorSubject": "mira",
    "JournalFilter address": "192.0.2.7",
    "JournalFilter idempotencyKey": "I-5",
    "WebhookMessageFilter types": "order.amendment_declined",
    "WebhookAttemptFilter types": "order.amendment_declined",
}
"""Filter and field -> a text that a few rows have. A new field needs one here."""
NO_TEXT, NO_EVENT = "zzz", "calendar.updated"
FREQUENT = {
    *("CONFIRMED", "SHIPPED", "AWAITED", "STANDARD", "DISPATCHED", "COMPANY", "CUSTOMER"),
    *("SENT", "DELIVERY_DISPATCHED", "ACTIVE", "SUPERSEDED", "FORECAST", "ACCEPTED", "READ"),
    "DELIVERED",
}
"""Words of enums that most rows have; no row has any other but UNFULFILLED."""


class List(Listed):
    """A list with filters or orders, and what each may be."""

    def pages(self, ids: Mapping[str, UUID], size: int) -> Iterator[tuple[str, str]]:
        """Yield the list in each order by each value of each filter: the field, and the request.

        ids: type -> a row of it.
        """
        of = self.field.args.get("filter")
        fields = get_named_type(of.type).fields if of else {}
        cases = [
            (name, f"filter: {{{name}: {f'[{value}]' if is_list_type(each.type) else value}}}")
            for name, each in fields.items()
            for value in self._values(get_named_type(of.type).name, name, each.type, ids)
        ]
        for sort in self.sorts:
            for name, chosen in [("", ""), *cases]:
                chooses = ", ".join(filter(None, (f"first: {size}", sort, chosen)))
                yield name, f"{self.name}({chooses}) {{ edges {{ cursor }} }}"

    def request(self, page: str, ids: Mapping[str, UUID]) -> str:
        """Return what asks for a page, of a row where the list hangs on one."""
        if self.parent == "Query":
            return f"{{ {page} }}"
        own = to_global(self.parent, ids[self.parent])
        return f'{{ node(id: "{own}") {{ ... on {self.parent} {{ {page} }} }} }}'

    def _values(self, model: str, name: str, kind: Any, ids: Mapping[str, UUID]) -> Sequence[str]:
        named = get_named_type(kind)
        if isinstance(named, GraphQLEnumType):
            words = sorted(named.values, key=lambda it: it not in FREQUENT)
            return sorted({words[0], words[-1], *({"UNFULFILLED"} & {*words})})
        if named.name == "ID":
            fields = {camel(of): it for of, it in named_in(MODELS[model]).items()}
            first = min((fields.get(name) or fields[name.removesuffix("s")]).types)
            return [f'"{to_global(first, it)}"' for it in (ids.get(first, new_id()), new_id())]
        if named.name == "String":
            some = TEXTS[f"{model} {name}"]
            return [f'"{it}"' for it in (some, NO_EVENT if some in EVENTS else NO_TEXT)]
        return ENDS[named.name]


LISTS = [
    each
    for each in (List(*it) for it in CONNECTIONS)
    if each.field.args.keys() & {"filter", "sort"}
]
"""All lists of the schema that have filters or orders."""
