"""The schema keeps what `docs/lint` recommends to clients; each exception is one that is there.

The rules themselves run in Node (`make lint-schema`); these are the exceptions, asked without it.
"""

import re

from graphql import GraphQLObjectType, is_interface_type

from schema.schema import schema
from tests.house.places import ROOT

CORE = schema._schema  # noqa: SLF001 -- graphql-core's side of the schema.
ROOTS = {CORE.query_type, CORE.mutation_type, CORE.subscription_type}
OBJECTS = {
    name: kind
    for name, kind in CORE.type_map.items()
    if isinstance(kind, GraphQLObjectType) and not name.startswith("__") and kind not in ROOTS
}
CONFIG = (ROOT / "docs" / "lint" / "eslint.config.mjs").read_text("utf-8")
NO_NODES = {"DemandEdge", "JournalEntryEdge", "TimelineEntryEdge"}


def listed(name: str) -> list[str]:
    (found,) = re.findall(rf"const {name} = \[(.*?)\];", CONFIG, re.DOTALL)
    return re.findall(r'"(\w+)"', found)


def test_a_type_without_an_id_is_a_part_that_is_listed() -> None:
    answers = tuple(listed("ANSWERS"))
    without = [name for name, kind in OBJECTS.items() if "id" not in kind.fields]
    assert sorted(listed("PARTS")) == [it for it in sorted(without) if not it.endswith(answers)]


def test_edges_lead_to_nodes_but_for_those_that_are_told() -> None:
    edges = {name: kind.fields["node"].type for name, kind in OBJECTS.items() if _is_edge(name)}
    named = {name: CORE.type_map[str(of).strip("!")] for name, of in edges.items()}
    other = {name for name, kind in named.items() if not _is_node(kind)}
    assert other == NO_NODES


def _is_edge(name: str) -> bool:
    return name.endswith("Edge")


def _is_node(kind: object) -> bool:
    if is_interface_type(kind):
        return kind.name == "Node"
    return any(it.name == "Node" for it in getattr(kind, "interfaces", ()))
