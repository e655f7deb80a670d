"""Every table says who sees it; what it hides can be null, and no list is sorted by it."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from graphql import is_non_null_type
from sqlalchemy import Column, select
from sqlalchemy.sql.visitors import iterate

import loaders
from execution.fields import DECLARED, Parts, column_of
from loaders.reading.pages import Paged
from models.access.viewers import OTHERS, Actor, anyone
from models.base.events import EVENTS
from models.base.masks import shown_to
from models.base.records import record
from models.base.reductions import _named, tables_of
from models.base.visibility import seen_by
from models.matrix import DOCUMENT, entities, with_matrix
from models.trade.orders.tables import Order
from schema.graphql.nodes import NODES
from schema.schema import schema
from tests.house.places import ROOT

KEPT = {("Hold", "reason"), ("Party", "roles")}
"""Hidden columns that are something else, and never null."""


def test_every_table_says_who_sees_it() -> None:
    assert [it.__name__ for it in entities() if "__seen__" not in vars(it)] == []


@pytest.mark.parametrize("entity", entities(), ids=lambda it: it.__name__)
def test_what_a_table_says_can_be_asked_for_every_actor(entity: Any) -> None:
    assert entity.__seen__.keys() | entity.__hidden__.keys() <= set(OTHERS)
    for actor in OTHERS:
        assert entity.__hidden__.get(actor, {}).keys() <= {it.key for it in entity.__table__.c}
        table = shown_to(anyone(actor), entity)
        names = record(entity)._fields
        rows = select(*(getattr(table, name) for name in names))
        statement = str(rows.where(*seen_by(anyone(actor), table)))
        assert statement.count("merchant_id = :merchant") >= 1


def is_hidden(entity: Any, expression: Any, kept: set[str] = frozenset()) -> bool:
    """Tell whether an expression on a table is made of what is hidden from some actor."""
    columns = {column for masks in entity.__hidden__.values() for column in masks} - kept
    parts = () if expression is None else iterate(getattr(expression, "expression", expression))
    return any(isinstance(it, Column) and it.key in columns for it in parts)


def expressions(entity: Any, field: Any) -> list[Any]:
    """Return what of its row a field is made of."""
    declared = field.metadata.get(DECLARED)
    if isinstance(declared, Parts):
        return [part(entity) for part in declared.parts.values()]
    return [getattr(entity, column_of(field) or "", None)]


def fields() -> Iterator[tuple[str, str, bool]]:
    """Yield (type, field, whether it may be null) of all that shows something hidden."""
    for name in NODES:
        kind = schema.get_type_by_name(name)
        entity, kept = kind.origin.entity, {it for of, it in KEPT if of == name}
        graphql = schema._schema.type_map[name].fields  # noqa: SLF001 -- as graphql-core's.
        for field in kind.fields:
            if any(is_hidden(entity, it, kept) for it in expressions(entity, field)):
                shown_as = schema.config.name_converter.from_field(field)
                yield name, shown_as, not is_non_null_type(graphql[shown_as].type)


def test_a_field_over_something_hidden_may_be_null() -> None:
    """Otherwise the planner would write an answer that is no JSON."""
    assert sorted(fields()) == [
        ("Hold", "note", True),
        ("Hold", "owner", True),
        ("Order", "discountAmount", True),
        ("Order", "discountPercent", True),
        ("Order", "net", True),
        ("Order", "paymentState", True),
        ("OrderLine", "discountAmount", True),
        ("OrderLine", "discountPercent", True),
        ("OrderLine", "net", True),
        ("OrderLine", "orderDiscount", True),
        ("OrderLine", "responseReason", True),
        ("OrderLine", "unitPrice", True),
        ("Party", "approvalLimit", True),
        ("Party", "approvalLimitPerDay", True),
        ("Party", "email", True),
        ("Party", "gln", True),
        ("Party", "language", True),
        ("Party", "phone", True),
        ("Party", "priceGroup", True),
        ("Party", "releaseWhen", True),
        ("Party", "vatId", True),
        ("Product", "listPrice", True),
        ("WebhookMessage", "position", True),
    ]


OF_THE_ROW = {"delivery.received"}
"""Events that tell of the row, which the actor sees, beside those that it does not see."""


def is_unseen(kind: Any, value: Any, actor: Any) -> bool:
    """Tell whether a field tells only of rows, no lines, that an actor never sees."""
    tables = tables_of(_named(value.kind.rows, kind), kind) if value.kind.rows else []
    lines = any(it.__tally__ is not None for it in tables)
    return bool(tables) and not lines and all(actor not in it.__seen__ for it in tables)


def test_events_that_tell_only_of_hidden_rows_are_untold() -> None:
    for actor in OTHERS:
        untold = {name for name, kind in EVENTS.items() if actor in kind.untold}
        for name, kind in EVENTS.items():
            values = kind.versions.values
            hides = [is_unseen(kind, it, actor) for it in values]
            if actor in kind.about.__seen__ and hides and all(hides):
                assert name in {*untold, *OF_THE_ROW}, (name, actor)
    assert Actor.WAREHOUSE in EVENTS["order.payment_recorded"].untold


def lists() -> Iterator[tuple[str, Paged]]:
    """Yield every list that can grow, with its name."""
    for module in walk_packages(loaders.__path__, "loaders."):
        for name, each in vars(import_module(module.name)).items():
            if isinstance(each, Paged):
                yield f"{module.name}.{name}", each


ALL_ALIKE = {(Order, "net_rank")}
"""What is the same of all rows for whoever does not know it; a test shows that it tells nothing."""


def test_no_list_is_sorted_by_something_hidden() -> None:
    found = list(lists())
    assert found
    sorted_by = {(it.entity, sort.column) for _, it in found for sort in it.sorts.values()}
    assert {it for it in sorted_by if is_hidden(it[0], getattr(*it))} == ALL_ALIKE


def test_loaders_read_tables_only_as_they_are_shown() -> None:
    # What may be done depends on rows below whoever sees them, as the act itself does.
    files = set((ROOT / "loaders").rglob("*.py")) - {ROOT / "loaders" / "reading" / "acts.py"}
    assert [str(file) for file in files if "aliased" in file.read_text()] == []


def test_the_matrix_in_the_documents_is_the_tables_own() -> None:
    document = DOCUMENT.read_text()
    assert "| OrderLine |" in document
    assert with_matrix(document) == document, "A table's rules have changed: run `make docs`."
