"""Documents for mutations: what to ask is written once, the rest follows from the API's habits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mutation:
    """A mutation field and what to ask of its payload beside the user errors."""

    field: str
    selection: str

    @property
    def input_type(self) -> str:
        """Name of its input, as everywhere in this API: `orderPlace` takes `OrderPlaceInput`."""
        return f"{self.field[0].upper()}{self.field[1:]}Input"

    def document(self, count: int) -> str:
        """Return an operation that calls it `count` times, under the aliases m0, m1 and so on."""
        arguments = ", ".join(f"$m{place}: {self.input_type}!" for place in range(count))
        payload = f"{{ {self.selection} userErrors {{ code message field }} }}"
        calls = "\n".join(
            f"  m{place}: {self.field}(input: $m{place}) {payload}" for place in range(count)
        )
        return f"mutation {self.field}({arguments}) {{\n{calls}\n}}"

    def problem(self, payload: Mapping[str, Any]) -> str | None:
        """Return the first user error of a payload or of one of its results, as a sentence."""
        for part in (payload, *(payload.get("results") or ())):
            for error in part["userErrors"]:
                where = ".".join(error["field"] or [])
                return f"{self.field} was refused: {error['code']} at {where}: {error['message']}"
        return None
