"""A list without a page says beside itself how long it usually is, and at most."""

from admission.costs import Catalogue
from execution.fields import DECLARED, Related
from loaders.reading.relations import Relation
from schema.schema import schema


def lists() -> dict[str, Relation]:
    """Give every field that is a relation to many: its coordinate -> the relation."""
    found = {}
    for name, kind in schema._schema.type_map.items():  # noqa: SLF001 -- graphql-core's side.
        for field_name, field in getattr(kind, "fields", {}).items():
            definition = field.extensions.get("strawberry-definition")
            declared = getattr(definition, "metadata", {}).get(DECLARED)
            if isinstance(declared, Related) and declared.relation.many:
                found[f"{name}.{field_name}"] = declared.relation
    return found


def test_every_list_declares_its_length() -> None:
    declared = {name: getattr(it, "typical", None) for name, it in lists().items()}
    assert len(declared) > 15
    assert [name for name, typical in declared.items() if not typical] == []
    assert [name for name, it in lists().items() if it.typical > it.longest] == []


def test_the_price_takes_what_is_declared() -> None:
    kinds = Catalogue(schema._schema).kinds  # noqa: SLF001 -- graphql-core's side.
    for name, relation in lists().items():
        type_name, field_name = name.split(".")
        kind = kinds[type_name][field_name]
        assert (kind.typical, kind.longest) == (relation.typical, relation.longest)
