"""A fused field as compiled statements: one for each shape of its arguments, values bound later."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from execution.fusing import Shaping, Unfusible, form_of
from kit.recent import Recent

_Processor: TypeAlias = Callable[[Any], Any]
_REQUESTS = (UUID, date)
"""Values that belong to a request: never constants of a statement that others use too."""


class Asked(Protocol):
    """What a request tells the planner.

    general: passed on to filters and relations, whose statements are kept for the audience.
    audience: what of the viewer shapes statements. named: parameters that relations name
    themselves, such as the merchant.
    """

    general: Any
    audience: Hashable
    named: Mapping[str, Any]


@dataclass(frozen=True)
class Given:
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

    def given(self, choices: Sequence[Any], asked: Asked) -> Given:
        """Take apart what shapes a statement and what fills it."""
        forms: list[Hashable] = []
        values: dict[str, Any] = {}
        parameters: dict[tuple[int, int], Any] = {}
        for number, choice in enumerate(choices):
            if choice is None:
                forms.append(None)
                continue
            form, found = self._filter(number, choice, asked)
            forms.append((choice.form, form))
            for name, value in choice.values.items():
                values[f"{name}_of_{number}"] = value
            for at, value in found:
                parameters[number, at] = value
        return Given(choices, tuple(forms), values, parameters)

    def _filter(self, number: int, choice: Any, asked: Asked) -> Any:
        if choice.filter_by is None:
            return None, ()
        key = (asked.audience, number, choice.filter_by)
        found = self._found.get(key)
        if found is None:
            found = self._found.keep(key, self._read(choice, asked))
        return found

    def _read(self, choice: Any, asked: Asked) -> tuple[object, Sequence[tuple[int, Any]]]:
        form, found = form_of(list(choice.matched(asked.general)))
        if form is None:
            message = "a filter without a structure"
            raise Unfusible(message)
        spread = tuple(tuple(it.effective_value) for it in found if it.expanding)
        # One object stands for the form, whose own hash is as long as the filter's SQL.
        one = self._forms.get((form, spread)) or self._forms.keep((form, spread), object())
        own = [(at, it) for at, it in enumerate(found) if it.key not in asked.named]
        return one, [(at, it.effective_value) for at, it in own]


class Statement:
    """One compiled statement with the order and the processors of its parameters."""

    def __init__(
        self, select: Select[Any], shaping: Shaping, dialect: Dialect, named: Mapping[str, Any]
    ) -> None:
        """Compile. named: the parameters that every request gives by name. Unfusible: unsafe."""
        compiled = select.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- narrows the type.
        self.text = str(compiled)
        filled = _filled(compiled, shaping, named)
        self._sent: list[Any] = []
        self._open: list[tuple[int, str, tuple[int, int] | None, _Processor | None]] = []
        for at, name in enumerate(compiled.positiontup or ()):
            process, value = _processor(compiled, name, dialect), compiled.params[name]
            if name in named or name in filled:
                self._open.append((at, name, filled.get(name), process))
                process = None
            elif isinstance(value, _REQUESTS):
                message = "a value of the request inside a relation"
                raise Unfusible(message)
            self._sent.append(value if process is None else process(value))

    def values(self, named: Mapping[str, Any], what: Given) -> Sequence[Any]:
        """Return the parameters of one request, in their order."""
        sent, given = self._sent.copy(), {**named, **what.values}
        for at, name, place, process in self._open:
            value = given[name] if place is None else what.parameters[place]
            sent[at] = value if process is None else process(value)
        return sent


def _filled(
    compiled: SQLCompiler, shaping: Shaping, named: Mapping[str, Any]
) -> dict[str, tuple[int, int]]:
    """Return parameter -> which value of which filter it carries, where it is not a named one."""
    filled = {}
    for place, parameters in shaping.filled.items():
        for parameter in parameters:
            if parameter.key in named:
                continue
            if parameter not in compiled.bind_names:
                message = "a filter whose values are not found"
                raise Unfusible(message)
            filled[compiled.bind_names[parameter]] = place
    return filled


def _processor(compiled: SQLCompiler, name: str, dialect: Dialect) -> _Processor | None:
    """Return how a parameter's type sends values; the items of an expanded list have its type."""
    own = name if name in compiled.binds else name.rpartition("_")[0]
    parameter = compiled.binds[own]
    return parameter.type.dialect_impl(dialect).bind_processor(dialect)
