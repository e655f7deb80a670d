"""What something takes of memory, so that what is remembered is bounded by bytes."""

from collections.abc import Sequence
from gc import get_referents
from sys import getsizeof
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

_EVERYBODYS = (type, ModuleType, BuiltinFunctionType, CodeType)
"""What is there whatever is remembered."""
_ATTRIBUTES = 96
"""Bytes of an object's attributes, about, which `getsizeof` does not know of."""


def weight_of(value: object, shared: tuple[type, ...] = ()) -> int:
    """Return the bytes of a value with all that it holds, each object once.

    shared: kinds of objects that stay without it, and all that they hold. What several values hold
    weighs in each of them: together they take no more than they weigh.
    """
    kinds, seen, weight, ahead = dict[type, int | None](), set[int](), 0, [value]
    while ahead:
        each = ahead.pop()
        kind = type(each)
        if kind not in kinds:
            kinds[kind] = None if issubclass(kind, _EVERYBODYS + shared) else _beside(kind)
        beside = kinds[kind]
        if beside is not None and id(each) not in seen:
            seen.add(id(each))
            weight += getsizeof(each) + beside
            ahead += _held(each)
    return weight


def _beside(kind: Any) -> int:
    return _ATTRIBUTES if kind.__dictoffset__ < 0 else 0


def _held(value: object) -> Sequence[object]:
    """Return what it holds; of a function what it was made with, not the module that it is of."""
    if isinstance(value, FunctionType):
        return [value.__closure__, value.__defaults__, value.__kwdefaults__]
    return get_referents(value)
