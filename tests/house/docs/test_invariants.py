"""Codes of invariants: all that the code and its documents name are explained, and shown."""

import re

import pytest

from models.base.tables import Base
from schema.schema import schema
from schema.verbs import verbs
from tests.house.places import ROOT, tracked

CODE = re.compile(r"\b[DKOPR]\d{1,2}\b")
ROW = re.compile(r"(?m)^\| ([DKOPR]\d+) \| (.+) \| (.+) \| (.+) \|$")
ROWS = ROW.findall((ROOT / "docs" / "INVARIANTS.md").read_text())
OUTSIDE = {
    *("tests/api", "tests/kit", "tests/house"),
    *("examples", "docs/INVARIANTS.md", "web", "bench"),
}
"""Where such words are numbers of parties and names of goods, and the table itself."""
CONSTRAINTS = {
    each.name
    for table in Base.metadata.tables.values()
    for each in (*table.constraints, *table.indexes)
}


def used() -> dict[str, set[str]]:
    """Return code -> the files that name it."""
    found: dict[str, set[str]] = {}
    for file in tracked():
        name = str(file.relative_to(ROOT))
        if file.suffix in {".py", ".md"} and not name.startswith(tuple(OUTSIDE)):
            for code in CODE.findall(file.read_text("utf-8")):
                found.setdefault(code, set()).add(name)
    return found


def test_every_code_that_is_used_stands_in_the_table_once() -> None:
    listed = [code for code, *_ in ROWS]
    assert len(set(listed)) == len(listed)
    assert {code: files for code, files in used().items() if code not in listed} == {}


def test_a_code_that_nobody_explains_would_be_found() -> None:
    assert CODE.findall("(O1, D12) of T08") == ["O1", "D12"]
    assert "D2" in used()


@pytest.mark.parametrize(("code", "sentence", "kept", "shown"), ROWS, ids=[it[0] for it in ROWS])
def test_what_the_table_names_is_there(code, sentence, kept, shown) -> None:
    assert sentence.endswith("."), code
    names = re.findall(r"`([^`]+)`", kept)
    mutations = {it.name for it in verbs(schema.mutation)}
    columns = {it.name for table in Base.metadata.tables.values() for it in table.columns}
    known = CONSTRAINTS | mutations | columns
    assert [it for it in names if it not in known and not (ROOT / it).is_file()] == []
    tests = re.findall(r"`(test_\w+)`", shown)
    texts = [it.read_text("utf-8") for it in (ROOT / "tests").rglob("test_*.py")]
    assert tests, code
    assert [it for it in tests if not any(f"def {it}(" in text for text in texts)] == []
