"""What a document asks for, counted in one pass before it is validated or run.

Every definition is read once, whatever spreads it and however often: its counts are kept, and a
spread adds them. So the work is linear in the length of the document also where the expanded
operation is exponentially larger. What depends on variables (page sizes) is kept as a short list
of fields and multiplied for each request. Cyclic and unknown fragments count nothing: validation
refuses them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from admission.costs import PAGE_SIZES, UNKNOWN, Catalogue, Kind
from admission.demands import NOTHING, Demands

LONGEST = 250
"""Objects that a list without page size is counted as where it leads back up; none is longer."""
MOST = 2**31 - 1
"""No number that clients see is larger: GraphQL's Int."""
_KEPT = 64
"""Prices of a document that are remembered, one for each combination of page sizes."""
_SIZES = PAGE_SIZES | {"ids"}


@dataclass
class _Field:
    """A field that costs or gives objects. above: index of the field that it is asked of.

    sizes: what its page size or keys were given as, literally or by the variables' names.
    leads_back: it is a list of what it is asked below of; known once all of the document is read.
    """

    above: int
    kind: Kind
    sizes: tuple[int | str, ...]
    gives_objects: bool
    leads_back: bool = False


@dataclass(frozen=True)
class _Spread:
    """A fragment's place. above: as of a field. depth: of the fields beside it."""

    name: str
    above: int
    depth: int


@dataclass
class Counts:
    """What is counted without variables.

    repeats: fields that stand beside one of the same name. spreads: of fragments. Validation
    compares them in pairs, once for each place where they are written. unknown: fields that their
    type does not have, as they are written. key: characters of the longest alias.
    """

    depth: int = 0
    root_fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0
    spreads: int = 0
    unknown: int = 0
    key: int = 0

    def add(self, other: "Counts", depth: int) -> None:
        """Put a fragment's counts in its place among the fields of a depth."""
        self.depth = max(self.depth, depth - 1 + other.depth)
        self.root_fields += other.root_fields if depth == 1 else 0
        self.aliases += other.aliases
        self.directives += other.directives
        self.repeats += other.repeats
        self.spreads += other.spreads
        self.unknown += other.unknown
        self.key = max(self.key, other.key)


@dataclass
class _Part:
    """A definition, read once."""

    type_name: str
    on_page: bool
    counts: Counts = field(default_factory=Counts)
    fields: list[_Field] = field(default_factory=list)
    spreads: list[_Spread] = field(default_factory=list)
    demands: Demands = NOTHING


@dataclass(frozen=True)
class Price:
    """What an operation costs with its variables. nodes: objects that its answer may have."""

    cost: int = 0
    nodes: int = 0

    def times(self, cost: int, nodes: int) -> "Price":
        """Multiply both."""
        return Price(self.cost * cost, self.nodes * nodes)

    def __add__(self, other: "Price") -> "Price":
        return Price(self.cost + other.cost, self.nodes + other.nodes)


class Measured:
    """A document's counts, what its operations cost and demand. visited: nodes looked at."""

    def __init__(self, of: Catalogue, document: DocumentNode) -> None:
        """Read every definition once."""
        self.visited = 0
        self._catalogue = of
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
            for it in part.fields
            for size in it.sizes
            if isinstance(size, str)
        }
        self._prices: dict[tuple[Any, ...], Price] = {}
        self._demands = self._demanded()

    def _read(
        self, definition: OperationDefinitionNode | FragmentDefinitionNode, type_name: str
    ) -> _Part:
        """Look at each of a definition's selections once."""
        part = _Part(type_name, type_name in self._catalogue.pages)
        self.visited += 1
        part.counts.directives += len(definition.directives or ())
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
        kind = (known or {}).get(name, UNKNOWN)
        counts.unknown += known is not None and kind is UNKNOWN and not name.startswith("__")
        part.demands |= kind.demands
        if node.selection_set or kind.weight:
            self.visited += len(node.arguments or ())
            part.fields.append(_Field(above, kind, _sizes(node), bool(node.selection_set)))
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
            max(it.directives for it in [*ran, written]),
            written.repeats,
            written.spreads,
            written.unknown,
            written.key,
        )

    def _demanded(self) -> dict[int | str, Demands]:
        """Return what each definition demands with its fragments."""
        demands: dict[int | str, Demands] = {}
        for name in self._order:
            part = self._parts[name]
            spread = (demands.get(it.name, NOTHING) for it in part.spreads)
            demands[name] = part.demands.union(*spread)
        return demands

    def largest(self, name: str | None, variables: Mapping[str, Any]) -> int:
        """Return the largest page, or list of ids, that an operation asks for."""
        if not self._operations:
            return 0
        _, operation = self._operations.get(name) or next(iter(self._operations.values()))
        given = _amounts(operation, variables, self._sized_by)
        asked = (it.sizes for part in self._parts.values() for it in part.fields if it.sizes)
        return max((_largest(sizes, given) for sizes in asked), default=0)

    def price(
        self, name: str | None, variables: Mapping[str, Any], largest_page: int = MOST
    ) -> Price:
        """Return what an operation costs. name: None for the only one.

        largest_page: the answer if no page were larger, to find one that fits.
        """
        if not self._operations:
            return Price()
        place, operation = self._operation(name)
        given = _amounts(operation, variables, self._sized_by)
        key = (place, largest_page, *given.items())
        if key not in self._prices:
            if len(self._prices) >= _KEPT:
                self._prices.clear()
            self._prices[key] = self._add_up(place, given, largest_page)
        return self._prices[key]

    def demands(self, name: str | None) -> Demands:
        """Return what all fields of an operation demand together. name: None for the only one."""
        return self._demands[self._operation(name)[0]] if self._operations else NOTHING

    def _operation(self, name: str | None) -> tuple[int, OperationDefinitionNode]:
        return self._operations.get(name) or next(iter(self._operations.values()))

    def _add_up(self, operation: int, given: Mapping[str, int], largest_page: int) -> Price:
        prices: dict[int | str, tuple[Price, Price]] = {}
        for key in self._order:
            if isinstance(key, str) or key == operation:
                part = self._parts[key]
                none = _priced(part, 0, given, largest_page, prices)
                one = _priced(part, 1, given, largest_page, prices) if part.on_page else none
                prices[key] = (none, one)
        total = prices[operation][0]
        return Price(min(total.cost, MOST), min(total.nodes, MOST))


def _priced(
    part: _Part,
    page: int,
    given: Mapping[str, int],
    largest_page: int,
    prices: Mapping[Any, tuple[Price, Price]],
) -> Price:
    """Add up a definition. page: rows of the page that it is asked of, if it is asked of one.

    A price is linear in that number, so two of them give it for every page.
    """
    places: list[tuple[int, int, int | None]] = [(1, 1, page if part.on_page else None)]
    cost = nodes = 0
    for it in part.fields:
        times, objects, rows = places[it.above]
        cost += times * it.kind.weight
        size = min(_largest(it.sizes, given), largest_page) if it.sizes else None
        if it.kind.is_list:
            many = rows if size is None else size
            if many is None:
                many = LONGEST if it.leads_back else it.kind.typical
            times *= many
            objects *= many
            size = None
        nodes += objects * it.gives_objects
        places.append((times, objects, size))
    total = Price(cost, nodes)
    for spread in part.spreads:
        if spread.name in prices:
            none, one = prices[spread.name]
            times, objects, rows = places[spread.above]
            each = one + none.times(-1, -1)
            rows = 1 if rows is None else rows
            total += (none + each.times(rows, rows)).times(times, objects)
    return total


def _lead_back(parts: Mapping[Any, _Part], order: Sequence[Any]) -> None:
    """Find the lists that lead back up, through fragments too, wherever these are spread.

    A list of its parent's own kind (a parcel's inner parcels) leads on, not back.
    """
    above: dict[Any, frozenset[str]] = {name: frozenset() for name in parts}
    for name in reversed(order):
        part = parts[name]
        places = [(part.type_name, above[name])]
        for it in part.fields:
            (parent, types), given = places[it.above], it.kind.type_name
            it.leads_back = it.kind.is_list and given in types and given != parent
            places.append((given, types | {parent}))
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


def _sizes(node: FieldNode) -> tuple[int | str, ...]:
    """Return what a field's page size or keys are given as."""
    return tuple(
        _size(argument.value) for argument in node.arguments or () if argument.name.value in _SIZES
    )


def _size(value: ValueNode) -> int | str:
    """Return a variable's name or a literal's amount."""
    return value.name.value if isinstance(value, VariableNode) else _literal(value)


def _literal(value: ValueNode) -> int:
    if isinstance(value, ListValueNode):
        return len(value.values)
    if isinstance(value, IntValueNode):
        digits = value.value
        return max(0, int(digits)) if len(digits) < len(str(MOST)) else MOST
    return 1


def _amounts(
    operation: OperationDefinitionNode, variables: Mapping[str, Any], wanted: Collection[str]
) -> dict[str, int]:
    """Return the amount of each wanted variable that has one, given or by default."""
    found = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in wanted and name in variables:
            found[name] = _amount(variables[name])
        elif name in wanted and definition.default_value is not None:
            found[name] = _literal(definition.default_value)
    return found


def _amount(value: Any) -> int:
    """Return how many a value asks for; what is no number and no list is refused later."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, int | float) and abs(value) <= MOST:
        return max(0, int(value))
    return MOST if isinstance(value, int | float) else 1


def _largest(sizes: Iterable[int | str], given: Mapping[str, int]) -> int:
    return max(given.get(size, 1) if isinstance(size, str) else size for size in sizes)
