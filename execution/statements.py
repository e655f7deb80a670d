"""A fused field as compiled statements: one for each shape of its arguments, values bound later."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLSchema,
    GraphQLType,
)
from sqlalchemy import Select
from sqlalchemy.sql.visitors import Visitable

from execution.arguments import Converter
from execution.building import Unfusible
from execution.fields import (
    Chosen,
    Column,
    Kinds,
    Listed,
    Parts,
    Related,
    WholeField,
    Worded,
    Written,
)
from kit.db.statements import Compiled, Statement
from kit.loop.apart import Payer
from kit.loop.recent import PLACE
from kit.loop.weight import weight_of

_REQUESTS = (UUID, date)
"""Values that belong to a request: never constants of a statement that others use too."""
DECLARED_ONCE = (
    *(GraphQLSchema, GraphQLType, GraphQLField, GraphQLArgument, GraphQLInputField),
    *(Related, Chosen, WholeField, Parts, Column, Written, Listed, Worded, Kinds),
    *(Converter, Enum, Visitable),
)
"""Kinds of what is declared once: documents and plans refer to it, and it stays without them."""


def bytes_of(value: object, *shared: type) -> int:
    """Return what it takes to remember a value. shared: more kinds of what is declared once."""
    return PLACE + weight_of(value, DECLARED_ONCE + shared)


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

    def planned(self, length: int, what: Hashable = None) -> None:
        """Take note that a statement of so many characters is needed; what: it, if it is kept."""


@dataclass(frozen=True)
class Arguments:
    """What the arguments of one request chose. form: what shapes the statement of all that."""

    choices: Sequence[Any]
    form: Hashable
    values: Mapping[str, Any]

    @classmethod
    def of(cls, choices: Sequence[Any]) -> "Arguments":
        """Take apart what shapes a statement and what fills it."""
        forms = tuple(None if it is None else it.form for it in choices)
        values = {
            f"{name}_of_{number}": value
            for number, choice in enumerate(choices)
            if choice is not None
            for name, value in choice.values.items()
        }
        return cls(choices, forms, values)


def compiled_of(select: Select[Any], named: Mapping[str, Any]) -> Compiled:
    """Compile. named: the parameters that every request gives. Unfusible: others are its."""
    compiled = Compiled.of(select)
    for name, _, value in compiled.parameters:
        if isinstance(value, _REQUESTS) and name not in named:
            message = "a value of the request inside a relation"
            raise Unfusible(message)
    return compiled


class Filled:
    """A compiled statement whose named parameters each request fills in.

    text: as it is sent where no key of the answer is numbered. lasts: see `Compiled`.
    """

    def __init__(self, compiled: Compiled) -> None:
        """Take what was compiled."""
        self._statement = Statement(compiled)
        self.text: str = self._statement.text
        self.lasts: bool = self._statement.lasts

    def values(self, named: Mapping[str, Any], arguments: Arguments) -> Sequence[Any]:
        """Return the parameters of one request, in their order."""
        return self._statement.values({**named, **arguments.values})
