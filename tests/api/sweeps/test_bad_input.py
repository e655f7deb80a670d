"""Wrong input to every mutation: a typed refusal at the field's path, and nothing is written.

Valid inputs come from tests.make.everything, their fields from the schema;
tests.make.sweeps.leaves knows what is wrong for each kind of field. All that is wrong in a wing
is told at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphql import get_named_type

from admission.demands import of_field
from commands.writing.running import standins, trials
from kit.db.statements import dumps
from kit.errors import Odd, Refused
from kit.ids import from_global
from kit.inputs import Input
from models.access.journal import JournalEntry
from models.access.viewers import SCOPES, Actor
from schema.graphql.inputs import client_path
from tests.execution.whole import batched
from tests.make import Ask, World
from tests.make import world as another_world
from tests.make.everything import CORE, SHARED, SHOWN, WINGS, inputs_of, items_of, makers
from tests.make.feed import rows
from tests.make.scene import Scene, scene
from tests.make.sweeps.leaves import (
    Leaf,
    absent_of,
    at,
    empties,
    is_for_people,
    leaves,
    put,
    unknown,
    without,
    wrong_types,
    wrong_values,
)
from tests.make.sweeps.rows import digests, every_text
from tests.make.sweeps.rules import MODELS, Cases, snake

NARROWED = {"carrierId": "trackingNumber"}
"""What only narrows another field: of an event, the carrier says whose number it is."""
AT_ONCE = 10
"""Inputs that one operation sends where nobody counts them."""
pytestmark = pytest.mark.prepared("inputs")
every_wing = pytest.mark.parametrize("wing", WINGS)
TWICE_IS_FINE = {
    "events",
    "addLines",
    "deliveries",
    "contents",
    "roles",
    "duties",
    "scopes",
    "deliveryMethods",
    "hazardClasses",
    "documents",
    "payments",
    "correctiveEventIds",
    "closures",
}
"""Lists of which an item may stand twice, or that are refused for another reason."""
FINE_HERE = {("contractCreate", "lines"), ("contractRelease", "lines"), ("releasesRecord", "lines")}
"""The same, of one mutation."""
TWICE_COUNTS = {"deliveriesRecord", "ordersRecordPayments", "parcelRecordTracking"}
"""Verbs of facts: the same again is UNCHANGED, or another fact of the same kind."""


def input_of(name: str) -> Any:
    return SHOWN.mutation_type.fields[name].args["input"].type


def leaves_of(name: str, values: dict[str, Any]) -> list[Leaf]:
    return list(leaves(input_of(name), values))


def further(known: set[Any], name: str, values: dict[str, Any]) -> Iterator[Leaf]:
    """Yield the fields of an input that no input of its mutation had before; they are known then.

    Fields are refused by themselves, whatever stands beside them.
    """
    for leaf in leaves_of(name, values):
        field = (name, *leaf.shown, leaf.kind, leaf.is_required)
        if field not in known:
            known.add(field)
            yield leaf


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
    variables = {f"v{it}": values for it, values in enumerate(inputs)}
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
    ask: Ask, name: str, values: Any, leaf: Leaf, cases: Iterable[tuple[Any, str]]
) -> list[str]:
    """Send each wrong value of a field; return what was answered otherwise than it should be."""
    cases = list(cases)
    found = await answers(ask, name, [put(values, leaf.path, value) for value, _ in cases])
    return [
        f"{'.'.join(leaf.shown)} = {shortened(value)}: {refusals}, not {code}"
        for (value, code), refusals in zip(cases, found, strict=True)
        if not any((it["code"], it["field"]) == (code, leaf.shown) for it in refusals)
    ]


Inputs = list[tuple[str, str, Any]]
"""What to call each input, its mutation, its fields."""


@pytest.fixture
def of_wing(wing: str, made: Mapping[str, Any]) -> Inputs:
    """Give the valid inputs of a wing."""
    return [(maker.__name__, name, made[maker.__name__]) for name, maker in inputs_of(wing)]


@pytest.fixture(autouse=True)
def _tried_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what is wrong beside it to `inputs/test_together.py`, where not all is asked."""
    if not request.config.getoption("--every-case"):
        monkeypatch.setattr(trials, "variations", lambda *_: [standins.Tried(None, ())] * 3)


@pytest.fixture
def some(request: pytest.FixtureRequest) -> Cases:
    """Choose what is asked of each field."""
    return Cases(whole=request.config.getoption("--every-case"))


@every_wing
async def test_a_wrong_value_is_refused_at_its_path_and_nothing_is_written(
    of_wing: Inputs, world: World, ask: Ask, some: Cases
) -> None:
    wrong, known, before = [], set[Any](), await digests(world)
    for about, name, values in of_wing:
        # No key has the points for all that is wrong.
        ask = ask.by(await world.key(Actor.STAFF))
        for leaf in further(known, name, values):
            if cases := wrong_values(leaf):
                found = await unexpected(ask, name, values, leaf, some.of(leaf, cases))
                wrong += [f"{about}: {it}" for it in found]
    assert not wrong, "\n".join(wrong)
    assert await digests(world) == before
    for about, name, values in of_wing:
        assert await answers(ask, name, [values]) == [[]], about


@every_wing
async def test_a_value_of_another_type_is_refused_at_its_path_in_plain_words(
    of_wing: Inputs, world: World, ask: Ask, some: Cases
) -> None:
    wrong, known, before = [], set[Any](), await digests(world)
    for about, name, values in of_wing:
        ask = ask.by(await world.key(Actor.STAFF))
        for leaf in further(known, name, values):
            cases = wrong_types(leaf)
            changed = [put(values, leaf.path, it) for it in cases and some.of(leaf, cases)]
            if leaf.is_required and isinstance(leaf.path[-1], str):
                changed.append(without(values, leaf.path))
            for each, refusals in zip(changed, await answers(ask, name, changed), strict=True):
                if not _names(refusals, leaf):
                    wrong.append(f"{about}: {leaf.shown}: {shortened(each)}: {refusals}")
    assert not wrong, "\n".join(wrong)
    assert await digests(world) == before


def _names(refusals: list[dict[str, Any]], leaf: Leaf) -> bool:
    """Tell whether a field is refused in plain words, by its path or below it."""
    fields = [it["field"] for it in refusals if is_plain(it["message"])]
    return leaf.shown in [it[: len(leaf.shown)] for it in fields]


def is_plain(message: str) -> bool:
    """Tell whether a text has no words of a library."""
    return not LIBRARY.search(message)


LIBRARY = re.compile(r"(?i)pydantic|cannot represent|\bexpected\b|should|non-null|instance|parse")


@every_wing
async def test_an_item_that_stands_twice_is_refused(
    of_wing: Inputs, world: World, ask: Ask
) -> None:
    wrong, ends, before = [], [], await digests(world)
    for about, name, values in of_wing:
        for leaf in leaves_of(name, values):
            twice = (
                put(values, leaf.path, [*leaf.value[:1], *leaf.value])
                if leaf.kind == "LIST"
                else None
            )
            if leaf.path == (items_of(name),):
                # Of what is answered one by one, the first item is taken: it is sent at last.
                ends += [(about, name, twice)] if name not in TWICE_COUNTS else []
                continue
            is_fine = leaf.name in TWICE_IS_FINE or (name, leaf.name) in FINE_HERE
            if twice and not is_fine:
                (refusals,) = await answers(ask, name, [twice])
                found = {(it["code"], *it["field"][: len(leaf.shown)]) for it in refusals}
                if not found & {(code, *leaf.shown) for code in ("DUPLICATE", "INVALID_WINDOW")}:
                    wrong.append(f"{about}: {leaf.shown}: {refusals}")
    assert await digests(world) == before
    for about, name, twice in ends:
        (refusals,) = await answers(ask, name, [twice])
        if {it["code"] for it in refusals} != {"DUPLICATE"}:
            wrong.append(f"{about}: an item stands twice: {refusals}")
    assert not wrong, "\n".join(wrong)


@every_wing
async def test_another_merchants_id_is_refused_as_an_unknown_one(
    of_wing: Inputs, wing: str, world: World, ask: Ask
) -> None:
    other, wrong = await another_world(world.database, world.clock), []
    there = await scene(other, ask.by(other.token))
    theirs = {maker.__name__: await maker(there) for _, maker in inputs_of(wing)}
    before = await digests(world), await digests(other)
    for about, name, values in of_wing:
        for leaf in leaves_of(name, values):
            if leaf.kind == "ID":
                field = NARROWED.get(leaf.name if "events" in leaf.path else "", leaf.path[-1])
                place = [*leaf.shown[:-1], str(field)]
                foreign = put(values, leaf.path, at(theirs[about], leaf.path))
                wrong += await differing(ask, name, values, leaf, foreign, place)
    assert not wrong, "\n".join(wrong)
    assert (await digests(world), await digests(other)) == before


async def differing(
    ask: Ask, name: str, values: Any, leaf: Leaf, foreign: Any, place: list[str]
) -> list[str]:
    """Return what tells a foreign id from an unknown one, or is told at another place."""
    found = await answers(ask, name, [foreign, put(values, leaf.path, unknown(leaf))])
    if found[0] == found[1] and [it["field"] for it in found[0]] == [place]:
        return []
    return [f"{name}: {leaf.shown}: {found}"]


BUYERS = [
    name
    for name, field in CORE.mutation_type.fields.items()
    if of_field(CORE.mutation_type, field) <= SCOPES[Actor.BUYER]
]


OF_A_PERSON = {"sessionRevoke": ["NOT_ALLOWED"]}
"""What is known to all of a company, and done by one of them only."""


async def test_another_companys_id_is_refused_to_a_buyer_as_an_unknown_one(
    here: Scene, world: World, ask: Ask
) -> None:
    there, wrong = await scene(world, ask), []
    for name in BUYERS:
        # No key has the points for the inputs of all.
        staff, maker = ask.by(await world.key(Actor.STAFF)), makers(name)[0]
        values, theirs = [await maker(replace(it, ask=staff)) for it in (here, there)]
        buyer, before = await here.as_buyer(), await digests(world)
        for leaf in leaves_of(name, values):
            if leaf.kind == "ID" and from_global(leaf.value)[0] not in SHARED:
                foreign = put(values, leaf.path, at(theirs, leaf.path))
                wrong += await differing(buyer, name, values, leaf, foreign, leaf.shown)
        assert await digests(world) == before, name
        (found,) = await answers(buyer, name, [values])
        assert [it["code"] for it in found] == OF_A_PERSON.get(name, []), name
    assert len(BUYERS) > 4
    assert not wrong, "\n".join(wrong)


KEYS = {
    *("channelCode", "closes", "time", "gln", "gtin", "language", "limit", "opens"),
    *("productSku", "sscc"),
    *("colour", "logoUrl", "quietFrom", "quietUntil", "NotificationPreferencesSetInput.address"),
    *("supportEmail", "email"),
    *("content", "identification", "ownIdentification", "ownQualifier", "qualifier"),
    *("referencePrefix", "serviceCharacters", "subdivision", "ScheduleCodeInput.code"),
    *("locationCode", "CalendarOwnerInput.service", "ShippingRouteInput.service"),
    *("hazardClass", "hazardClasses", "packaging", "unNumber", "variantOfSku"),
    *("channelCodes", "priceListCode", "buyerContactCode", "partyNumber", "shipToAddressCode"),
    *("text", "timeZone", "trackingNumber", "trackingUrl"),
    "PlaceRecipientInput.unloadingPoint",
    *("url", "eventTypes", "triggers", "WebhookConditionInput.field", "document"),
    "WebhookConditionInput.values",
    "OtherNumberInput.ours",
}
"""Texts that follow a rule of their own, or name a row."""


@every_wing
async def test_text_of_every_script_is_kept_as_it_is(
    of_wing: Inputs, world: World, ask: Ask
) -> None:
    texts, wrong = [], []
    for about, name, values in of_wing:
        changed = values
        for leaf in leaves_of(name, values):
            if leaf.kind == "String" and KEYS.isdisjoint({leaf.name, f"{leaf.owner}.{leaf.name}"}):
                odd = "👩🏽\u200d🔧 \u202eabc\u202c" if is_for_people(leaf) else "🔧 abc"
                texts.append(f"{len(texts)}: 🏭 {odd} שלום مرحبا ﷽ \u00e9 𝕏")
                # Whoever writes the same letter in two parts means the same.
                changed = put(changed, leaf.path, texts[-1].replace("\u00e9", "e\u0301"))
        if (found := await answers(ask, name, [changed])) != [[]]:
            wrong.append(f"{about}: {found}")
    assert not wrong, "\n".join(wrong)
    held = await every_text(world)
    assert [it for it in texts if it not in held] == []
    found = [dumps(it.payload) for it in await rows(world, JournalEntry)]
    assert [it for it in texts if any(dumps(it) in payload for payload in found)] == []


def as_named(value: Any) -> Any:
    """Return an input as Python names it."""
    if isinstance(value, list):
        return [as_named(it) for it in value]
    if isinstance(value, dict):
        return {snake(name): as_named(it) for name, it in value.items()}
    return value


@every_wing
def test_null_and_what_is_empty_are_as_if_left_out(of_wing: Inputs) -> None:
    wrong = []
    for about, name, values in of_wing:
        model = MODELS[get_named_type(input_of(name)).name]
        for leaf in leaves_of(name, values):
            if leaf.is_required or not isinstance(leaf.path[-1], str):
                continue
            left_out = read_or_shown(model, without(values, absent_of(leaf, values)))
            for empty in empties(leaf):
                read = read_or_shown(model, put(values, leaf.path, empty))
                # Of two that say whose something is, none may be taken away alone.
                if read != left_out and (empty, read) != (None, leaf.shown[:-1]):
                    wrong.append(f"{about}: {leaf.shown}: {empty}: {read}, not {left_out}")
    assert not wrong, "\n".join(wrong)


def read_or_shown(model: type[Input], values: Any) -> Input | list[str]:
    """Return the checked input, or the path at which it, or an item of it, was refused."""
    try:
        read = model.read(as_named(values))
    except Refused as refused:
        return client_path(refused.path)
    for name, items in read:
        for place, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, Odd):
                return client_path((name, place, *item.problems[0].path))
    return read


@every_wing
async def test_null_is_no_internal_fault(of_wing: Inputs, ask: Ask) -> None:
    wrong, known = [], set[Any]()
    for about, name, values in of_wing:
        optional = [it for it in further(known, name, values) if not it.is_required]
        for some in batched(optional, AT_ONCE):
            inputs = {f"v{n}": put(values, it.path, None) for n, it in enumerate(some)}
            answer = await ask.answer(document(name, len(some)), **inputs)
            if "errors" in answer:
                wrong.append(f"{about}: {[it.shown for it in some]}: {answer['errors']}")
    assert not wrong, "\n".join(wrong)
