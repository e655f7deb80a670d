"""How the enums of the models become GraphQL enums with a description on every value."""

from enum import Enum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

Choices = TypeVar("Choices", bound=Enum)


def described(choices: type[Choices], name: str, description: str, **values: str) -> type[Choices]:
    """Make an enum of the models a GraphQL enum. values: name of a value -> its description.

    A value without a description of its own is described by its name in words.
    """
    if not hasattr(choices, "__strawberry_definition__"):
        strawberry.enum(choices)
    # An input that was made before names the definition that is there: it is described in place.
    definition: StrawberryEnumDefinition = choices.__strawberry_definition__  # type: ignore[attr-defined]
    definition.name, definition.description = name, description
    for value in definition.values:
        words = value.name.replace("_", " ").capitalize()
        value.description = values.get(value.name, f"{words}.")
    return choices


def offered(
    choices: type[Choices], name: str, description: str, noun: str, **values: str
) -> type[Choices]:
    """Make the actions of `availableActions` a GraphQL enum, as `described`.

    An action is described by its mutation, which begins with the noun: HOLD by `orderHold`. values:
    what is said instead.
    """
    mutations = {it.name: f"`{noun}{it.name.title().replace('_', '')}`." for it in choices}
    return described(choices, name, description, **mutations | values)
