"""What one key sends all the time while another one is measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.data.merchants import CURRENCY, CUSTOMERS, PRODUCTS, START
from bench.measuring.load import UNIQUE
from bench.operations.ours import ORDER

_TREE = "lines { id product { sku } } deliveries { id lines { id } parcels { id } holds { id } }"
_FIFTEEN = " ".join(
    f"a{UNIQUE}x{it}: orders(first: 1) {{ nodes {{ {_TREE} }} }}" for it in range(15)
)
_OTHERS = _FIFTEEN.replace("first: 1)", f'first: 1, filter: {{externalReference: "{UNIQUE}"}})')
_COUNT = "orders(first: 0) { totalCount }"
_FILTERED = "orders(first: 9, filter: $by)"
_ANY = {
    "externalReference": UNIQUE,
    "numberPrefix": UNIQUE,
    "states": ["CONFIRMED"],
    "late": False,
}

STORMS: Mapping[str, Mapping[str, Any]] = {
    "deep": {
        "query": "{ orders(first: 30) { nodes { lines { order { lines { order { id } } } } } } }"
    },
    "distinct": {"query": f"{{ {_OTHERS} }}"},
    "names": {"query": f"{{ {_FIFTEEN} }}"},
    "refused": {"query": f"{{ nothing{UNIQUE} }} # {'x' * 15_000}"},
    "variables": {
        "query": f"query ({' '.join(f'$v{it}: Int' for it in range(480))}) {{ n{UNIQUE} }}"
    },
    "counts": {
        "query": f"{{ {' '.join(f'a{it}: {_COUNT}' for it in range(25))} }}",
    },
    "values": {
        "query": f"query ($by: OrderFilter) {{ {_FILTERED} {{ nodes {{ {ORDER} }} }} }}",
        "variables": {"by": _ANY},
    },
    "large": {"query": f"{{ orders(first: 250) {{ nodes {{ {ORDER} }} }} }}"},
}
"""Name -> body; each storm keeps within what the limits let through, or is refused by them.

distinct: new documents. names: that differ in names only. values: new values of a known document's
filter.
"""


_ITEMS = 250
_DONE = "{ userErrors { code } }"
_RESULTS = "{ results { userErrors { code } } }"


def _import() -> dict[str, Any]:
    """Return the input of 250 new orders of 10,000 lines."""
    lines = [
        {"productSku": f"ITEM-{number:03}", "quantity": "1", "unitPrice": "2.5"}
        for number in range(PRODUCTS)
    ]
    own = {"channelCode": "SHOP", "currency": CURRENCY, "placedAt": START.isoformat()}
    return {
        "orders": [
            {
                **own,
                "externalReference": f"{UNIQUE}-{number}",
                "partyNumber": f"P-{number % CUSTOMERS:03}",
                "lines": lines,
            }
            for number in range(_ITEMS)
        ]
    }


def writes(tracking_numbers: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return name -> body of bulk writes. tracking_numbers: of the merchant that sends them."""
    trees = [f"{{ orders(first: {it}) {{ nodes {{ {_TREE} }} }} }}" for it in range(_ITEMS)]
    events = [
        {
            "trackingNumber": tracking_numbers[number % len(tracking_numbers)],
            "status": "OUT_FOR_DELIVERY",
            "occurredAt": f"2026-10-01T08:00:00.{UNIQUE}Z",
            "carrierEventId": f"{UNIQUE}-{number}",
        }
        for number in range(_ITEMS)
    ]
    products = [{"sku": f"ITEM-{it:03}", "name": f"{UNIQUE}"} for it in range(PRODUCTS)]
    inputs = {
        "ordersImport": (_RESULTS, _import()),
        "documentsRegister": (_DONE, {"documents": [{"text": it} for it in trees]}),
        "parcelRecordTracking": (_RESULTS, {"source": "storm", "events": events}),
        "productsUpsert": (_RESULTS, {"products": products}),
    }
    return {
        name: {
            "query": f"mutation ($input: {name[0].upper()}{name[1:]}Input!)"
            f" {{ {name}(input: $input) {read} }}",
            "variables": {"input": values},
        }
        for name, (read, values) in inputs.items()
    }
