"""Wrong input to every mutation: a typed refusal at the field's path, and nothing is written.

Valid inputs come from tests.make.sweeps.inputs, their fields from the schema;
tests.make.sweeps.leaves knows what is wrong for each kind of field.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from graphql import get_named_type

from kit.db.statements import dumps
from kit.errors import Refused
from kit.ids import from_global
from kit.inputs import Command, Input
from models.access.journal import JournalEntry
from schema.graphql.inputs import client_path
from tests.make import Ask, World
from tests.make import world as another_world
from tests.make.feed import rows
from tests.make.rows import digests, every_text
from tests.make.scene import scene
from tests.make.sweeps.inputs import MAKERS, Maker
from tests.make.sweeps.leaves import (
    SHOWN,
    Leaf,
    at,
    leaves,
    put,
    unknown,
    without,
    wrong_types,
    wrong_values,
)

NARROWED = {"carrierId": "trackingNumber"}
"""What only narrows another field: of an event, the carrier says whose number it is."""
INPUTS = [
    pytest.param(name, maker, id=maker.__name__)
    for name, makers in MAKERS.items()
    for maker in makers
]
every_input = pytest.mark.parametrize(("name", "maker"), INPUTS)
TOLD = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
TWICE_IS_FINE = {
    "events",
    "addLines",
    "deliveries",
    "contents",
    "roles",
    "scopes",
    "deliveryMethods",
}
"""Lists of which an item may stand twice, or that are refused for another reason."""


def input_of(name: str) -> Any:
    return SHOWN.mutation_type.fields[name].args["input"].type


def given_by(name: str, given: dict[str, Any]) -> list[Leaf]:
    return list(leaves(input_of(name), given))


def document(name: str, count: int) -> str:
    """Return a document that runs the mutation so many times; $v0 is the first one's input."""
    payload = get_named_type(SHOWN.mutation_type.fields[name].type)
    errors = "userErrors { code message field }"
    results = payload.fields.get("results")
    if results is not None and "userErrors" in get_named_type(results.type).fields:
        errors = f"results {{ {errors} }} {errors}"
    variables = ", ".join(f"$v{it}: {input_of(name)}" for it in range(count))
    calls = " ".join(f"a{it}: {name}(input: $v{it}) {{ {errors} }}" for it in range(count))
    return f"mutation ({variables}) {{ {calls} }}"


async def answers(ask: Ask, name: str, inputs: list[Any]) -> list[list[dict[str, Any]]]:
    """Run the mutation with each input, and return the refusals of each."""
    variables = {f"v{it}": given for it, given in enumerate(inputs)}
    answer = await ask.answer(document(name, len(inputs)), **variables)
    assert "errors" not in answer, answer["errors"]
    return [list(_refusals(answer["data"][f"a{it}"])) for it in range(len(inputs))]


def _refusals(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for result in payload.get("results") or ():
        yield from result["userErrors"]
    yield from payload["userErrors"]


def shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:40]}... ({len(text)})"


async def unexpected(
    ask: Ask, name: str, given: Any, leaf: Leaf, cases: Iterable[tuple[Any, str]]
) -> list[str]:
    """Send each wrong value of a field; return what was answered otherwise than it should be."""
    cases = list(cases)
    told = await answers(ask, name, [put(given, leaf.path, value) for value, _ in cases])
    return [
        f"{'.'.join(leaf.told)} = {shortened(value)}: {refusals}, not {code}"
        for (value, code), refusals in zip(cases, told, strict=True)
        if not any((it["code"], it["field"]) == (code, leaf.told) for it in refusals)
    ]


@every_input
async def test_a_wrong_value_is_refused_at_its_path_and_nothing_is_written(
    name: str, maker: Maker, world: World, ask: Ask
) -> None:
    here = await scene(world, ask)
    given, wrong = await maker(here), []
    before = await digests(world)
    for leaf in given_by(name, given):
        if cases := wrong_values(leaf):
            wrong += await unexpected(ask, name, given, leaf, cases)
    assert not wrong, "\n".join(wrong)
    assert await digests(world) == before
    assert await answers(ask, name, [given]) == [[]]


@every_input
async def test_a_value_of_another_type_is_no_internal_fault(
    name: str, maker: Maker, world: World, ask: Ask
) -> None:
    given, wrong = await maker(await scene(world, ask)), []
    before = await digests(world)
    for leaf in given_by(name, given):
        changed = [put(given, leaf.path, value) for value in wrong_types(leaf)]
        if leaf.is_required and isinstance(leaf.path[-1], str):
            changed.append(without(given, leaf.path))
        for it in changed:
            answer = await ask.answer(document(name, 1), v0=it)
            codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
            refusals = [] if codes else list(_refusals(answer["data"]["a0"]))
            if not (codes and codes <= TOLD) and leaf.told not in [r["field"] for r in refusals]:
                wrong.append(f"{leaf.told}: {shortened(it)}: {answer}")
    assert not wrong, "\n".join(wrong)
    assert await digests(world) == before


@every_input
async def test_an_item_that_stands_twice_is_refused(
    name: str, maker: Maker, world: World, ask: Ask
) -> None:
    given, wrong = await maker(await scene(world, ask)), []
    before = await digests(world)
    for leaf in given_by(name, given):
        is_fine = leaf.name in TWICE_IS_FINE or (name, leaf.name) in {
            ("contractCreate", "lines"),
            ("ordersImport", "orders"),
        }
        if leaf.kind == "LIST" and not is_fine:
            twice = put(given, leaf.path, [*leaf.value[:1], *leaf.value])
            (refusals,) = await answers(ask, name, [twice])
            told = {(it["code"], *it["field"][: len(leaf.told)]) for it in refusals}
            if not told & {(code, *leaf.told) for code in ("DUPLICATE", "INVALID_WINDOW")}:
                wrong.append(f"{leaf.told}: {refusals}")
    assert not wrong, "\n".join(wrong)
    assert await digests(world) == before


@every_input
async def test_another_merchants_id_is_refused_as_an_unknown_one(
    name: str, maker: Maker, world: World, ask: Ask
) -> None:
    given = await maker(await scene(world, ask))
    other = await another_world(world.database, world.clock)
    theirs = await maker(await scene(other, ask.by(other.token)))
    before = await digests(world), await digests(other)
    for leaf in given_by(name, given):
        if leaf.kind == "ID":
            foreign = put(given, leaf.path, at(theirs, leaf.path))
            missing = put(given, leaf.path, unknown(leaf))
            told = await answers(ask, name, [foreign, missing])
            assert told[0] == told[1]
            field = NARROWED.get(leaf.name if "events" in leaf.path else "", leaf.path[-1])
            assert [it["field"] for it in told[0]] == [[*leaf.told[:-1], str(field)]]
    assert (await digests(world), await digests(other)) == before


BUYERS = [
    pytest.param(name, MAKERS[name][0], id=name)
    for name in ("orderPlace", "contractCallOff", "contractRelease", "deliveryConfirmReceipt")
]
SHARED = {"Product", "Channel", "Location"}
"""What every company of a merchant may name."""


@pytest.mark.parametrize(("name", "maker"), BUYERS)
async def test_another_companys_id_is_refused_to_a_buyer_as_an_unknown_one(
    name: str, maker: Maker, world: World, ask: Ask
) -> None:
    here = await scene(world, ask)
    given, theirs = await maker(here), await maker(await scene(world, ask))
    buyer, before = await here.as_buyer(), await digests(world)
    for leaf in given_by(name, given):
        if leaf.kind == "ID" and from_global(leaf.value)[0] not in SHARED:
            foreign = put(given, leaf.path, at(theirs, leaf.path))
            missing = put(given, leaf.path, unknown(leaf))
            told = await answers(buyer, name, [foreign, missing])
            assert told[0] == told[1]
            assert [it["field"] for it in told[0]] == [leaf.told]
    assert await digests(world) == before
    assert await answers(buyer, name, [given]) == [[]]


KEYS = {
    *("channelCode", "closes", "gln", "gtin", "language", "limit", "opens", "productSku", "sscc"),
    *("timeZone", "trackingNumber"),
}
"""Texts that follow a rule of their own, or name a row."""


@every_input
async def test_text_of_every_script_is_kept_as_it_is(
    name: str, maker: Maker, world: World, ask: Ask
) -> None:
    given, texts = await maker(await scene(world, ask)), []
    for number, leaf in enumerate(given_by(name, given)):
        if leaf.kind == "String" and leaf.name not in KEYS:
            texts.append(f"{number}: 🏭👩🏽‍🔧 שלום مرحبا \u202eabc\u202c ﷽ e\u0301 𝕏")
            given = put(given, leaf.path, texts[-1])
    assert await answers(ask, name, [given]) == [[]]
    held = await every_text(world)
    assert [it for it in texts if it not in held] == []
    told = [dumps(it.payload) for it in await rows(world, JournalEntry)]
    assert [it for it in texts if any(dumps(it) in payload for payload in told)] == []


def snake(value: Any) -> Any:
    """Return an input as Python names it."""
    if isinstance(value, list):
        return [snake(it) for it in value]
    if isinstance(value, dict):
        return {re.sub("([A-Z])", r"_\1", name).lower(): snake(it) for name, it in value.items()}
    return value


def models(base: type[Input] = Command) -> Iterator[tuple[str, type[Input]]]:
    """Yield (name of the GraphQL input, its model) for every command."""
    for each in base.__subclasses__():
        yield f"{each.__name__}Input", each
        yield from models(each)


MODELS = dict(models())


@every_input
async def test_null_is_as_if_left_out_or_refused_at_its_path(
    name: str, maker: Maker, world: World, ask: Ask
) -> None:
    given = await maker(await scene(world, ask))
    model = MODELS[get_named_type(input_of(name)).name]
    for leaf in given_by(name, given):
        if leaf.is_required or not isinstance(leaf.path[-1], str):
            continue
        read = read_or_told(model, put(given, leaf.path, None))
        if not isinstance(read, list):
            assert read == read_or_told(model, without(given, leaf.path))
        else:
            assert read in (leaf.told, leaf.told[:-1])


def read_or_told(model: type[Input], given: Any) -> Input | list[str]:
    """Return the checked input, or the path at which it was refused."""
    try:
        return model.read(snake(given))
    except Refused as refused:
        return client_path(refused.path)


@every_input
async def test_null_is_no_internal_fault(name: str, maker: Maker, world: World, ask: Ask) -> None:
    given = await maker(await scene(world, ask))
    optional = [it for it in given_by(name, given) if not it.is_required]
    for leaf in optional:
        answer = await ask.answer(document(name, 1), v0=put(given, leaf.path, None))
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes <= TOLD, (leaf.told, answer)
