"""Who sees what, written into docs/SECURITY.md (`make docs`)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

from models.access.viewers import OTHERS
from models.base.events import EVENTS
from models.base.masks import Hidden
from models.base.tables import Base, OfMerchant

DOCUMENT = Path(__file__).parents[1] / "docs" / "SECURITY.md"
BEGIN, END = "<!-- written by make docs -->\n", "<!-- end -->\n"
HIDDEN = ("What", "Hidden from", "Who reads")


def entities() -> list[Any]:
    """Return the classes of all tables of merchants, by name."""
    found = (mapper.class_ for mapper in Base.registry.mappers)
    tenants = (entity for entity in found if issubclass(entity, OfMerchant))
    return sorted(tenants, key=lambda entity: str(entity.__name__))


def _table(*lines: Iterable[str]) -> str:
    head, *rows = map(list, lines)
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))


def _rows() -> str:
    rules = (
        [
            entity.__name__,
            *(entity.__seen__[it].text if it in entity.__seen__ else "" for it in OTHERS),
        ]
        for entity in entities()
        if entity.__seen__
    )
    alone = ", ".join(entity.__name__ for entity in entities() if not entity.__seen__)
    table = _table(["Rows of", *(actor.capitalize() for actor in OTHERS)], *rules)
    return f"{table}\nStaff sees all rows of its merchant, and alone those of {alone}.\n"


def _masks(name: str, hidden: Hidden, actors: Iterable[Hashable]) -> Iterator[tuple[str, str, str]]:
    """Yield what is hidden, from whom, and what they read instead."""
    whom: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for actor in actors:
        for field, mask in hidden.get(actor, {}).items():
            whom[field, mask.text].append(str(actor).lower())
    for (field, text), of in whom.items():
        yield f"{name} `{field}`", ", ".join(of), text


def _columns() -> Iterator[tuple[str, str, str]]:
    for entity in entities():
        seeing = [actor for actor in OTHERS if actor in entity.__seen__]
        yield from _masks(entity.__name__, entity.__hidden__, seeing)


def _fields() -> Iterator[tuple[str, str, str]]:
    events: defaultdict[int, list[str]] = defaultdict(list)
    for name, kind in EVENTS.items():
        if kind.hidden:
            events[id(kind.hidden)].append(name)
    for of in events.values():
        yield from _masks(", ".join(of), EVENTS[of[0]].hidden, OTHERS)


def matrix() -> str:
    """Return actor by table, and what is hidden of rows that are seen."""
    return f"{_rows()}\n{_table(HIDDEN, *_columns())}\n{_table(HIDDEN, *_fields())}"


def with_matrix(document: str) -> str:
    """Return a document with the matrix between its two marks."""
    before, _, after = document.partition(BEGIN)
    return f"{before}{BEGIN}\n{matrix()}\n{END}{after.partition(END)[2]}"


def write_matrix() -> None:
    """Write the document."""
    DOCUMENT.write_text(with_matrix(DOCUMENT.read_text()))
