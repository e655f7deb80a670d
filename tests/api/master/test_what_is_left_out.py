"""Upserts: what is left out stays, null empties; every optional field of every upsert."""

from copy import deepcopy
from typing import Any, get_args

import pytest
from graphql import get_named_type

from kit.inputs import Upsert, camel
from tests.make.everything import SHOWN, makers
from tests.make.scene import Scene, fresh, gln, scene

MODELS = {
    f"{it.__name__}Input": it for it in Upsert.__subclasses__() if it.__name__.endswith("Upsert")
}
"""Inputs of upserts; an order that is sent again has tests of its own."""
TOGETHER = [{"keepsFromC", "keepsToC"}, {"ownIdentification", "ownQualifier"}]
"""Fields that are one thing, whose values are given with each other only."""
KEYS = {
    "PackagingUpsertInput": {"packaging"},
    "PriceListEntryUpsertInput": {"packaging", "fromQuantity"},
    "PriceListUpsertInput": {"partyNumber", "partyGroup", "channelCode"},
    "PartyUpsertInput": {"contacts", "addresses"},
}
"""Fields that belong to the key or to a quantity, name others to write, or have one value."""
OTHERS = {
    ("ProductUpsertInput", "unit"): "KILOGRAM",
    ("ProductUpsertInput", "scale"): 2,
    ("PartyUpsertInput", "kind"): "PERSON",
    ("PartyUpsertInput", "roles"): ["SUPPLIER"],
}
"""Values that are not what a new row has; of flags the contrary, but of one that is refused."""
METHODS = ["PARCEL", "EXPRESS", "FREIGHT", "COURIER", "LOCKER", "SHOP_PICKUP", "NEIGHBOUR"]


def _upserts():
    """Yield (mutation, items field, nested items field or None, item's input type)."""
    for mutation, field in SHOWN.mutation_type.fields.items():
        if mutation.endswith("Upsert"):
            fields = get_named_type(field.args["input"].type).fields
            (name,) = fields.keys() - {"idempotencyKey"}
            kind = get_named_type(fields[name].type)
            yield mutation, name, None, kind
            for nested, part in kind.fields.items():
                if get_named_type(part.type).name in MODELS:
                    yield mutation, name, nested, get_named_type(part.type)


UPSERTS = list(_upserts())


def _optional(kind: Any) -> list[set[str]]:
    """Return the optional fields, those together that are one thing."""
    model, left = MODELS[kind.name], KEYS.get(kind.name, set())
    found = [{camel(name)} for name, it in model.model_fields.items() if not it.is_required()]
    whole = [next((it for it in TOGETHER if names <= it), names) for names in found]
    fields = []
    for names in whole:
        if not names & left and names not in fields:
            fields.append(names)
    return fields


def _full(kind: Any, item: dict[str, Any]) -> dict[str, Any]:
    """Return an item with values that no new row has by itself."""
    model = MODELS[kind.name]
    for name, field in model.model_fields.items():
        if isinstance(field.default, bool):
            item[camel(name)] = not field.default
        item[camel(name)] = OTHERS.get((kind.name, camel(name)), item.get(camel(name)))
    return {name: value for name, value in item.items() if value is not None}


class _Items:
    """An item for each optional field, all under keys of their own."""

    def __init__(self, here: Scene, upsert: Any, values: dict[str, Any]) -> None:
        mutation, self.name, self.nested, self.kind = upsert
        self.ask, self.fields = here.ask, _optional(self.kind)
        takes = f"{mutation[0].upper()}{mutation[1:]}Input"
        self.document = f"""mutation ($input: {takes}!) {{ {mutation}(input: $input) {{
            results {{ status userErrors {{ code field }} }} userErrors {{ code field }} }} }}"""
        self.mutation = mutation
        self.items = [self._own(deepcopy(values), place) for place, _ in enumerate(self.fields)]

    def _own(self, item: dict[str, Any], place: int) -> dict[str, Any]:
        for name in {"code", "sku", "number", "identification"} & item.keys():
            item[name] = fresh("K")
        for name in {"gtin", "gln"} & item.keys():
            item[name] = gln()
        if "owner" in item:
            item["owner"] |= {"service": fresh("S")}
        if "method" in item:
            item["method"] = METHODS[place]
        if "fromQuantity" in item:
            item["fromQuantity"] = str(100 + place)
        part = item if self.nested is None else item[self.nested][0]
        full = _full(self.kind, part)
        part.clear()
        part.update(full)
        return item

    def without(self, value: Any = ..., *, every: bool = False) -> list[dict[str, Any]]:
        """Return the items, each without its own field (or every optional one), or with a value."""
        changed = deepcopy(self.items)
        for item, own in zip(changed, self.fields, strict=True):
            part = item if self.nested is None else item[self.nested][0]
            for name in set().union(*self.fields) if every else own:
                del part[name]
                if value is not ...:
                    part[name] = value
        return changed

    async def write(self, items: list[dict[str, Any]]) -> list[tuple[str, Any]]:
        """Return what became of each item, with the fields that are refused."""
        answer = (await self.ask(self.document, input={self.name: items}))[self.mutation]
        assert answer["userErrors"] == []
        return [
            (result["status"], {(it["code"], it["field"][-1]) for it in result["userErrors"]})
            for result in answer["results"]
        ]


@pytest.fixture(params=UPSERTS, ids=[f"{it[0]}-{it[2] or 'own'}" for it in UPSERTS])
async def items(request, world, ask):
    here = await scene(world, ask)
    values = (await makers(request.param[0])[0](here))[request.param[1]][0]
    return _Items(here, request.param, values)


async def test_what_is_left_out_stays_and_null_empties(items):
    every = len(items.fields)
    assert await items.write(items.without()) == [("CREATED", set())] * every
    assert await items.write(items.items) == [("UPDATED", set())] * every
    assert await items.write(items.without()) == [("UNCHANGED", set())] * every
    assert await items.write(items.without(every=True)) == [("UNCHANGED", set())] * every
    model = MODELS[items.kind.name]
    empties = {
        camel(name)
        for name, field in model.model_fields.items()
        if type(None) in get_args(field.annotation)
    }
    expected = [
        ("UPDATED" if own <= empties else "UNCHANGED", set[tuple[str, str]]())
        for own in items.fields
    ]
    assert await items.write(items.without(None)) == expected


def test_every_input_of_an_upsert_keeps_what_is_left_out():
    assert {kind.name for *_, kind in UPSERTS} == MODELS.keys()
