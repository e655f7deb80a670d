"""What a document asks for, counted in one pass before it is validated or run.

Every definition is read once, whatever spreads it and however often: its counts are kept, and a
spread adds them. So the work is linear in the length of the document also where the expanded
operation is exponentially larger. What depends on variables (page sizes) is kept as a short list
of fields and multiplied for each request. Cyclic and unknown fragments count nothing: validation
refuses them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from admission.contents import Contents
from admission.costs import OBJECTS, UNKNOWN_FIELD, Catalogue, Kind
from admission.demands import NO_DEMANDS, Demands
from admission.sizes import LARGEST_INT, amounts, largest, sizes_of
from kit.limits import Entries

_KEPT = 8
"""Prices of a document that are remembered, one for each combination of page sizes."""
_PRICE, _SIZE = 300, 130
"""Bytes that a price takes, and each of the page sizes that it is for."""


@dataclass
class _Field:
    """A field that costs or gives objects. above: index of the field that it is asked of.

    sizes: what its page size or keys were given as, literally or by the variables' names. items:
    the same of a mutation's input.
    leads_back: it is a list of what it is asked below of; known once all of the document is read.
    """

    above: int
    kind: Kind
    sizes: tuple[int | str, ...]
    items: tuple[int | str, ...]
    leads_back: bool = False

    def many(self, rows: int | None) -> int:
        """Return how many objects it gives to each that it is asked of. rows: of the page."""
        if not self.kind.is_list or rows is not None:
            return 1 if rows is None else rows
        return self.kind.longest if self.leads_back else self.kind.typical


@dataclass(frozen=True)
class _Spread:
    """A fragment's place. above: as of a field. depth: of the fields beside it."""

    name: str
    above: int
    depth: int


@dataclass
class Counts:
    """What is counted without variables.

    reads: fields that cost points, each of which becomes a part of a statement. repeats: fields
    that stand beside one of the same name. spreads: of fragments. Validation
    compares them in pairs, once for each place where they are written. unknown: fields that their
    type does not have, as they are written. key: characters of the longest alias. variables: of
    the operation that declares most.
    """

    depth: int = 0
    root_fields: int = 0
    aliases: int = 0
    reads: int = 0
    directives: int = 0
    repeats: int = 0
    spreads: int = 0
    unknown: int = 0
    key: int = 0
    variables: int = 0

    def add(self, other: "Counts", depth: int) -> None:
        """Put a fragment's counts in its place among the fields of a depth."""
        self.depth = max(self.depth, depth - 1 + other.depth)
        self.root_fields += other.root_fields if depth == 1 else 0
        self.aliases += other.aliases
        self.reads += other.reads
        self.directives += other.directives
        self.repeats += other.repeats
        self.spreads += other.spreads
        self.unknown += other.unknown
        self.key = max(self.key, other.key)
        self.variables = max(self.variables, other.variables)


@dataclass
class _Part:
    """A definition, read once."""

    type_name: str
    on_page: bool
    counts: Counts = field(default_factory=Counts)
    fields: list[_Field] = field(default_factory=list)
    spreads: list[_Spread] = field(default_factory=list)
    demands: Demands = NO_DEMANDS
    held: Contents = field(default_factory=Contents)


@dataclass(frozen=True)
class Price:
    """What an operation costs with its variables. nodes: objects that its answer may have.

    work: objects as which count, besides, what is computed for them.
    """

    cost: int = 0
    nodes: int = 0
    work: int = 0

    def __add__(self, other: "Price") -> "Price":
        return Price(self.cost + other.cost, self.nodes + other.nodes, self.work + other.work)

    def points(self, objects: int) -> int:
        """Return the points where objects are so many, what is computed for them included."""
        return min(self.cost + objects // OBJECTS, LARGEST_INT)


class Measured:
    """A document's counts, what its operations cost and demand. visited: nodes looked at.

    weights: key of an answer -> as how many objects its value counts, wherever it stands.
    """

    def __init__(self, of: Catalogue, document: DocumentNode) -> None:
        """Read every definition once."""
        self.visited, self.weights, self._catalogue = 0, dict[str, int](), of
        self._operations: dict[str | None, tuple[int, OperationDefinitionNode]] = {}
        self._parts: dict[int | str, _Part] = {}
        written = Counts()
        for place, definition in enumerate(document.definitions):
            if isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else None
                self._operations[name] = (place, definition)
                type_name = of.roots.get(definition.operation.value, "")
                part = self._parts[place] = self._read(definition, type_name)
            elif isinstance(definition, FragmentDefinitionNode):
                type_name = definition.type_condition.name.value
                part = self._parts[definition.name.value] = self._read(definition, type_name)
            else:
                continue
            written.add(part.counts, 1)
        self.operations = sum(not isinstance(name, str) for name in self._parts)
        self.fragments = len(self._parts) - self.operations
        self._order = tuple(_after_what_they_spread(self._parts))
        _lead_back(self._parts, self._order)
        self.counts = self._expanded(written)
        self._sized_by = {
            size
            for part in self._parts.values()
            for each in part.fields
            for size in (*each.sizes, *each.items)
            if isinstance(size, str)
        }
        self._prices: dict[tuple[Any, ...], Price] = {}
        self._demands, self._held = self._demanded(), self._held_by_all()

    def _read(
        self, definition: OperationDefinitionNode | FragmentDefinitionNode, type_name: str
    ) -> _Part:
        """Look at each of a definition's selections once."""
        part = _Part(type_name, type_name in self._catalogue.pages)
        self.visited += 1
        part.counts.directives += len(definition.directives or ())
        part.counts.variables = len(definition.variable_definitions or ())
        inside = [(definition.selection_set, type_name, 0, 1)]
        seen: set[tuple[int, str]] = set()
        while inside:
            selection_set, type_name, above, depth = inside.pop()
            for selection in selection_set.selections:
                self.visited += 1
                part.counts.directives += len(selection.directives or ())
                if isinstance(selection, FragmentSpreadNode):
                    part.spreads.append(_Spread(selection.name.value, above, depth))
                    part.counts.spreads += 1
                elif isinstance(selection, InlineFragmentNode):
                    on = selection.type_condition
                    of = on.name.value if on else type_name
                    inside.append((selection.selection_set, of, above, depth))
                elif isinstance(selection, FieldNode):
                    name = (above, (selection.alias or selection.name).value)
                    part.counts.repeats += name in seen
                    seen.add(name)
                    inside.extend(self._field(part, selection, type_name, above, depth))
        return part

    def _field(
        self, part: _Part, node: FieldNode, type_name: str, above: int, depth: int
    ) -> Iterator[tuple[SelectionSetNode, str, int, int]]:
        """Count a field; give what is asked of it."""
        counts = part.counts
        counts.depth = max(counts.depth, depth)
        counts.root_fields += depth == 1
        counts.aliases += node.alias is not None
        counts.key = max(counts.key, len(node.alias.value) if node.alias else 0)
        known, name = self._catalogue.kinds.get(type_name), node.name.value
        kind = (known or {}).get(name, UNKNOWN_FIELD)
        counts.unknown += known is not None and kind is UNKNOWN_FIELD and not name.startswith("__")
        part.demands |= kind.demands
        part.held.take(node)
        if kind.each:
            key = (node.alias or node.name).value
            self.weights[key] = max(self.weights.get(key, 0), kind.each)
        counts.reads += kind.weight > 0
        if node.selection_set or kind.weight:
            self.visited += len(node.arguments or ())
            part.fields.append(_Field(above, kind, *sizes_of(node)))
        if node.selection_set:
            yield node.selection_set, kind.type_name, len(part.fields), depth + 1

    def _expanded(self, written: Counts) -> Counts:
        """Return the most that any operation has with its fragments, at least what is written."""
        totals: dict[Any, Counts] = {}
        for name in self._order:
            part = self._parts[name]
            total = totals[name] = Counts()
            total.add(part.counts, 1)
            for spread in part.spreads:
                if spread.name in totals:
                    total.add(totals[spread.name], spread.depth)
        ran = [totals[name] for name in self._parts if not isinstance(name, str)]
        return Counts(
            max((it.depth for it in ran), default=0),
            max((it.root_fields for it in ran), default=0),
            max(it.aliases for it in [*ran, written]),
            max((it.reads for it in ran), default=0),
            max(it.directives for it in [*ran, written]),
            written.repeats,
            written.spreads,
            written.unknown,
            written.key,
            written.variables,
        )

    def _demanded(self) -> dict[int | str, Demands]:
        """Return what each definition demands with its fragments."""
        demands: dict[int | str, Demands] = {}
        for name in self._order:
            part = self._parts[name]
            spread = (demands.get(it.name, NO_DEMANDS) for it in part.spreads)
            demands[name] = part.demands.union(*spread)
        return demands

    def _held_by_all(self) -> dict[int | str, Contents]:
        """Return what the arguments of each definition hold with its fragments."""
        held: dict[int | str, Contents] = {}
        for name in self._order:
            held[name] = Contents()
            held[name].add(self._parts[name].held)
            for spread in self._parts[name].spreads:
                held[name].add(held.get(spread.name, Contents()))
        return held

    def entries(self, name: str | None, variables: Mapping[str, Any]) -> Entries:
        """Return what an operation's arguments hold with its variables. name: None for the one."""
        if not self._operations:
            return Entries.of(variables)
        place, operation = self._operation(name)
        return self._held[place].with_variables(operation, variables)

    def largest(self, name: str | None, variables: Mapping[str, Any]) -> int:
        """Return the largest page, or list of ids, that an operation asks for."""
        if not self._operations:
            return 0
        _, operation = self._operation(name)
        amount_of = amounts(operation, variables, self._sized_by)
        wanted = (it.sizes for part in self._parts.values() for it in part.fields if it.sizes)
        return max((largest(sizes, amount_of) for sizes in wanted), default=0)

    def price(
        self, name: str | None, variables: Mapping[str, Any], largest_page: int = LARGEST_INT
    ) -> Price:
        """Return what an operation costs. name: None for the only one.

        largest_page: the answer if no page were larger, to find one that fits.
        """
        if not self._operations:
            return Price()
        place, operation = self._operation(name)
        amount_of = amounts(operation, variables, self._sized_by)
        key = (place, largest_page, *amount_of.items())
        if key not in self._prices:
            if len(self._prices) >= _KEPT:
                self._prices.clear()
            self._prices[key] = self._add_up(place, amount_of, largest_page)
        return self._prices[key]

    @property
    def grows(self) -> int:
        """Return the bytes that all prices may take that it remembers."""
        return _KEPT * (_PRICE + _SIZE * len(self._sized_by))

    def demands(self, name: str | None) -> Demands:
        """Return what all fields of an operation demand together. name: None for the only one."""
        return self._demands[self._operation(name)[0]] if self._operations else NO_DEMANDS

    def _operation(self, name: str | None) -> tuple[int, OperationDefinitionNode]:
        return self._operations.get(name) or next(iter(self._operations.values()))

    def _add_up(self, operation: int, amount_of: Mapping[str, int], largest_page: int) -> Price:
        prices: dict[int | str, tuple[Price, Price]] = {}
        for key in self._order:
            if isinstance(key, str) or key == operation:
                part = self._parts[key]
                none = _priced(part, 0, amount_of, largest_page, prices)
                one = _priced(part, 1, amount_of, largest_page, prices) if part.on_page else none
                prices[key] = (none, one)
        total = prices[operation][0]
        announced = min(total.nodes, LARGEST_INT)
        return Price(total.points(total.nodes + total.work), announced, total.work)

    def spent(self, name: str | None, variables: Mapping[str, Any], objects: int) -> int:
        """Return what an operation has cost whose answer has so many objects, or as good as."""
        price = self.price(name, variables)
        return price.cost - (price.nodes + price.work) // OBJECTS + objects // OBJECTS


def _priced(
    part: _Part,
    page: int,
    amount_of: Mapping[str, int],
    largest_page: int,
    prices: Mapping[Any, tuple[Price, Price]],
) -> Price:
    """Add up a definition. page: rows of the page that it is asked of, if it is asked of one.

    Objects are linear in that number, so two prices give them for every page.
    """
    places: list[tuple[int, int | None]] = [(1, page if part.on_page else None)]
    total = Price()
    for each in part.fields:
        parents, rows = places[each.above]
        objects = parents
        items = largest(each.items, amount_of) if each.items else 0
        size = min(largest(each.sizes, amount_of), largest_page) if each.sizes else items or None
        if each.kind.is_list:
            objects, size = objects * each.many(rows if size is None else size), None
        total += Price(each.kind.weight, objects, parents * each.kind.each)
        places.append((objects, size))
    for spread in part.spreads:
        if spread.name in prices:
            none, one = prices[spread.name]
            objects, rows = places[spread.above]
            page = 1 if rows is None else rows
            nodes = none.nodes + (one.nodes - none.nodes) * page
            work = none.work + (one.work - none.work) * page
            total += Price(none.cost, nodes * objects, work * objects)
    return total


def _lead_back(parts: Mapping[Any, _Part], order: Sequence[Any]) -> None:
    """Find the lists that lead back up, through fragments too, wherever these are spread.

    A list of its parent's own kind (a parcel's inner parcels) leads on, not back.
    """
    above: dict[Any, frozenset[str]] = {name: frozenset() for name in parts}
    for name in reversed(order):
        part = parts[name]
        places = [(part.type_name, above[name])]
        for each in part.fields:
            (parent, types), amount_of = places[each.above], each.kind.type_name
            each.leads_back = each.kind.is_list and amount_of in types and amount_of != parent
            places.append((amount_of, types | {parent}))
        for spread in part.spreads:
            if spread.name in above:
                parent, types = places[spread.above]
                above[spread.name] |= types | ({parent} - {parts[spread.name].type_name})


def _after_what_they_spread(parts: Mapping[Any, _Part]) -> Iterator[Any]:
    """Give the names of all definitions, each after the fragments that it spreads.

    Of fragments that spread each other in a circle one comes first.
    """
    entered: set[Any] = set()
    ahead = [(name, False) for name in parts]
    while ahead:
        name, is_left = ahead.pop()
        if is_left:
            yield name
        elif name in parts and name not in entered:
            entered.add(name)
            ahead.append((name, True))
            ahead.extend((spread.name, False) for spread in parts[name].spreads)
