"""Guards: functions that refuse what would break a rule, declared so that they can be listed.

Rules are named by their code in docs/INVARIANTS.md. What stops an act is a guard, too, and stands
at the act (`models.base.acts`). `make guards` takes each of them away and finds what test fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Generic, ParamSpec, TypeVar, cast

Takes = ParamSpec("Takes")
Gives = TypeVar("Gives")


@dataclass(eq=False)
class Guard(Generic[Takes, Gives]):
    """A function that raises `Refused`, and else gives its caller `instead`.

    rules: that it keeps. verb: whose it is alone, None where several ask it.
    """

    rules: tuple[str, ...]
    name: str
    check: Callable[Takes, Gives] = field(repr=False)
    instead: object = None
    verb: str | None = None

    @property
    def is_async(self) -> bool:
        """Whether it is a coroutine function."""
        return iscoroutinefunction(self.check)

    def __call__(self, *args: Takes.args, **kwargs: Takes.kwargs) -> Gives:
        """Refuse, or not."""
        return self.check(*args, **kwargs)


GUARDS: list[Guard[..., object]] = []


def guards(
    *rules: str, instead: object = None, verb: str | None = None
) -> Callable[[Callable[Takes, Gives]], Guard[Takes, Gives]]:
    """Declare that a function keeps rules. verb: the mutation that alone asks it."""

    def declared(check: Callable[Takes, Gives]) -> Guard[Takes, Gives]:
        guard = Guard(rules, f"{check.__module__}.{check.__name__}", check, instead, verb)
        GUARDS.append(cast(Guard[..., object], guard))
        return guard

    return declared
