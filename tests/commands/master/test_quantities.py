"""Whatever takes a quantity takes it in packagings too."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest
from graphql import get_named_type
from pydantic.fields import FieldInfo

from commands.master.packagings.counting import Quantified
from kit.inputs import HowMuch, Input, camel
from schema.schema import schema
from schema.verbs import verbs
from tests.make.everything import SHOWN

KEPT = {
    "CallOffLine": "OrderLine",
    "CallOffPartLine": "DeliveryLine",
    "ContentPack": "ParcelContent",
    "ContractLineAmend": "ContractLine",
    "ContractLineCreate": "ContractLine",
    "LineConfirm": "LineAmendment",
    "OrderLineImport": "OrderLine",
    "OrderLinePlace": "OrderLine",
    "OrderLineUpdate": "OrderLine",
    "PackagingUpsert": "Packaging",
    "PlannedLine": "DeliveryLine",
    "PriceListEntryUpsert": "PriceListEntry",
    "ReceivedLine": "ReceiptLine",
    "RecordedContent": "ParcelContent",
    "ReleaseLine": "ScheduleLine",
    "ReshippedLine": "DeliveryLine",
    "SplitLine": "DeliveryLine",
    "SupplyGuarantee": "Guarantee",
}
"""What takes a quantity -> the type that tells clients as `packaged` how it was counted."""
_TERMS = ("min_quantity", "max_quantity", "lot_multiple", "min_per_call_off", "max_per_call_off")
BESIDE = {"LineConfirm.over_tolerance": ("OrderLine", "overTolerancePackaged")} | {
    f"{model}.{name}": ("ContractLine", f"{camel(name)}Packaged")
    for model in ("ContractLineAmend", "ContractLineCreate")
    for name in _TERMS
}
"""What is kept in a column beside that -> the type and the field that tell it."""
MOVES = {
    "LineCancel": "Cancels a part of a line, which tells how it was counted itself.",
    "PickedLine": "Picks of a line, which tells how it was counted itself.",
}
"""What moves a counter and makes no quantity, and of what."""
OF_CUSTOMERS = {
    f"{model}.{name}"
    for model in ("ContractRelease", "RecordedRelease")
    for name in (
        *("cumulative_received", "material_go_ahead", "production_go_ahead"),
        "rest_of_forecast",
    )
} | {
    "LineAnswer.quantity",
    "OpeningBalance.issued",
    "OpeningBalance.received",
    "ToldReceipt.quantity",
}
"""What a customer's schedule says of whatever came, and what is answered to it in its own unit: a
Fortschrittszahl has no packaging."""


def models_of(annotation: Any) -> Iterator[type[Input]]:
    """Give the models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Input):
        yield annotation
    for inner in get_args(annotation):
        yield from models_of(inner)


def below(model: type[Input], known: set[type[Input]]) -> set[type[Input]]:
    """Return a model, and those of its fields."""
    if model not in known:
        known.add(model)
        for field in model.model_fields.values():
            for inner in models_of(field.annotation):
                below(inner, known)
    return known


def is_quantity(name: str, field: FieldInfo) -> bool:
    """Tell whether a field is a number of goods, or a number that is called so."""
    kinds = [field.annotation, *get_args(field.annotation)]
    marks = [*field.metadata, *(it for kind in kinds for it in getattr(kind, "__metadata__", ()))]
    is_number = any(kind is Decimal or Decimal in get_args(kind) for kind in kinds)
    return HowMuch() in marks or (is_number and "quantity" in name)


def taken() -> Iterator[tuple[str, type[Input]]]:
    """Give the fields of all that verbs take that are quantities."""
    known: set[type[Input]] = set()
    for verb in verbs(schema.mutation):
        below(verb.takes, known)
    for model in known:
        for name, field in model.model_fields.items():
            if is_quantity(name, field):
                yield f"{model.__name__}.{name}", model


TAKEN = dict(taken())


def test_the_places_that_take_a_quantity_are_found() -> None:
    assert {
        "CallOffPartLine.quantity",
        "ContractLineCreate.lot_multiple",
        "ContractLineAmend.target_quantity",
        "ContentPack.quantity",
        "LineCancel.quantity",
        "PickedLine.picked",
        "PriceListEntryUpsert.from_quantity",
        *OF_CUSTOMERS,
    } <= TAKEN.keys()


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_takes_a_quantity_takes_it_in_packagings(name: str) -> None:
    assert issubclass(TAKEN[name], Quantified) != (name in OF_CUSTOMERS)


def test_every_quantity_is_kept_as_it_was_counted_where_clients_read_it() -> None:
    own = TAKEN.keys() - OF_CUSTOMERS - BESIDE.keys()
    models = sorted(TAKEN[name].__name__ for name in own)
    # Each has one quantity that its own `packaged` tells of; all others stand beside that.
    assert models == sorted(KEPT.keys() | MOVES.keys())
    assert BESIDE.keys() <= TAKEN.keys()
    for type_name, name in [*((it, "packaged") for it in KEPT.values()), *BESIDE.values()]:
        field = SHOWN.type_map[type_name].fields[name]
        assert get_named_type(field.type).name == "Packaged", type_name
