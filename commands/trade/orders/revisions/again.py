"""What an order that is there becomes by being sent again: what is left out of it stays."""

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from commands.trade.orders.amounts import check_line, with_discount
from commands.trade.orders.compose import check_unit_price
from commands.trade.orders.drafts import Draft, LineDraft, header_columns
from commands.trade.orders.fields import LineFields, OrderFields
from commands.trade.orders.revisions.revise import Gone, LineTarget, Revision, field_of
from commands.trade.orders.revisions.standing import LineAsItIs, StandingOrders, kept, matched
from commands.trade.orders.revisions.steps import StandingPrices
from kit.errors import Problem, Refusals, Refused
from models.trade.codes import TradeCode
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OPEN_STATES
from models.trade.orders.tables import Order

_DISCOUNTS = ("discount_percent", "discount_amount")
SAYING_ONE_THING: tuple[tuple[str, ...], ...] = (
    ("channel_id", "channel_code"),
    ("buyer_contact_id", "buyer_contact_code"),
    ("ship_to", "ship_to_id", "ship_to_address_code"),
    ("delivery_policy", "cancel_if_not_by"),
    ("charges", "charged"),
    ("taxes", "taxed"),
    _DISCOUNTS,
)
"""Fields of an order that say one thing: who gives one of them gives the others with it."""
_PRICE = ("unit_price", "price_stated")
_OF_LINES = (*_PRICE, *_DISCOUNTS, "window", "substitution_allowed", "external_reference")
"""Fields of a line that stay where they are left out."""
_TAXED = {"charges", "discount_percent", "discount_amount"}
"""Columns of an order on which its taxes depend, as they do on its lines."""


@dataclass(frozen=True)
class Again:
    """A locked order that is sent again. draft: what it would be as a new one.

    odd: what is refused of it already; then item and draft are what is left beside that, and
    numbers where the lines of those are among those that are sent. fixed: columns of the order that
    never change. lapsed: why it is as good as cancelled, None where it is not.
    """

    standing: StandingOrders
    order: Order
    item: Any
    draft: Draft
    odd: Refusals = field(default_factory=Refusals)
    numbers: Sequence[int] = ()
    fixed: Collection[str] = ()
    lapsed: str | None = None

    @cached_property
    def found(self) -> list[OrderLine | None]:
        """The lines that are there, None for a new one, in the order of those that are sent."""
        rows = self.standing.lines(self.order.id)
        return matched(rows, self.draft.lines, self.order.currency)

    @property
    def end(self) -> Any:
        """The state in which it is over now, and since when; None where nothing of that changes."""
        return self.item.ended if self.order.state in OPEN_STATES else None

    @property
    def recounted(self) -> list[LineAsItIs]:
        """Lines that have the merchant's price of another quantity, as they are."""
        both = zip(self.found, self.draft.lines, strict=True)
        return [LineAsItIs.of(row) for row, new in both if row is not None and _is_other(row, new)]

    def revision(self, known: StandingPrices) -> Revision:
        """Return what it is to become.

        An address of the party is that of the order still, however it reads today. Lines that were
        added to the order stay, whether they are sent or not: only `ordersUpdate` takes those out.
        Refused: PRICE_UNKNOWN, OUT_OF_RANGE for discounts.
        """
        return _revision(self, known)

    def check(self, known: StandingPrices) -> tuple[bool, Revision]:
        """Tell whether anything changes, and what. Refused: as `revision` and `Revision.check`.

        What is odd is told with what else may not change.
        """
        try:
            revision = self.revision(known)
            is_changed = revision.check(None if self.item.ended else known.writing.now)
        except Refused as refused:
            found = [it for it in map(self._as_sent, refused.problems) if it is not None]
            if found:
                raise self.odd.and_then(Refused.of(found)) from None
        self.odd.end()
        return is_changed, revision

    @property
    def _is_foreign(self) -> bool:
        """Whether its prices are left out, since they are in another currency."""
        return any(it.path == ("currency",) for it in self.odd.problems)

    def _as_sent(self, problem: Problem) -> Problem | None:
        """Return a problem where it is in what is sent; None for what an odd line may be."""
        if problem.code == TradeCode.PRICE_UNKNOWN and self._is_foreign:
            return None
        match problem.path:
            case ("lines",) if self.numbers:
                return None
            case ("lines", int(number), *below) if self.numbers:
                return replace(problem, path=("lines", self.numbers[number], *below))
        return problem


def _is_other(row: OrderLine, new: LineDraft) -> bool:
    """Tell whether a line has a price of the merchant's that was asked of another quantity."""
    return not row.price_stated and new.quantity != row.ordered


def _revision(again: Again, known: StandingPrices) -> Revision:
    """Return what `Again.revision` does."""
    standing, order, item, draft = again.standing, again.order, again.item, again.draft
    rows, found, stated = standing.lines(order.id), again.found, _stated(item)
    header = {
        name: value for name, value in header_columns(draft).items() if field_of(name) in stated
    }
    if header.get("ship_to_id") is not None and header["ship_to_id"] == order.ship_to_id:
        header["ship_to"] = order.ship_to
    sent = {row.id for row in found if row is not None}
    left = [row for row in rows if row.id not in sent]
    lines = _lines(again, known)
    lines += [(row, kept(row), ("lines",)) for row in left if row.added]
    drafts = with_discount([it for _, it, _ in lines], item if stated >= set(_DISCOUNTS) else order)
    targets: list[LineTarget] = [
        (row, it, path) for (row, _, path), it in zip(lines, drafts, strict=True)
    ]
    gone: list[Gone] = [(row, ("lines",)) for row in left if not row.added]
    fields = {it: _as_sent(item, it) for it in stated - item.model_fields_set}
    every = standing.every(order.id)
    by = standing.completed.get(order.id)
    revision = Revision(
        order,
        every,
        header,
        targets,
        gone,
        fields=fields,
        fixed=again.fixed,
        completed_by=by,
        lapsed=None if item.ended else again.lapsed,
    )
    if "taxes" not in stated and (any(revision.changes()) or _TAXED & set(revision.headings)):
        return replace(revision, header=header | {"taxed": None})
    return revision


def _stated(item: OrderFields) -> AbstractSet[str]:
    """Return the fields that an input gives, with those that say the same thing."""
    together = (it for it in SAYING_ONE_THING if item.model_fields_set.intersection(it))
    return item.model_fields_set.union(*together)


def _as_sent(item: OrderFields, name: str) -> str:
    """Return the field of an input that says what one of its others is."""
    together = next(it for it in SAYING_ONE_THING if name in it)
    return next(it for it in together if it in item.model_fields_set)


def _lines(again: Again, known: StandingPrices) -> list[LineTarget]:
    """Return the lines that are sent, as they become. Refused: PRICE_UNKNOWN, OUT_OF_RANGE."""
    lines, refusals = list[LineTarget](), Refusals()
    item, currency = again.item, again.order.currency
    every = zip(again.found, again.draft.lines, item.lines, strict=True)
    for number, (row, new, sent) in enumerate(every):
        path = ("lines", number)
        line = new if row is None else _line(row, new, sent, partial(known.stays, row, item, sent))
        refusals.above = path
        with refusals:
            # Prices of another currency are not the order's: that is what is told.
            if again.draft.currency == currency:
                check_unit_price(line, currency)
        if line is not new:
            with refusals:
                check_line(line, line.unit_price, currency)
        lines.append((row, line, path))
    refusals.end()
    return lines


def _line(
    row: OrderLine, new: LineDraft, sent: LineFields, price_stays: Callable[[], bool]
) -> LineDraft:
    """Return what a line becomes: as if it was a new one where it is of another product now.

    A price of the merchant is another where the quantity has come to another step.
    """
    if row.product_id != new.product.id:
        return replace(new, added=row.added)
    stated, was = sent.model_fields_set, kept(row)
    if stated.intersection(_DISCOUNTS):
        stated = stated.union(_DISCOUNTS)
    if "unit_price" in stated or (_is_other(row, new) and not price_stays()):
        stated = stated.union(_PRICE)
    stays: dict[str, Any] = {it: getattr(was, it) for it in _OF_LINES if it not in stated}
    return replace(new, added=row.added, **stays)
