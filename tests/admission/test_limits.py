"""What a document asks for is counted in one pass, however large the expanded operation is."""

from collections.abc import Iterator

import pytest
from graphql import DocumentNode, Visitor, get_introspection_query, parse, visit

from admission.costs import OBJECTS, Catalogue
from admission.limits import Measured, Price
from admission.sizes import LARGEST_INT
from examples.mutations import Mutation
from examples.northwind import questions, run
from examples.northwind.client import ALIASES, PAGE
from kit.limits import DEFAULT_LIMITS
from loaders.fulfilment.deliveries import of_order
from loaders.trade.orders import lines as lines_of
from schema.graphql.extensions.limits import _fitting
from schema.schema import schema
from server import OPERATIONS

CATALOGUE = Catalogue(schema._schema)  # noqa: SLF001 -- graphql-core's side of the schema.
INTROSPECTION = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)
ORDER = """
number channel { name } net { amount currency } lines { product { sku } ordered shipped }
deliveries { number window { earliest } lines { quantity orderLine { product { sku } } }
  parcels { status events(first: 20) { nodes { occurredAt status place message } } } }
"""
LEGITIMATE = {it.stem: it.read_text() for it in OPERATIONS.glob("*.graphql")} | {
    "introspection": INTROSPECTION,
    "list": f"{{ orders(first: 20) {{ nodes {{ {ORDER} }} }} }}",
    "one": f'{{ order(number: "1") {{ {ORDER} }} }}',
    "northwind_answers": questions.ANSWERS,
    "northwind_orders": run.ORDERS,
    "northwind_deliveries": run.DELIVERIES,
    "northwind_places": Mutation("orderPlace", "order { id lines { id } }").document(ALIASES),
}
PAGES = {name: {"first": PAGE} for name in ("northwind_orders", "northwind_deliveries")}


def chain(length: int, spreads: int = 2, on: str = "Order") -> str:
    """Return fragments of which each spreads the next one several times."""
    links = (
        f"fragment F{each} on {on} {{ "
        + " ".join(f"a{spread}: party {{ id ...F{each + 1} }}" for spread in range(spreads))
        + " }"
        for each in range(length)
    )
    last = f"fragment F{length} on {on} {{ number }}"
    return f"{{ orders(first: 2) {{ nodes {{ ...F0 }} }} }} {' '.join(links)} {last}"


def measured(text: str) -> Measured:
    return Measured(CATALOGUE, parse(text))


def price(text: str, **variables: object) -> Price:
    return measured(text).price(None, variables)


class _Counting(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.nodes = 0

    def enter(self, *_: object) -> None:
        self.nodes += 1


def nodes_of(document: DocumentNode) -> int:
    counting = _Counting()
    visit(document, counting)
    return counting.nodes


def chains() -> Iterator[tuple[str, str]]:
    """Give documents whose expanded operations are exponentially larger: name -> text."""
    for length in (17, 20, 64, 500):
        yield f"chain of {length}", chain(length)
        yield f"chain of {length} in tens", chain(length, spreads=10)
        flat = "".join(
            f"fragment G{it} on Query {{ ...G{it + 1} ...G{it + 1} }}\n" for it in range(length)
        )
        yield (
            f"flat chain of {length}",
            f"{{ ...G0 }} {flat} fragment G{length} on Query {{ a: __typename }}",
        )


def floods() -> Iterator[tuple[str, str]]:
    """Give documents with too much of one thing."""
    yield "aliases", f"{{ {' '.join(f'a{it}: viewer {{ name }}' for it in range(2_000))} }}"
    yield "directives", f"{{ __typename {'@include(if: true) ' * 1_000} }}"
    yield "directives on a spread", f"{{ ...F {'@a ' * 500} }} fragment F on Query {{ __typename }}"
    yield "overlapping fields", f"{{ {'viewer { name } ' * 1_000} }}"
    yield "the same field", f"{{ viewer {{ {'name ' * 1_990}}} }}"
    same = "lines { ordered product { sku } } " * 220
    yield "the same list", f"{{ orders(first: 1) {{ nodes {{ {same} }} }} }}"
    names = [f"F{it}" for it in range(180)]
    beside = " ".join(f"fragment {it} on Viewer {{ name }}" for it in names)
    yield "fragments side by side", f"{{ viewer {{ ...{' ...'.join(names)} }} }} {beside}"
    yield "unknown fields", f"{{ viewer {{ {' '.join(f'n{it}' for it in range(1_990))} }} }}"
    yield "many operations", " ".join(f"query Q{it} {{ __typename }}" for it in range(500))
    yield "deep", f"{'{ a ' * 180}{'}' * 180}"
    yield "deep inline fragments", f"{'{ ... ' * 150}{{ __typename }}{'}' * 150}"
    lists = "orders { deliveries { " * 60
    yield "deep lists", f"{{ deliveries(first: 250) {{ nodes {{ {lists} id {'} } ' * 60} }} }} }}"
    yield "huge literal list", f"{{ nodes(ids: [{'1 ' * 5_000}]) {{ id }} }}"
    yield "huge number", f"{{ orders(first: {'9' * 10_000}) {{ nodes {{ number }} }} }}"
    yield "huge text", f'{{ order(number: "{"x" * 15_000}") {{ number }} }}'
    yield (
        "deep introspection",
        f"{{ __schema {{ types {'{ fields { type ' * 50} {{ name }} {'} }' * 50} }} }}",
    )


def pairs_and_errors() -> Iterator[tuple[str, str]]:
    """Give documents that keep validation busy."""
    beside = "{ id product { sku } } deliveries { id lines { id } } channel { id code }"
    names = [f"F{it}" for it in range(30)]
    yield (
        "fragments that overlap",
        f"{{ orders(first: 1) {{ {' '.join(f'nodes {{ ...{it} }}' for it in names)} }} }}"
        + " ".join(f"fragment {it} on Order {{ lines {beside} }}" for it in names),
    )
    yield (
        "fragments that nobody spreads",
        "{ __typename } " + " ".join(f"fragment F{it} on Query {{ a }}" for it in range(250)),
    )
    wrong = " ".join(f"a{it}: 1" for it in range(640))
    yield "unknown fields of an input", f"mutation {{ orderHold(input: {{ {wrong} }}) {{ id }} }}"


def nonsense() -> Iterator[tuple[str, str]]:
    """Give documents that validation will refuse, or that do nothing."""
    yield "unknown fragments", "{ ...Nobody orders(first: 9) { ...No nodes { ...One } } }"
    yield (
        "unknown everything",
        "{ what(first: 9) { ever { id } } } fragment F on Nothing { a { b } }",
    )
    yield "fragment of itself", "{ ...A } fragment A on Query { __typename ...A }"
    yield "circle", "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }"
    yield (
        "same fragment twice",
        "{ ...A } fragment A on Query { a: x } fragment A on Query { ...A }",
    )
    yield "no operation", "fragment A on Query { __typename }"
    yield "types and operations", "type A { a: Int } { __typename }"
    yield "comments", "#\n" * 10_000 + "{ __typename }"


HOSTILE = dict([*chains(), *floods(), *pairs_and_errors(), *nonsense()])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_node_is_looked_at_twice(name: str) -> None:
    document = parse(HOSTILE[name])
    found = Measured(CATALOGUE, document)
    assert 0 <= found.visited <= nodes_of(document)
    total = found.price(None, {})
    assert 0 <= total.cost <= LARGEST_INT
    assert 0 <= total.nodes <= LARGEST_INT


@pytest.mark.parametrize("length", [17, 20, 64, 500])
def test_pricing_looks_at_no_node_again(length: int) -> None:
    found = measured(chain(length))
    before = found.visited
    found.price(None, {})
    assert found.visited == before


@pytest.mark.parametrize("length", [1, 2, 5, 17])
def test_an_expanded_chain_is_counted_as_if_it_were_written_out(length: int) -> None:
    """A chain of n fragments that each spread the next one twice asks for 2^n of the last."""
    found = measured(chain(length))
    assert found.counts.aliases == 2 ** (length + 1) - 2
    assert found.counts.depth == 2 + length + 1
    assert found.price(None, {}).nodes == 1 + 2 + 2 * (2 ** (length + 1) - 2)


@pytest.mark.parametrize("name", LEGITIMATE)
def test_what_people_really_ask_fits(name: str) -> None:
    found, limits = measured(LEGITIMATE[name]), DEFAULT_LIMITS
    assert len(LEGITIMATE[name]) <= limits.source
    parse(LEGITIMATE[name], max_lexical_tokens=limits.tokens)
    counts, wanted = found.counts, found.price(None, PAGES.get(name, {}))
    assert counts.depth <= limits.depth
    assert counts.root_fields <= limits.root_fields
    assert counts.aliases <= limits.aliases
    assert counts.directives <= limits.directives
    assert counts.repeats <= limits.repeats
    assert counts.spreads <= limits.spreads
    assert wanted.cost <= limits.cost
    assert wanted.nodes <= limits.nodes


def test_a_field_that_reads_costs_one_however_many_objects_it_is_asked_of() -> None:
    assert price("{ viewer { name } }").cost == 0
    assert price('{ order(number: "1") { number totals { gross { amount } } } }').cost == 2
    assert price("{ orders(first: 20) { nodes { number } } }").cost == 1
    assert price("{ orders(first: 10) { nodes { lines { ordered } } } }").cost == 2


def test_every_hundred_objects_cost_one() -> None:
    # The page, each order, five lines of each, the product of each line.
    lines = price("{ orders(first: 20) { nodes { lines { product { sku } } } } }")
    assert lines.nodes == 1 + 20 * (1 + lines_of.typical * 2)
    assert lines.cost == 3 + lines.nodes // OBJECTS
    edges = price("{ orders(last: 20) { edges { node { lines { ordered } } } } }")
    assert edges.nodes == 1 + 20 * (1 + 1 + lines_of.typical)


def test_a_list_is_as_long_as_its_relation_says_and_longest_where_it_leads_back_up() -> None:
    deliveries = "{ orders(first: 10) { nodes { deliveries { id } } } }"
    assert price(deliveries).nodes == 1 + 10 * (1 + of_order.typical)
    back = '{ order(number: "1") { lines { order { lines { id } } } } }'
    typical, longest = lines_of.typical, lines_of.longest
    assert price(back).nodes == 1 + typical + typical + typical * longest


@pytest.mark.parametrize(
    ("field", "each"),
    [
        ("isLate", 0),
        ("isOpen", 0),
        ("fulfilmentStatus", 0),
        ("availableActions", 5),
        ("net { amount }", 0),
        ("totals { gross { amount } }", 5),
        ("party { orders(first: 0) { totalCount } }", 100),
        ("party { orders(first: 0) { summary { orderCount } } }", 2_400),
    ],
)
def test_what_is_computed_costs_by_the_objects_that_it_is_asked_of(field: str, each: int) -> None:
    """Nearly half a second of PostgreSQL was 18 points: a count of 10,000 for each of 250."""
    few, many = (price(f"{{ orders(first: {it}) {{ nodes {{ {field} }} }} }}") for it in (1, 250))
    assert (few.work, many.work) == (each, 250 * each)
    fields = few.cost - (few.nodes + few.work) // OBJECTS
    assert many.cost == fields + (many.nodes + many.work) // OBJECTS
    # Fragments are multiplied where they are spread, pages where they are asked.
    spread = (
        "{ orders(first: 250) { ...P } } fragment P on OrderConnection { nodes { ...F } }"
        f" fragment F on Order {{ {field} }}"
    )
    assert price(spread) == many
    below = f'{{ order(number: "1") {{ lines {{ order {{ {field} }} }} }} }}'
    assert price(below).work == lines_of.typical * each


def test_a_page_that_fits_counts_what_is_computed() -> None:
    text = """query ($n: Int!) {
      orders(first: $n) { nodes { party { orders(first: 0) { totalCount } } } }
    }"""
    found = measured(text)
    most = Price(100, LARGEST_INT)
    page = _fitting(found, most, None, {"n": 250})
    assert price(text, n=page).cost <= most.cost < price(text, n=page + 1).cost


def test_what_stands_beside_the_rows_is_not_multiplied() -> None:
    assert price("{ orders(first: 250) { totalCount nodes { number } } }").cost == 1 + 5 + 2
    beside = price("{ orders(first: 0) { totalCount summary { orderCount } } }")
    assert beside.cost == 1 + 5 + 25


def test_a_mutation_has_as_many_results_as_items() -> None:
    text = """mutation ($i: ProductsUpsertInput!) {
      productsUpsert(input: $i) { results { status product { id } } }
    }"""
    one, many = (price(text, i={"products": [{}] * size}) for size in (1, 200))
    assert (one.cost, one.nodes) == (11, 1 + 2)
    assert (many.cost, many.nodes) == (11 + 401 // OBJECTS, 1 + 2 * 200)
    written = text.replace("($i: ProductsUpsertInput!)", "").replace(
        "$i", f"{{ products: [{'{}' * 200}] }}"
    )
    assert price(written) == many
    apart = text.replace("$i: ProductsUpsertInput!", "$i: [ProductInput!]!", 1)
    assert price(apart.replace("input: $i", "input: { products: $i }"), i=[{}] * 200) == many
    version = "mutation ($v: Int) { orderHold(input: { version: $v }) { order { id } } }"
    assert price(version, v=5_000) == price(version, v=1)


def test_a_fragment_on_a_page_is_multiplied_where_it_is_spread() -> None:
    page = "fragment P on OrderConnection { ...Q totalCount }"
    rows = (
        "fragment Q on OrderConnection { nodes { ...R } } fragment R on Order { lines { ordered } }"
    )
    for size in (0, 1, 20):
        spread = price(f"{{ orders(first: {size}) {{ ...P }} }} {page} {rows}")
        written = price(
            f"{{ orders(first: {size}) {{ nodes {{ lines {{ ordered }} }} totalCount }} }}"
        )
        assert spread == written
        assert spread.nodes == 2 + size * (1 + lines_of.typical)


@pytest.mark.parametrize(
    ("values", "rows"),
    [({"n": 7}, 7), ({"n": 7.0}, 7), ({}, 3), ({"n": -1}, 0), ({"n": None}, 1), ({"n": "x"}, 1)],
)
def test_a_page_size_may_be_a_variable(values: dict[str, object], rows: int) -> None:
    text = "query ($n: Int = 3) { orders(first: $n) { nodes { lines { ordered } } } }"
    assert price(text, **values).nodes == 1 + rows * (1 + lines_of.typical)


def test_a_list_of_ids_multiplies_by_its_length() -> None:
    text = "query ($i: [ID!]!) { nodes(ids: $i) { ... on Order { lines { ordered } } } }"
    assert price(text, i=["a"] * 100).nodes == 100 * (1 + lines_of.typical)
    two = price('{ nodes(ids: ["a", "b"]) { ... on Order { lines { ordered } } } }')
    assert two.nodes == 2 * (1 + lines_of.typical)


def test_the_schema_is_dear_because_it_is_long() -> None:
    """An answer holds it as often as it is asked for, under aliases."""
    assert price("{ a: __schema { types { name } } b: __schema { types { name } } }").cost == 1_800
    assert price('{ __type(name: "Order") { fields { name } } }').cost == 20


def test_a_mutation_costs_ten() -> None:
    text = "mutation ($i: OrderHoldInput!) { orderHold(input: $i) { order { number } } }"
    assert price(text).cost == 11


def test_lists_without_a_page_size_multiply_the_objects_of_the_answer() -> None:
    """Deliveries of orders of deliveries: nothing but declared sizes keeps them from growing."""
    inner = "id"
    for _ in range(4):
        inner = f"orders {{ deliveries {{ {inner} }} }}"
    assert price(f'{{ delivery(number: "1") {{ {inner} }} }}').nodes > DEFAULT_LIMITS.nodes


def test_of_several_operations_the_named_one_is_priced() -> None:
    text = (
        "query A { viewer { name } } query B { orders(first: 9) { nodes { lines { ordered } } } }"
    )
    found = measured(text)
    assert (found.operations, found.price("A", {}).cost, found.price("B", {}).cost) == (2, 0, 2)


def test_what_validation_compares_in_pairs_is_counted_where_it_is_written() -> None:
    """A field beside an equal one in whatever inline fragment; a spread wherever it stands."""
    twice = "{ a: viewer { name ... { name } ... on Viewer { name } n: name } viewer { name } }"
    assert measured(twice).counts.repeats == 2
    assert measured("{ a viewer { b name { c } __typename } __schema { d } }").counts.unknown == 3
    found = measured(chain(20, spreads=10)).counts
    assert (found.repeats, found.spreads) == (0, 1 + 20 * 10)


def test_equal_operations_are_counted_one_by_one() -> None:
    assert measured("{ __typename } " * 300).operations == 300
