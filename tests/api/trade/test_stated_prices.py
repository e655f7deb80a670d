"""Every price, discount and kind of order that an input takes is guarded: found from the schema."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import get_named_type

from admission.demands import of_field
from models.access.viewers import OTHERS, Actor, CompanyRole, Scope, allowed
from tests.make import Ask, World
from tests.make.everything import CORE, SHOWN, makers
from tests.make.scene import scene
from tests.make.sweeps.leaves import Leaf, leaves, put

TERMS = re.compile("(?<!un)price(?!Group|List)|discount|amount", re.IGNORECASE)
TYPES = {"MoneyInput", "OrderKind"}
ONLY_COMPARED = "expectedUnitPrice"
"""What says a price and states none."""
OTHER_VALUE = {"Decimal": "7.25", "ENUM": "REPLACEMENT"}
BEYOND = frozenset().union(
    *(allowed(actor) for actor in OTHERS), allowed(Actor.BUYER, CompanyRole.APPROVER)
)
"""Every scope that anybody but staff may have."""


def _inputs_of(kind: Any) -> Iterator[tuple[str, Any]]:
    """Yield every field of an input type, and of the inputs in it."""
    for name, field in kind.fields.items():
        of = get_named_type(field.type)
        yield name, of
        if hasattr(of, "fields"):
            yield from _inputs_of(of)


def _terms(mutation: str) -> set[str]:
    """Return the fields of a mutation's input that say what something costs, or for nothing."""
    kind = get_named_type(SHOWN.mutation_type.fields[mutation].args["input"].type)
    found = {name for name, of in _inputs_of(kind) if TERMS.search(name) or of.name in TYPES}
    return found - {ONLY_COMPARED}


REPORTS = {"orderRecordPayment", "ordersRecordPayments"}
"""They tell what was paid, which prices nothing."""
ORDERED = {"unitPrice", "discountPercent", "discountAmount", "amount", "kind"}
"""Of an order, its lines, charges and taxes."""
ON_LINES = {"unitPrice", "discountPercent", "discountAmount"}
STATED = {
    name: found for name in SHOWN.mutation_type.fields.keys() - REPORTS if (found := _terms(name))
}
OPEN = {
    name: found
    for name, found in STATED.items()
    if of_field(CORE.mutation_type, CORE.mutation_type.fields[name])
    <= BEYOND - {Scope.PRICES_STATE}
}
"""Those that others than staff may call who are not trusted with prices."""


def test_terms_are_found_where_they_are_known_to_be() -> None:
    assert {
        "contractAmend": {"unitPrice"},
        "contractCreate": {"unitPrice"},
        "orderApprove": {"prices", "unitPrice"},
        "orderPlace": ORDERED,
        "orderAddLines": ON_LINES,
        "orderStateAmounts": {"amount"},
        "ordersImport": ORDERED,
        "ordersUpdate": ON_LINES,
        "partiesUpsert": {"approvalLimit", "approvalLimitPerDay", "amount"},
        "priceListEntriesUpsert": {"unitPrice"},
        "productsUpsert": {"listPrice", "amount"},
    } == STATED
    assert OPEN.keys() == {"orderPlace", "orderApprove"}


def _stated(mutation: str, values: Any) -> Iterator[Leaf]:
    kind = SHOWN.mutation_type.fields[mutation].args["input"].type
    for leaf in leaves(kind, values):
        is_one = leaf.name in STATED[mutation] and leaf.kind in OTHER_VALUE
        # What a charge is for says nothing of how much it is.
        if is_one and (leaf.owner, leaf.name) != ("OrderChargeInput", "kind"):
            yield leaf


@pytest.mark.parametrize("mutation", sorted({*OPEN, "ordersImport"}))
async def test_without_the_scope_no_field_states_terms(
    world: World, ask: Ask, mutation: str
) -> None:
    here, seen = await scene(world, ask), set()
    plain = ask.by(await world.key(Actor.STAFF, scopes=sorted(set(Scope) - {Scope.PRICES_STATE})))
    takes = f"{mutation[0].upper()}{mutation[1:]}Input"
    results = "results { userErrors { code field } }" if mutation == "ordersImport" else ""
    document = f"""mutation ($input: {takes}!) {{
      it: {mutation}(input: $input) {{ userErrors {{ code field }} {results} }} }}"""
    for maker in makers(mutation):
        for leaf in _stated(mutation, await maker(here)):
            values = await _plain(mutation, maker, here, leaf)
            changed = put(values, leaf.path, OTHER_VALUE[leaf.kind])
            payload = (await plain(document, input=changed))["it"]
            refusals = payload["userErrors"] or payload["results"][0]["userErrors"]
            assert [it["code"] for it in refusals] == ["NOT_ALLOWED"], leaf.path
            assert refusals[0]["field"] == leaf.shown[: len(refusals[0]["field"])]
            seen.add(leaf.name)
    assert seen == {it for it in STATED[mutation] if it != "prices"}


async def _plain(mutation: str, maker: Any, here: Any, wanted: Leaf) -> Any:
    """Return a valid input that states nothing, with the list in which what is wanted stands."""
    values = await maker(here)
    for leaf in list(_stated(mutation, values)):
        listed = _listed(leaf)
        if listed and listed != _listed(wanted):
            values = put(values, listed, [])
        elif leaf.name != "unitPrice" or mutation != "orderApprove":
            plain = {"Decimal": "0", "ENUM": "STANDARD"}[leaf.kind]
            values = put(values, leaf.path, None if leaf.name == "unitPrice" else plain)
    return values


def _listed(leaf: Leaf) -> tuple[str | int, ...] | None:
    """Return the path of the list of amounts in which a leaf stands."""
    places = [place for place, it in enumerate(leaf.path) if it in {"charges", "taxes"}]
    return leaf.path[: places[0] + 1] if places else None
