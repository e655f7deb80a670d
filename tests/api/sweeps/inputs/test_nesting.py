"""Input that nests deeper than any takes is refused as such, wherever it stands."""

from typing import Any

from graphql import get_named_type, get_nullable_type, is_input_object_type, is_list_type

from kit.limits import DEEP
from models.access.viewers import Actor
from tests.make import Ask, World
from tests.make.everything import CORE

NAMES = list(CORE.mutation_type.fields)
TOO_DEEP = {"code": "GRAPHQL_VALIDATION_FAILED", "requested": DEEP + 1, "maximum": DEEP}


def _nested(levels: int, *, of_lists: bool) -> Any:
    """Return lists, or objects of no known field, inside of each other."""
    found: Any = ""
    for _ in range(levels):
        found = [found] if of_lists else {"k": found}
    return found


def _fields(name: str) -> dict[str, Any]:
    found: dict[str, Any] = get_named_type(_input(name)).fields
    return found


def _input(name: str) -> Any:
    return CORE.mutation_type.fields[name].args["input"].type


def _document(name: str) -> str:
    return f"mutation ($i: {_input(name)}) {{ {name}(input: $i) {{ userErrors {{ code }} }} }}"


def _levels(kind: Any) -> int:
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        return 1 + _levels(kind.of_type)
    if is_input_object_type(kind):
        return 1 + max(_levels(it.type) for it in kind.fields.values())
    return 0


def test_no_argument_nests_as_deep_as_variables_may() -> None:
    roots = [*CORE.mutation_type.fields.values(), *CORE.query_type.fields.values()]
    assert max(_levels(it.type) for field in roots for it in field.args.values()) < DEEP


async def test_what_nests_too_deep_is_not_even_read(ask: Ask, world: World) -> None:
    for name in NAMES:
        # No key has the points for all of them.
        by, key = ask.by(await world.key(Actor.STAFF)), next(iter(_fields(name)))
        objects, lists = _nested(900, of_lists=False), {key: _nested(DEEP, of_lists=True)}
        for input_ in (objects, lists):
            (error,) = (await by.answer(_document(name), i=input_))["errors"]
            assert error["extensions"] == TOO_DEEP, name


async def test_what_nests_as_deep_as_it_may_is_refused_by_the_input(ask: Ask, world: World) -> None:
    for name in NAMES:
        by = ask.by(await world.key(Actor.STAFF))
        fields = {key: _nested(DEEP - 1, of_lists=True) for key in _fields(name)}
        for input_ in (_nested(DEEP, of_lists=False), fields):
            answer = await by.answer(_document(name), i=input_)
            assert answer["data"][name]["userErrors"], name


async def test_what_nests_in_a_document_is_its_error(ask: Ask) -> None:
    for levels in (30, 150, 300, 900):
        for begin, end in (("[", "]"), ("{k: ", "}")):
            text = f"deliveries: {begin * levels}1{end * levels}"
            document = f"mutation {{ deliveryPlan(input: {{{text}}}) {{ __typename }} }}"
            codes = {it["extensions"]["code"] for it in (await ask.answer(document))["errors"]}
            assert codes <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}, levels
