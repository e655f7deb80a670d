"""A fused field as compiled statements: one for each shape of its arguments, values bound later."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from execution.fusing import Shaping, Unfusible, form_of

Kept = TypeVar("Kept")

_REQUESTS = (UUID, date)
"""Values that belong to a request: never constants of a statement that others use too."""


class Bounded(Generic[Kept]):
    """The values that were used last."""

    def __init__(self, size: int) -> None:
        """Take how many to keep."""
        self._size = size
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, key: Hashable) -> Kept | None:
        """Return a kept value."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, value: Kept) -> Kept:
        """Keep a value, and forget the one that was not used for longest."""
        self._kept[key] = value
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._kept)


@dataclass(frozen=True)
class Given:
    """What the arguments of one request chose. form: what shapes the statement of all that."""

    choices: Sequence[Any]
    form: Hashable
    values: Mapping[str, Any]
    parameters: Mapping[tuple[int, int], Any]


def given(choices: Sequence[Any], asking: Any) -> Given:
    """Take apart what shapes a statement and what fills it."""
    forms: list[Hashable] = []
    values: dict[str, Any] = {}
    parameters: dict[tuple[int, int], Any] = {}
    for number, choice in enumerate(choices):
        if choice is None:
            forms.append(None)
            continue
        form, found = form_of(list(choice.matched(asking, choice.source)))
        if form is None:
            message = "a filter without a structure"
            raise Unfusible(message)
        spread = tuple(tuple(it.effective_value) for it in found if it.expanding)
        forms.append((choice.form, form, spread))
        values |= {f"{name}_of_{number}": it for name, it in choice.values.items()}
        parameters |= {(number, at): it.effective_value for at, it in enumerate(found)}
    return Given(choices, tuple(forms), values, parameters)


class Statement:
    """One compiled statement with the order and the processors of its parameters."""

    def __init__(
        self, select: Select[Any], shaping: Shaping, dialect: Dialect, named: Mapping[str, Any]
    ) -> None:
        """Compile. named: the parameters that every request gives by name. Unfusible: unsafe."""
        compiled = select.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- narrows the type.
        self.text = str(compiled)
        self._values = dict(compiled.params)
        self._order = [
            (name, _processor(compiled, name, dialect)) for name in compiled.positiontup or ()
        ]
        self._filled = _filled(compiled, shaping)
        requests = {*named, *self._filled}
        for name, value in self._values.items():
            if name not in requests and isinstance(value, _REQUESTS):
                message = "a value of the request inside a relation"
                raise Unfusible(message)

    def values(self, named: Mapping[str, Any], what: Given) -> tuple[Any, ...]:
        """Return the parameters of one request, in their order."""
        values = {**self._values, **named, **what.values}
        for name, place in self._filled.items():
            values[name] = what.parameters[place]
        return tuple(
            values[name] if process is None else process(values[name])
            for name, process in self._order
        )


def _filled(compiled: SQLCompiler, shaping: Shaping) -> dict[str, tuple[int, int]]:
    """Return parameter -> which value of which filter it carries."""
    filled = {}
    for place, parameters in shaping.filled.items():
        for parameter in parameters:
            if parameter not in compiled.bind_names:
                message = "a filter whose values are not found"
                raise Unfusible(message)
            filled[compiled.bind_names[parameter]] = place
    return filled


def _processor(compiled: SQLCompiler, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return how a parameter's type sends values; the items of an expanded list have its type."""
    own = name if name in compiled.binds else name.rpartition("_")[0]
    parameter = compiled.binds[own]
    return parameter.type.dialect_impl(dialect).bind_processor(dialect)
