"""Guards: functions that refuse what would break a rule, declared so that they can be listed.

Rules are named by their code in docs/INVARIANTS.md. What stops an act is a guard, too, and stands
at the act (`models.base.acts`). `make guards` takes each of them away and finds what test fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, ParamSpec, TypeVar, cast

Asked = ParamSpec("Asked")
Said = TypeVar("Said")


@dataclass(eq=False)
class Guard(Generic[Asked, Said]):
    """A function that raises `Refused`, and gives nothing that its caller needs."""

    rules: tuple[str, ...]
    name: str
    check: Callable[Asked, Said] = field(repr=False)

    def __call__(self, *args: Asked.args, **kwargs: Asked.kwargs) -> Said:
        """Refuse, or not."""
        return self.check(*args, **kwargs)


GUARDS: list[Guard[..., object]] = []


def guards(*rules: str) -> Callable[[Callable[Asked, Said]], Guard[Asked, Said]]:
    """Declare that a function keeps rules."""

    def declared(check: Callable[Asked, Said]) -> Guard[Asked, Said]:
        guard = Guard(rules, f"{check.__module__}.{check.__name__}", check)
        GUARDS.append(cast(Guard[..., object], guard))
        return guard

    return declared
