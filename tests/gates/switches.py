"""Guards as they are declared, each of which can be switched off."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from models.base.acts import Act, Itself, Some
from models.base.guards import GUARDS, Guard
from schema.schema import schema
from schema.verbs import verbs

VERBS = verbs(schema.mutation)


@dataclass(frozen=True, eq=False)
class Switch:
    """One guard. rules: that it keeps. verb: whose it is alone, None where several ask it.

    of: what is changed, column: with which attribute, value: that it has while it is off.
    """

    name: str
    rules: tuple[str, ...]
    verb: str | None
    of: Any
    column: str
    value: Any

    @contextmanager
    def off(self) -> Iterator[None]:
        """Take the guard away meanwhile."""
        before = getattr(self.of, self.column)
        object.__setattr__(self.of, self.column, self.value)
        try:
            yield
        finally:
            object.__setattr__(self.of, self.column, before)

    def is_of(self, rule: str, verbs: tuple[str, ...]) -> bool:
        """Tell whether it keeps a rule for one of the verbs."""
        return rule in self.rules and (self.verb is None or self.verb in verbs)


def _of_act(verb: str, act: Act) -> Iterator[Switch]:
    for stop in act.stopped_by:
        without = tuple(it for it in act.stopped_by if it is not stop)
        yield Switch(f"{verb}: {stop.words}", (stop.rule,), verb, act, "stopped_by", without)


def _needs() -> Iterator[Switch]:
    """Give what verbs need of a row itself: many may share one."""
    needs = {id(it): it for verb in VERBS for it in verb.act.needs if isinstance(it, Itself)}
    for need in needs.values():
        if need.rule:
            yield Switch(f"needed: {need.words}", (need.rule,), None, need, "test", _passes)


def _passes(*_arguments: Any) -> bool:
    return True


def _of_guard(guard: Guard[..., Any]) -> Switch:
    async def says_nothing(*_arguments: Any, **_more: Any) -> Any:
        return guard.instead

    def says_nothing_now(*_arguments: Any, **_more: Any) -> Any:
        return guard.instead

    instead = says_nothing if guard.is_async else says_nothing_now
    return Switch(guard.name, guard.rules, guard.verb, guard, "check", instead)


_ACTS = {id(verb.act): verb for verb in reversed(VERBS)}
"""Each act with the first verb that does it: what one refuses, the one for many does, too."""
SWITCHES: list[Switch] = [
    *(it for verb in _ACTS.values() for it in _of_act(verb.name, verb.act)),
    *_needs(),
    *map(_of_guard, GUARDS),
]
STOPS: list[Some] = [stop for verb in VERBS for stop in verb.act.stopped_by]
