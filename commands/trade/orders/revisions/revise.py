"""Bringing an order to what it is to be: the one place that compares, refuses and writes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from commands.trade.contracts.times import check_wanted_still
from commands.trade.orders.amounts import AMOUNTS, same_amounts
from commands.trade.orders.drafts import LineDraft, let_lapse, line_columns, window_columns
from commands.trade.orders.lines import not_paid, settle_payments
from commands.writing.rows import change_rows, write_rows
from commands.writing.transaction import Writing
from commands.writing.upserts.differences import difference
from kit.errors import Code, Path, Problem, Refusals, Refused
from kit.ids import new_id
from kit.inputs import camel
from models.base.guards import guards
from models.base.payloads import ColumnName
from models.events.master.prices import PriceChange
from models.events.trade.orders import OrderUpdated, OrderWindowOverridden, UpdatedLine
from models.trade.contracts.states import TimeRule
from models.trade.orders.lines import COUNTERS, OrderLine
from models.trade.orders.states import OPEN_STATES, LineChange, OrderKind
from models.trade.orders.tables import Order

_MOST_LINES = 2_000
"""Of one order, however many calls they come in."""
LineTarget: TypeAlias = tuple[OrderLine | None, LineDraft, Path]
"""A line that is there, None for a new one; what it is to be; where the input says so."""
Gone: TypeAlias = tuple[OrderLine, Path]
"""A line that is to be no more; where the input says so."""
_FREE = {"note", "purchase_order_number", "window_override"}
"""Columns of an order that tell nothing of its goods: they may change while it lives."""
_FIXED = {"kind", "currency"}
"""Columns of an order that never change."""
_FOLLOWING = {"charged", "taxed", "order_discount", "price_stated"}
"""Columns that follow from others: a difference of them alone is none."""
_WHERE = {
    "quantity": ("ordered", "packaging_id", "packaging_content"),
    "product_id": ("product_id", "unit", "scale"),
    "window": ("window_earliest", "window_latest", "window_zone"),
}
"""Field of an input -> the columns that it gives, where they have other names."""
_FIELDS = {column: field for field, columns in _WHERE.items() for column in columns}


def field_of(column: str) -> str:
    """Return the field of an input that gives a column."""
    return _FIELDS.get(column, column)


@dataclass(frozen=True)
class Revision:
    """What a locked order is to become.

    rows: its lines. header: columns of the order that it is to have. lines: all lines that it is
    to have. gone: lines that it is to have no more, each with where the input says so.
    overridden: rules that its new windows break. fields: of the order -> the field by which the
    input says the same. fixed: columns of it that never change, beside those of all orders.
    completed_by: number of the delivery that has left and completed it, if one has. tells_closed:
    whether it tells of lines, too, that nothing of the order changes any more. lapsed: why it is as
    good as cancelled, None where it is not.
    """

    order: Order
    rows: Sequence[OrderLine]
    header: Mapping[str, Any]
    lines: Sequence[LineTarget]
    gone: Sequence[Gone] = ()
    overridden: frozenset[TimeRule] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    fixed: Collection[str] = ()
    completed_by: str | None = None
    tells_closed: bool = True
    lapsed: str | None = None

    def against(self, rules: frozenset[TimeRule], why: str) -> "Revision":
        """Return the same, with the rules that its windows break, and why they may."""
        return replace(self, header={**self.header, "window_override": why}, overridden=rules)

    @property
    def headings(self) -> dict[str, Any]:
        """Return the columns of the order that change."""
        return {it: self.header[it] for it in _different(self.order, self.header)}

    @property
    def taxed_without(self) -> dict[str, Any] | None:
        """Return what its taxes are not stated for, None where they are for other lines."""
        if "taxed" not in self.header:
            return self.order.taxed_without
        return None if self.header["taxed"] is None else not_paid(self.rows)

    @property
    def placed_at(self) -> datetime:
        """When it is to have been placed."""
        at: datetime = self.header.get("placed_at", self.order.placed_at)
        return at

    def changes(self) -> Iterator[tuple[OrderLine | None, dict[str, Any], Path]]:
        """Yield lines that change, each with all of its columns, and new ones."""
        for row, draft, path in self.lines:
            columns = line_columns(draft, self.order.currency)
            if row is None or _different(row, columns):
                yield row, columns, path
        for row, path in self.gone:
            yield row, {**_as_it_is(row), **_NOTHING}, path

    def shares(self) -> Iterator[tuple[OrderLine, dict[str, Any]]]:
        """Yield lines of which nothing changes but what they bear of the order's discount."""
        for row, draft, _ in self.lines:
            if row is not None and row.order_discount != draft.order_discount:
                columns = line_columns(draft, self.order.currency)
                if not _different(row, columns):
                    yield row, columns

    def following(self) -> Iterator[tuple[OrderLine, dict[str, Any]]]:
        """Yield lines of which nothing else changes where it was placed at another time."""
        if self.placed_at == self.order.placed_at:
            return
        changing = {row.id for row, *_ in self.changes() if row is not None}
        changing |= {row.id for row, _ in self.shares()}
        yield from ((row, _as_it_is(row)) for row in self.rows if row.id not in changing)

    def prices(self) -> Iterator[tuple[OrderLine, tuple[Decimal | None, Decimal | None]]]:
        """Yield lines that are there whose price becomes another, with both."""
        for row, draft, _ in self.lines:
            if row is not None and row.unit_price != draft.unit_price:
                yield row, (row.unit_price, draft.unit_price)

    def check(self, now: datetime | None = None) -> bool:
        """Tell whether anything changes. Refused: every difference that may not be any more.

        now: where it is asked whether what comes is wanted still (D10).
        """
        changes, headings = list(self.changes()), self.headings
        if len(self.lines) > _MOST_LINES:
            text = f"An order has at most {_MOST_LINES:,} lines."
            raise Refused(Code.TOO_MANY_ITEMS, text, self.lines[-1][-1][:1])
        problems = [*self._of_lines(changes), *self._of_order(headings)]
        problems += self._of_times(headings, now) if now is not None else ()
        if problems:
            raise Refused.of(problems)
        return bool(changes or headings)

    def _of_lines(self, changes: Sequence[Any]) -> Iterator[Problem]:
        closed, completed = self._closed, _completed(self)
        for row, columns, path in changes:
            why = closed or (row and _taken(row))
            if not why and row is None:
                # It is of the order: told once, however many lines are new.
                why, completed = completed, None
            if not why or (closed and not self.tells_closed):
                continue
            if row is None or not columns["ordered"]:
                what = "this line is new" if row is None else f"line {row.line_no} is to go"
                yield Problem(Code.WRONG_STATE, f"{why}, and {what}.", path)
                continue
            for below, what in _differences(row, columns).items():
                where = path if below == ("product_id",) else (*path, *below)
                yield Problem(Code.WRONG_STATE, f"{why}, and {what}.", where)

    def _of_order(self, headings: Mapping[str, Any]) -> Iterator[Problem]:
        taken = next(filter(None, map(_taken, self.rows)), None)
        problems = dict[Path, Problem]()
        for (name, *below), what in _differences(self.order, headings).items():
            why = self._closed or (taken if name not in _FREE else None)
            if name in _FIXED or name in self.fixed:
                why = f"{self.order.number} is there already"
            if not why:
                continue
            path: Path = (name, *below)
            text = f"{why}, and {what}."
            if name in self.fields:
                path = (self.fields[str(name)],)
                text = f"{why}, and {camel(str(path[0]))} is another there."
            problems.setdefault(path, Problem(Code.WRONG_STATE, text, path))
        yield from problems.values()

    def _of_times(self, headings: Mapping[str, Any], now: datetime) -> list[Problem]:
        """Return what would come when it is not wanted any more, where that was not so before."""
        not_by, refusals = self._now("cancel_if_not_by"), Refusals()
        is_other = "cancel_if_not_by" in headings
        windows: list[tuple[Any, Any, Path]] = [(self._now("window_earliest"), self.order, ())]
        windows += [(it.window and it.window.earliest, row, at) for row, it, at in self.lines]
        for earliest, row, path in windows:
            is_new = row is None or row.window_earliest != earliest
            with refusals:
                if is_new or is_other:
                    where = (*path, "window") if is_new else ("cancel_if_not_by",)
                    check_wanted_still(not_by, earliest, where, now)
        return list(dict.fromkeys(refusals.problems))

    def _now(self, column: str) -> Any:
        return self.header.get(column, getattr(self.order, column))

    @property
    def _closed(self) -> str | None:
        """Return why nothing of the order changes any more."""
        if self.order.kind is OrderKind.CALL_OFF:
            return f"{self.order.number} is a call-off"
        if self.order.state not in OPEN_STATES:
            return f"{self.order.number} is {self.order.state.value}"
        return self.lapsed


@guards("D18", instead=None)
def _completed(revision: Revision) -> str | None:
    """Return why nothing more is ordered by an order, None where something may be."""
    number = revision.order.number
    return revision.completed_by and f"{revision.completed_by} has completed {number}"


def check_some(order: Order, lines: Sequence[LineTarget], gone: Sequence[Gone]) -> None:
    """Refused: TOO_FEW_ITEMS for an order that is to have no line."""
    if not lines:
        text = f"An order has at least one line: cancel {order.number} instead."
        raise Refused(Code.TOO_FEW_ITEMS, text, gone[-1][-1] if gone else ())


def check_new(order: Order, lines: Sequence[LineTarget]) -> None:
    """Refused: DUPLICATE for a new line that differs in quantity only from one that may change.

    Where something of that is planned already, more is ordered by a further line only.
    """
    free = ((row, draft) for row, draft, _ in lines if row is not None and not _taken(row))
    there = {_but_quantity(draft, order): row for row, draft in free if draft.quantity}
    refusals = Refusals()
    for row, draft, path in lines:
        same = there.get(_but_quantity(draft, order)) if row is None else None
        with refusals:
            if same is not None:
                text = f"Line {same.line_no} differs in quantity only: change that one."
                raise Refused(Code.DUPLICATE, text, path)
    refusals.end()


def _as_it_is(row: OrderLine) -> dict[str, Any]:
    return {it: getattr(row, it) for it in _COLUMNS}


def _but_quantity(draft: LineDraft, order: Order) -> frozenset[tuple[str, Any]]:
    terms = line_columns(draft, order.currency).items()
    return frozenset(it for it in terms if it[0] not in {"ordered", "added", *_FOLLOWING})


def _different(row: Order | OrderLine, columns: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns that are to be other than they are."""
    changed = (it for it, new in columns.items() if _is_other(it, getattr(row, it), new))
    return [it for it in changed if it not in _FOLLOWING]


def _is_other(column: str, old: Any, new: Any) -> bool:
    return bool(old != new and not (column in AMOUNTS and same_amounts(column, old, new)))


def _differences(row: Order | OrderLine, columns: Mapping[str, Any]) -> dict[Path, str]:
    """Return the fields that are to be other than they are -> what is other about each."""
    found = dict[Path, str]()
    for name in _different(row, columns):
        old, new = getattr(row, name), columns[name]
        own = "quantity" if name == "ordered" else name
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for part in dict.fromkeys((*old, *new)):
                if old.get(part) != new.get(part):
                    found[own, part] = difference(part, old.get(part), new.get(part))
        elif own == field_of(name):
            found[(own,)] = difference(own, old, new)
        else:
            found.setdefault((field_of(name),), f"{camel(field_of(name))} is another there")
    return found


def _taken(row: OrderLine) -> str | None:
    """Return why a line stays as it is, None where it may change."""
    moved = [it for it in COUNTERS if getattr(row, it)]
    if moved:
        return f"Something of line {row.line_no} is {moved[-1].replace('_', ' ')}"
    if row.response is not None:
        return f"Line {row.line_no} was responded to"
    return None


_COLUMNS = (
    *("product_id", "unit", "scale", "packaging_id", "packaging_content", "currency"),
    *("unit_price", "discount_percent", "discount_amount", "order_discount", "ordered"),
    "price_stated",
    *("substitution_allowed", "external_reference", "added", *window_columns(None)),
)
"""What a client says of a line; the columns of `line_columns`."""
_NOTHING = dict.fromkeys(("ordered", "discount_amount", "order_discount"), Decimal(0))


async def apply(writing: Writing, revisions: Sequence[Revision]) -> None:
    """Write what was checked, of all orders at once, and tell it."""
    orders, changed, new = [], [], list[dict[str, Any]]()
    names = list(dict.fromkeys(name for it in revisions for name in it.header))
    for each in revisions:
        await writing.room(1 + len(each.lines))
        lines, kept, line_no = (
            [],
            [*each.shares(), *each.following()],
            max((row.line_no for row in each.rows), default=0),
        )
        for row, columns, _ in each.changes():
            if row is None:
                line_no += 1
                new.append(_row(each, line_no, columns))
                lines.append(UpdatedLine(line_no, LineChange.ADDED, columns["ordered"]))
            else:
                kept.append((row, columns))
                what = LineChange.CHANGED if columns["ordered"] else LineChange.REMOVED
                lines.append(UpdatedLine(row.line_no, what, columns["ordered"]))
        for _, columns in kept:
            columns["placed_at"] = each.placed_at
        changed += kept
        header = {it: each.header.get(it, getattr(each.order, it)) for it in names}
        header["taxed_without"] = each.taxed_without
        orders.append((each.order, {**header, "version": each.order.version + 1}))
        _tell(writing, each, lines)
    await change_rows(writing, {Order: orders, OrderLine: changed})
    await write_rows(writing, {OrderLine: new})
    await settle_payments(writing, (order for order, _ in orders))


def _tell(writing: Writing, each: Revision, lines: Sequence[UpdatedLine]) -> None:
    """Tell what an order becomes, and let it be looked at when it is not wanted any more."""
    key, headings = each.order.id, each.headings
    let_lapse(writing, key, headings.get("cancel_if_not_by"))
    fields = tuple(map(ColumnName, headings))
    prices = {row.id: PriceChange(*its) for row, its in each.prices()}
    writing.record(OrderUpdated(key, fields=fields, lines=tuple(lines), prices=prices))
    if each.overridden:
        writing.record(OrderWindowOverridden(key, rules=tuple(sorted(each.overridden))))


def _row(each: Revision, line_no: int, columns: Mapping[str, Any]) -> dict[str, Any]:
    own = {"merchant_id": each.order.merchant_id, "id": new_id(), "order_id": each.order.id}
    return {**own, "placed_at": each.placed_at, "line_no": line_no, **columns}
