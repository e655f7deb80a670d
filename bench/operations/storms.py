"""What one key sends all the time while another one is measured."""

from collections.abc import Mapping
from typing import Any

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
