"""Ids in inputs are named alike: docs/PORTAL.md says the rule."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from kit.ids import Names
from kit.inputs import Input, camel
from tests.make.everything import ROOTS, SHOWN

ROLES = {
    "shipTo": "Address",
    "buyerContact": "Contact",
    "carrier": "Party",
    "provider": "Party",
    "successor": "Contract",
    "partner": "PartnerProfile",
    "actorKey": "ApiKey",
    "removeLine": "OrderLine",
}
"""Name of an id -> the type of what it names, where it says which of them it is."""
ANYTHING = "object"
"""Name of the id of whatever has a history."""
Named = tuple[str, str, str]
"""Verb or root field, name of an id without its end, type of what it names."""


def _marks(annotation: Any) -> Iterator[Names]:
    if isinstance(annotation, Names):
        yield annotation
    for part in get_args(annotation):
        yield from _marks(part)


def _models(of: type[Input] = Input) -> Iterator[type[Input]]:
    for each in of.__subclasses__():
        yield each
        yield from _models(each)


MODELS = {name: model for model in _models() for name in (model.__name__, f"{model.__name__}Input")}


def _types(model: type[Input], field: str) -> set[str]:
    """Return the types that a field of an input names."""
    (info,) = (it for name, it in model.model_fields.items() if camel(name) == field)
    marks = [it for it in info.metadata if isinstance(it, Names)]
    return {it.type_name for it in (*marks, *_marks(info.annotation))}


def _ids(field: str, kind: Any, seen: frozenset[str] = frozenset()) -> Iterator[Named]:
    """Yield the ids in an input, and in all inputs in it."""
    if not isinstance(kind, GraphQLInputObjectType) or kind.name in seen:
        return
    for name, each in kind.fields.items():
        named = get_named_type(each.type)
        if named.name == "ID":
            base = re.sub("Ids?$", "", name)
            yield from ((field, base, it) for it in _types(MODELS[kind.name], name))
        yield from _ids(field, named, seen | {kind.name})


def _all() -> set[Named]:
    fields = [*SHOWN.mutation_type.fields.items(), *ROOTS.items()]
    inputs = ((name, it.type) for name, field in fields for it in field.args.values())
    return {each for name, kind in inputs for each in _ids(name, get_named_type(kind))}


def is_named_alike(field: str, base: str, kind: str) -> bool:
    """Tell whether an id is called as its type, without words with which the verb begins, or by
    its role."""
    words = re.findall("[A-Z][a-z]*", kind)
    shorter = ["".join(words[it:]) for it in range(len(words))]
    begun = ["".join(words[:it]) for it in range(len(words))]
    fits = (
        short[0].lower() + short[1:] == base and field.lower().startswith(before.lower())
        for short, before in zip(shorter, begun, strict=True)
    )
    return any(fits) or ROLES.get(base) == kind or base == ANYTHING


def test_ids_in_inputs_are_named_alike() -> None:
    found = _all()
    assert sorted(it for it in found if not is_named_alike(*it)) == []
    assert {base for _, base, _ in found} >= {*ROLES, ANYTHING}
    assert len(found) > 100


@pytest.mark.parametrize(
    ("field", "base", "kind", "fits"),
    [
        ("deliveryPlan", "orderLine", "OrderLine", True),
        ("orderCancelLines", "line", "OrderLine", True),
        ("deliveryPlan", "line", "OrderLine", False),
        ("orderPlace", "address", "Address", True),
        ("orderPlace", "where", "Address", False),
    ],
)
def test_the_rule_is_that_of_the_docs(field: str, base: str, kind: str, fits: bool) -> None:  # noqa: FBT001 -- what is expected.
    assert is_named_alike(field, base, kind) is fits
