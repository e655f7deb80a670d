"""No page of the portal cuts a list without a word and a way on. Needs no Node."""

from dataclasses import dataclass
from pathlib import Path

from graphql import (
    FieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    print_ast,
    visit,
)

TREE = Path(__file__).parents[3]
SCHEMA = build_schema((TREE / "schema.graphql").read_text("utf-8"))
CUT = {
    ("calloff.graphql", "Query.channels"),
    ("calloff.graphql", "Query.locations"),
    ("carriers.graphql", "Query.parties"),
    ("delivery.graphql", "Delivery.events"),
    ("parcel.graphql", "Parcel.events"),
}
"""Lists that do not say yet that there is more; whoever mends one takes it out."""


def _inner(field: FieldNode, name: str) -> list[str]:
    """Return which fields are chosen of a field's field."""
    chosen = field.selection_set.selections if field.selection_set else ()
    found = [it for it in chosen if isinstance(it, FieldNode) and it.name.value == name]
    sets = [it.selection_set for it in found if it.selection_set]
    return [it.name.value for each in sets for it in each.selections if isinstance(it, FieldNode)]


@dataclass(frozen=True)
class _List:
    """A connection that a page asks for, of more than one row."""

    file: str
    name: str
    """What it is a list of, and of whom."""
    goes_on: bool
    """Whether it begins behind a cursor."""
    says_whether_more: bool


class _Lists(Visitor):
    """Collects the connections of a document."""

    def __init__(self, file: str, types: TypeInfo) -> None:
        super().__init__()
        self.file, self.types, self.found = file, types, list[_List]()

    def enter_field(self, field: FieldNode, *_: object) -> None:
        kind = get_named_type(self.types.get_type())
        parent = self.types.get_parent_type()
        arguments = {it.name.value: print_ast(it.value) for it in field.arguments or ()}
        if kind is None or not kind.name.endswith("Connection") or arguments.get("first") == "1":
            return
            assert field.selection_set
        shown = {f"pageInfo.{it}" for it in _inner(field, "pageInfo")}
        back = "last" in arguments
        cursor = arguments.get("before" if back else "after")
        wanted = ("hasPreviousPage", "startCursor") if back else ("hasNextPage", "endCursor")
        self.found.append(
            _List(
                file=self.file,
                name=f"{parent.name}.{field.name.value}",
                goes_on=cursor == "$after",
                says_whether_more={f"pageInfo.{it}" for it in wanted} <= shown,
            )
        )


def _lists(file: Path) -> list[_List]:
    types = TypeInfo(SCHEMA)
    lists = _Lists(file.name, types)
    visit(parse(file.read_text("utf-8")), TypeInfoVisitor(types, lists))
    return lists.found


def test_no_list_is_cut_without_a_word_and_a_way_on() -> None:
    found = [
        it for file in sorted((TREE / "web" / "src").rglob("*.graphql")) for it in _lists(file)
    ]
    onward = {it.name for it in found if it.goes_on}
    assert len(found) > len(onward) > 3
    assert {(it.file, it.name) for it in found if not it.says_whether_more} == CUT
    assert {(it.file, it.name) for it in found if it.name not in onward} == CUT
