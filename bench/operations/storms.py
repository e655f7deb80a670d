"""What one key sends all the time while another one is measured."""

from collections.abc import Mapping

from bench.measuring.load import UNIQUE
from bench.operations.ours import ORDER

_TREE = "lines { id product { sku } } deliveries { id lines { id } parcels { id } holds { id } }"

STORMS: Mapping[str, str] = {
    "deep": "{ orders(first: 30) { nodes { lines { order { lines { order { id } } } } } } }",
    "distinct": " ".join(
        (
            "{",
            *(f"a{UNIQUE}x{it}: orders(first: 1) {{ nodes {{ {_TREE} }} }}" for it in range(15)),
            "}",
        )
    ),
    "refused": f"{{ nothing{UNIQUE} }} # {'x' * 15_000}",
    "counts": f"{{ {' '.join(f'a{it}: orders(first: 0) {{ totalCount }}' for it in range(25))} }}",
    "large": f"{{ orders(first: 250) {{ nodes {{ {ORDER} }} }} }}",
}
"""Name -> document; each storm keeps within what the limits let through, or is refused by them."""
