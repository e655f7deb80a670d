"""What a field costs stands at what takes the work, so that every way to it costs the same."""

from graphql import GraphQLObjectType, parse

from admission.costs import Catalogue
from admission.limits import Measured
from schema.schema import schema

_SCHEMA = schema._schema  # noqa: SLF001 -- graphql-core's side of the schema.
CATALOGUE = Catalogue(_SCHEMA)


def _points(of: str) -> int:
    return Measured(CATALOGUE, parse(f'{{ node(id: "1") {{ ... on {of} }} }}')).price(None, {}).cost


def test_bytes_cost_the_same_by_node_and_by_what_they_are_of() -> None:
    by_itself = _points("InterchangeContent { base64 }")
    assert by_itself > 100
    for of in ("Interchange", "OutgoingInterchange"):
        assert _points(f"{of} {{ content {{ base64 }} }}") == by_itself + 1


def test_no_object_that_node_gives_is_dear_by_one_way_only() -> None:
    """What a relation to one costs more than the rule stands at a field of the object instead."""
    nodes = {
        name
        for name, of in _SCHEMA.type_map.items()
        if isinstance(of, GraphQLObjectType) and any(it.name == "Node" for it in of.interfaces)
    }
    assert "InterchangeContent" in nodes
    dear = {
        (of, name)
        for of, fields in CATALOGUE.kinds.items()
        for name, kind in fields.items()
        if kind.type_name in nodes and not kind.is_list and (kind.weight > 1 or kind.each)
    }
    assert dear == set()
