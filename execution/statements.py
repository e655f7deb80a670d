"""A fused field as compiled statements: one for each shape of its arguments, values bound later."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select

from execution.building import Shaping, Unfusible, form_of
from kit.db.statements import Statement
from kit.recent import Recent

_REQUESTS = (UUID, date)
"""Values that belong to a request: never constants of a statement that others use too."""
Payer = tuple[Hashable, ...]
"""Whose turn it is, from the outside in: a merchant, and in it a company or key."""


class Request(Protocol):
    """What a request tells the planner.

    general: passed on to filters and relations, whose statements are kept for the audience.
    audience: what of the viewer shapes statements. payer: whose turn it is to plan. named:
    parameters that relations name themselves, such as the merchant.
    """

    general: Any
    audience: Hashable
    payer: Payer
    named: Mapping[str, Any]

    def planned(self, length: int) -> None:
        """Take note that a statement of so many characters was written."""


@dataclass(frozen=True)
class Arguments:
    """What the arguments of one request chose. form: what shapes the statement of all that."""

    choices: Sequence[Any]
    form: Hashable
    values: Mapping[str, Any]
    parameters: Mapping[tuple[int, int], Any]


class Filters:
    """What filters make of SQL, remembered by their values: the structure, and the parameters."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._forms: Recent[object] = Recent(64)
        self._found: Recent[tuple[object, Sequence[tuple[int, Any]]]] = Recent(64)

    def arguments(self, choices: Sequence[Any], request: Request) -> Arguments:
        """Take apart what shapes a statement and what fills it."""
        forms: list[Hashable] = []
        values: dict[str, Any] = {}
        parameters: dict[tuple[int, int], Any] = {}
        for number, choice in enumerate(choices):
            if choice is None:
                forms.append(None)
                continue
            form, found = self._filter(number, choice, request)
            forms.append((choice.form, form))
            for name, value in choice.values.items():
                values[f"{name}_of_{number}"] = value
            for at, value in found:
                parameters[number, at] = value
        return Arguments(choices, tuple(forms), values, parameters)

    def _filter(self, number: int, choice: Any, request: Request) -> Any:
        if choice.filter_by is None:
            return None, ()
        key = (request.audience, number, choice.filter_by)
        found = self._found.get(key)
        if found is None:
            found = self._found.keep(key, self._read(choice, request))
        return found

    def _read(self, choice: Any, request: Request) -> tuple[object, Sequence[tuple[int, Any]]]:
        form, found = form_of(list(choice.matched(request.general)))
        if form is None:
            message = "a filter without a structure"
            raise Unfusible(message)
        spread = tuple(tuple(it.effective_value) for it in found if it.expanding)
        # One object stands for the form, whose own hash is as long as the filter's SQL.
        one = self._forms.get((form, spread)) or self._forms.keep((form, spread), object())
        own = [(at, it) for at, it in enumerate(found) if it.key not in request.named]
        return one, [(at, it.effective_value) for at, it in own]


class Filled:
    """A compiled statement whose named parameters and filters' values each request fills in.

    text: what is sent.
    """

    def __init__(self, select: Select[Any], shaping: Shaping, named: Mapping[str, Any]) -> None:
        """Compile. named: the parameters that every request gives by name. Unfusible: unsafe."""
        self._statement = Statement(select)
        self.text: str = self._statement.text
        self._filled = _filled(self._statement, shaping, named)
        for name, value in self._statement.given.items():
            if isinstance(value, _REQUESTS) and name not in named and name not in self._filled:
                message = "a value of the request inside a relation"
                raise Unfusible(message)
        self._statement.forget()

    def values(self, named: Mapping[str, Any], arguments: Arguments) -> Sequence[Any]:
        """Return the parameters of one request, in their order."""
        filled = {name: arguments.parameters[place] for name, place in self._filled.items()}
        return self._statement.values({**named, **arguments.values, **filled})


def _filled(
    statement: Statement, shaping: Shaping, named: Mapping[str, Any]
) -> dict[str, tuple[int, int]]:
    """Return parameter -> which value of which filter it carries, where it is not a named one."""
    filled = {}
    for place, parameters in shaping.filled.items():
        for parameter in parameters:
            if parameter.key in named:
                continue
            if parameter not in statement.names:
                message = "a filter whose values are not found"
                raise Unfusible(message)
            filled[statement.names[parameter]] = place
    return filled
