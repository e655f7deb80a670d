"""The six CSV files of a Northwind export, read into checked rows.

Money and discounts are exact decimals as they stand in the files; an empty cell, or NULL as some
exports write it, is None. Whatever is wrong is a `BadFile` that names the file and the line.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

COUNTRIES = {
    "Argentina": "AR",
    "Australia": "AU",
    "Austria": "AT",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Denmark": "DK",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Ireland": "IE",
    "Italy": "IT",
    "Japan": "JP",
    "Mexico": "MX",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "UK": "GB",
    "USA": "US",
    "Venezuela": "VE",
}
"""Every country of the export -> ISO 3166-1 alpha-2."""


class BadFile(Exception):
    """A file is missing or says what cannot be: tells the file, the line and why."""


def _code(country: str) -> str:
    if country not in COUNTRIES:
        message = "is not a country that this example knows"
        raise ValueError(message)
    return COUNTRIES[country]


def _absent(cell: str) -> str | None:
    return None if cell in {"", "NULL"} else cell


Text = Annotated[str, Field(min_length=1)]
Maybe = Annotated[str | None, BeforeValidator(_absent)]
MaybeDay = Annotated[date | None, BeforeValidator(_absent)]
Country = Annotated[Text, AfterValidator(_code)]
Price = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Row(BaseModel):
    """One line of a file; columns that it does not name are not read. key: the unique column."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)
    file: ClassVar[str]
    key: ClassVar[str]

    line: int


class Shipper(Row):
    """Who carries orders."""

    file = "shippers.csv"
    key = "shipper_id"

    shipper_id: Text
    company_name: Text
    phone: Maybe


class Supplier(Row):
    """Who makes products."""

    file = "suppliers.csv"
    key = "supplier_id"

    supplier_id: Text
    company_name: Text
    contact_name: Text
    phone: Maybe


class Customer(Row):
    """A company that orders, with its one address and its one contact."""

    file = "customers.csv"
    key = "customer_id"

    customer_id: Text
    company_name: Text
    contact_name: Text
    contact_title: Maybe
    address: Text
    city: Text
    region: Maybe
    postal_code: Maybe
    country: Country
    phone: Maybe


class Product(Row):
    """What can be ordered. quantity_per_unit: what one piece of it is, in words."""

    file = "products.csv"
    key = "product_id"

    product_id: Text
    product_name: Text
    supplier_id: Text
    quantity_per_unit: Maybe


class Order(Row):
    """An order with the place that it goes to; ship_via: a shipper."""

    file = "orders.csv"
    key = "order_id"

    order_id: Text
    customer_id: Text
    order_date: date
    required_date: date
    shipped_date: MaybeDay
    ship_via: Text
    ship_name: Text
    ship_address: Text
    ship_city: Text
    ship_region: Maybe
    ship_postal_code: Maybe
    ship_country: Country

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if min(self.required_date, self.shipped_date or self.required_date) < self.order_date:
            message = "is required or shipped before it was ordered"
            raise ValueError(message)
        return self

    @property
    def shipped_late(self) -> bool:
        """Whether it left after the day on which it was required."""
        return self.shipped_date is not None and self.shipped_date > self.required_date


class OrderLine(Row):
    """One product of one order. discount: the share taken off unit_price, 0 to 1."""

    file = "order_details.csv"

    order_id: Text
    product_id: Text
    unit_price: Price
    quantity: Annotated[int, Field(gt=0)]
    discount: Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False)]

    @property
    def value(self) -> Decimal:
        """What the line is worth after its discount, not rounded."""
        return self.unit_price * self.quantity * (1 - self.discount)


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True)
class Export:
    """What the six files say: id -> row, in the order of the files. lines: order id -> lines."""

    shippers: Mapping[str, Shipper]
    suppliers: Mapping[str, Supplier]
    customers: Mapping[str, Customer]
    products: Mapping[str, Product]
    orders: Mapping[str, Order]
    lines: Mapping[str, list[OrderLine]]

    @property
    def shipped(self) -> list[Order]:
        """The orders that were shipped."""
        return [order for order in self.orders.values() if order.shipped_date is not None]


def read(folder: Path) -> Export:
    """Read and check the files of a folder. BadFile tells what is wrong with the first bad one."""
    export = Export(
        shippers=_by_key(_rows(folder, Shipper)),
        suppliers=_by_key(_rows(folder, Supplier)),
        customers=_by_key(_rows(folder, Customer)),
        products=_by_key(_rows(folder, Product)),
        orders=_by_key(_rows(folder, Order)),
        lines=_by_order(_rows(folder, OrderLine)),
    )
    _check_references(export)
    return export


def _rows(folder: Path, row: type[AnyRow]) -> Iterator[AnyRow]:
    columns = row.model_fields.keys() - {"line"}
    try:
        with (folder / row.file).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if missing := columns - set(reader.fieldnames or ()):
                raise _bad(row, 1, f"has no column {', '.join(sorted(missing))}")
            for cells in reader:
                if None in cells or None in cells.values():
                    raise _bad(row, reader.line_num, "has not as many cells as the heading")
                yield _row(row, reader.line_num, cells)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"{row.file} cannot be read: {error}"
        raise BadFile(message) from error


def _row(row: type[AnyRow], line: int, cells: Mapping[str, str]) -> AnyRow:
    try:
        return row.model_validate({**cells, "line": line})
    except ValidationError as error:
        first = error.errors()[0]
        column = "".join(f"{part} {cells[str(part)]!r}: " for part in first["loc"])
        raise _bad(row, line, f"{column}{first['msg']}") from error


def _by_key(rows: Iterable[AnyRow]) -> dict[str, AnyRow]:
    found: dict[str, AnyRow] = {}
    for row in rows:
        key = getattr(row, row.key)
        if found.setdefault(key, row) is not row:
            raise _bad(row, row.line, f"{row.key} {key!r} stands twice")
    return found


def _by_order(rows: Iterable[OrderLine]) -> dict[str, list[OrderLine]]:
    found: defaultdict[str, list[OrderLine]] = defaultdict(list)
    for row in rows:
        lines = found[row.order_id]
        if row.product_id in {line.product_id for line in lines}:
            raise _bad(row, row.line, f"product {row.product_id!r} stands twice in its order")
        lines.append(row)
    return dict(found)


def _check_references(export: Export) -> None:
    lines = [line for lines in export.lines.values() for line in lines]
    orders = export.orders.values()
    _refer(export.products.values(), "supplier_id", export.suppliers)
    _refer(orders, "customer_id", export.customers)
    _refer(orders, "ship_via", export.shippers)
    _refer(orders, "order_id", export.lines)
    _refer(lines, "order_id", export.orders)
    _refer(lines, "product_id", export.products)


def _refer(rows: Iterable[Row], column: str, known: Mapping[str, object]) -> None:
    for row in rows:
        if getattr(row, column) not in known:
            message = f"{column} {getattr(row, column)!r} has no row in its file"
            raise _bad(row, row.line, message)


def _bad(row: Row | type[Row], line: int, message: str) -> BadFile:
    return BadFile(f"{row.file}, line {line}: {message}.")
