"""Payloads hold ids, quantities and codes; nothing else gets in, and nothing else is read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest

from kit.inputs import Place
from models.base.events import EVENTS, Event, event
from models.base.payloads import AllLines, ColumnName, IdOf, Item, kind_of
from models.trade.orders.states import Approval
from models.trade.orders.tables import Order

ID = UUID("01a22064-0000-7000-8000-000000000001")
OrderId = Annotated[UUID, IdOf("Order")]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part(Item):
    line_no: Annotated[int, "Which."]
    quantity: Annotated[Decimal | None, "How much."]


KEPT = [
    (OrderId, ID, str(ID)),
    (Decimal, Decimal("5.000000"), "5"),
    (Decimal, Decimal("-0.5"), "-0.5"),
    (Decimal, Decimal("1E+3"), "1000"),
    (int, 3, 3),
    (bool, False, False),
    (datetime, NOON, "2026-03-02T12:00:00+00:00"),
    (date, NOON.date(), "2026-03-02"),
    (Approval, Approval.COMPANY, "COMPANY"),
    (ColumnName, ColumnName("shipped"), "shipped"),
    (OrderId | None, None, None),
    (tuple[int, ...], (1, 2), [1, 2]),
    (Mapping[OrderId, Mapping[ColumnName, Decimal]], {ID: {"shipped": Decimal(1)}}, None),
    (tuple[Part, ...], (Part(1, None),), [{"line_no": 1, "quantity": None}]),
]


@pytest.mark.parametrize(("hint", "value", "found"), KEPT)
def test_a_value_is_written_and_read_back_as_it_was(hint: Any, value: Any, found: Any) -> None:
    kind = kind_of(hint)
    written = kind.write(value)
    assert kind.read(written) == value
    if found is not None:
        assert written == found


@pytest.mark.parametrize("hint", [str, Any, object, dict, list[str], float, bytes, Place])
def test_free_text_and_what_may_hold_it_is_no_kind_of_value(hint: Any) -> None:
    for kind in (hint, tuple[hint, ...], Mapping[OrderId, hint]):
        with pytest.raises(TypeError, match="a payload holds ids, quantities and codes"):
            kind_of(kind)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (OrderId, str(ID)),
        (OrderId, None),
        (Decimal, 5),
        (Decimal, 0.5),
        (Decimal, Decimal("NaN")),
        (int, True),
        (int, Decimal(1)),
        (bool, 1),
        (datetime, NOON.replace(tzinfo=None)),
        (datetime, "2026-03-02"),
        (date, NOON),
        (Approval, "COMPANY"),
        (ColumnName, "Anna Schmidt"),
        (tuple[int, ...], [1]),
        (Mapping[OrderId, int], [ID]),
        (Mapping[ColumnName, int], {"Anna Schmidt": 1}),
        (tuple[Part, ...], ({"line_no": 1},)),
        (tuple[Part, ...], (Part("1", None),)),  # type: ignore[arg-type]
    ],
)
def test_a_value_of_another_kind_is_not_written(hint: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        kind_of(hint).write(value)


@pytest.mark.parametrize(
    ("hint", "found"),
    [
        (OrderId, "Anna"),
        (int, "1"),
        (int, True),
        (bool, 1),
        (datetime, "2026-03-02T12:00:00"),
        (date, "today"),
        (Approval, "ANNA"),
        (ColumnName, 1),
        (tuple[Part, ...], [{"line_no": 1}]),
        (tuple[Part, ...], [{"line_no": 1, "quantity": "1", "note": "Anna"}]),
    ],
)
def test_what_was_never_written_so_is_not_read(hint: Any, found: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        kind_of(hint).read(found)


def test_an_event_is_not_declared_with_free_text() -> None:
    with pytest.raises(TypeError, match="not <class 'str'>"):

        @event("order.noted", Order)
        class Noted(Event):
            note: Annotated[str, "What somebody wrote."]

    assert "order.noted" not in EVENTS


def test_every_field_of_an_event_says_what_it_means() -> None:
    with pytest.raises(TypeError, match="say what it means"):

        @event("order.counted", Order)
        class Counted(Event):
            lines: int

    assert "order.counted" not in EVENTS


@pytest.mark.parametrize("name", ["order.placed", "offer.made", "delivery.counted"])
def test_a_name_is_given_once_and_begins_with_the_noun_of_its_table(name: str) -> None:
    with pytest.raises(TypeError, match=r"is there already, or is not about"):

        @event(name, Order)
        class Again(Event):
            pass


def test_a_field_hides_nothing_of_its_class() -> None:
    with pytest.raises(TypeError, match=r"hides \['name'\]"):

        @event("order.named", Order)
        class Named(Event):
            name: Annotated[int, "No name."]  # type: ignore[misc,assignment]


@pytest.mark.parametrize("hint", [UUID, UUID | None, tuple[UUID, ...], Mapping[UUID, int]])
def test_an_id_says_which_tables_row_it_is(hint: Any) -> None:
    with pytest.raises(TypeError, match="marked with IdOf"):

        @event("order.joined", Order)
        class Joined(Event):
            other: Annotated[hint, "Another."]

    assert "order.joined" not in EVENTS


@dataclass(frozen=True, slots=True)
class Deep(Item):
    line_id: Annotated[OrderId, "Which."]


@pytest.mark.parametrize(
    "hint",
    [
        Deep,
        tuple[Mapping[OrderId, int], ...],
        Mapping[ColumnName, OrderId],
        tuple[Annotated[int, AllLines()], ...],
    ],
)
def test_ids_stand_where_they_are_looked_for(hint: Any) -> None:
    with pytest.raises(TypeError, match="ids stand alone, in a list, or as keys"):
        kind_of(hint)
