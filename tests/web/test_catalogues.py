"""What the portal says: every text in five languages, none that nobody says. Needs no Node."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import EnumTypeDefinitionNode, parse

ROOT = Path(__file__).parents[2]
PORTAL = ROOT / "web" / "src" / "portal"
LANGUAGES = ("en", "de", "pl", "nl", "fil")
PLURALS = {"en": 2, "de": 2, "nl": 2, "fil": 2, "pl": 4}
"""How many forms a language's plurals have."""
ENGLISH: dict[str, str] = json.loads((PORTAL / "texts" / "en.json").read_text("utf-8"))
ENUMS = {
    f"{kind.name.value}.{value.name.value}"
    for kind in parse((ROOT / "schema.graphql").read_text("utf-8")).definitions
    if isinstance(kind, EnumTypeDefinitionNode)
    for value in kind.values
}


def sources() -> Iterator[tuple[Path, str]]:
    """Give the portal's code, each file with its text."""
    for file in sorted(PORTAL.rglob("*.ts*")):
        if "generated" not in file.parts:
            yield file, file.read_text("utf-8")


def placeholders(text: str) -> set[str]:
    """Return the names for which a text has places."""
    return set(re.findall(r"\{(\w+)[,}]", re.sub(r"(?:=\d+|one|few|many|other) \{", "", text)))


def test_every_id_that_the_code_says_is_there_and_no_other() -> None:
    rooms = {it.partition(".")[0] for it in ENGLISH if it not in ENUMS}
    used = {
        name
        for _, text in sources()
        for name in re.findall(r'"([a-z]\w*(?:\.\w+)+)"', text)
        if name.partition(".")[0] in rooms
    }
    assert used == {it for it in ENGLISH if it not in ENUMS}


def test_every_value_of_an_enum_that_is_shown_has_a_word() -> None:
    shown = {
        name for _, text in sources() for name in re.findall(r'(?:word\(|State of=)"(\w+)"', text)
    }
    assert len(shown) > 5
    assert {it for it in ENUMS if it.partition(".")[0] in shown} == set(ENGLISH) & ENUMS


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_the_same(language: str) -> None:
    texts = json.loads((PORTAL / "texts" / f"{language}.json").read_text("utf-8"))
    assert list(texts) == sorted(ENGLISH)
    assert [it for it, text in texts.items() if not text.strip()] == []
    differ = [it for it in ENGLISH if placeholders(ENGLISH[it]) != placeholders(texts[it])]
    assert differ == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_each_form_of_their_language(language: str) -> None:
    texts = json.loads((PORTAL / "texts" / f"{language}.json").read_text("utf-8"))
    forms = {it: set(re.findall(r"\b(one|few|many|other) \{", text)) for it, text in texts.items()}
    plural = {it: len(found) for it, found in forms.items() if "plural" in ENGLISH[it]}
    assert plural
    assert {it: count for it, count in plural.items() if count != PLURALS[language]} == {}


def test_every_class_that_the_code_wears_is_in_its_sheet_and_no_other() -> None:
    worn: dict[Path, set[str]] = {}
    for file, text in sources():
        for name, sheet in re.findall(r'import (\w+) from "(\..*?\.module\.css)"', text):
            found = set(re.findall(rf"\b{name}\.(\w+)", re.sub(r'".*?"', "", text)))
            # What is put together at run time may be any.
            found |= {"*"} if f"{name}[" in text else set()
            worn.setdefault((file.parent / sheet).resolve(), set()).update(found)
    assert set(worn) == {it.resolve() for it in PORTAL.rglob("*.module.css")}
    for sheet, names in worn.items():
        kept = set(re.findall(r"\.([a-zA-Z]\w*)(?=[^{};]*\{)", sheet.read_text("utf-8")))
        assert names - {"*"} <= kept, sheet
        assert "*" in names or kept <= names, sheet
