"""Packagings convert both ways, exactly, whatever they hold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.master.packagings.counting import Packagings, Quantified
from kit.errors import Refused
from kit.ids import new_id
from kit.inputs import QuantityOrZero
from models.master.catalog import Product, Unit
from models.master.packagings import Packaging
from models.trade.orders.lines import OrderLine

MOST = Decimal(10) ** 12


class Stated(Quantified):
    """A quantity."""

    quantity: QuantityOrZero


@st.composite
def contents(draw: st.DrawFn) -> tuple[int, Decimal]:
    """Return a scale, and what a packaging holds at that scale."""
    scale = draw(st.integers(0, 6))
    return scale, Decimal(draw(st.integers(1, 10**18 - 1))).scaleb(-scale)


@given(contents(), st.integers(0, 10**12 - 1))
def test_what_is_counted_is_told_as_it_was_counted(of: tuple[int, Decimal], count: int) -> None:
    scale, content = of
    product = Product(id=new_id(), sku="S", unit=Unit.KILOGRAM, scale=scale)
    packaging = Packaging(id=new_id(), code="DRUM", content=content)
    packagings = Packagings({(product.id, "DRUM"): packaging})
    stated = Stated(quantity=Decimal(count), packaging="DRUM")
    if count * content >= MOST:
        with pytest.raises(Refused, match="too much") as refused:
            packagings(product, stated)
        assert refused.value.code == "OUT_OF_RANGE"
        return
    quantity = packagings(product, stated)
    assert product.fits(quantity.amount)
    line = OrderLine(ordered=quantity.amount, **quantity.columns)
    assert line.packaged_quantity == count


@given(contents(), st.integers(0, 10**18 - 1))
def test_what_is_no_whole_number_of_them_is_not_told_in_them(
    of: tuple[int, Decimal], amount: int
) -> None:
    scale, content = of
    quantity = Decimal(amount).scaleb(-scale)
    line = OrderLine(ordered=quantity, packaging_id=new_id(), packaging_content=content)
    count = line.packaged_quantity
    if count is None:
        assert quantity % content
    else:
        assert count * content == quantity
