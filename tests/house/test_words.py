"""Plain words: what the floors define is called by what it is."""

import ast
import re
from collections.abc import Collection, Iterator

from tests.house.places import ROOT, tracked
from tests.house.test_names import FLOORS

PLAIN = {
    "told": "what it is: an outcome, an event, a message",
    "asked": "arguments, request or wanted",
    "asking": "request or reading",
    "said": "output or what it is",
    "given": "fields, values, input or filter",
    "shapes": "forms or kinds",
    "judged": "checked",
    "judgement": "condition",
    "sight": "visibility or viewer",
    "turn": "slot or place",
    "cast": "actors or converted",
    "rest": "what remains, of what",
    "stage": "state or step",
    "play": "run",
    "site": "server or page",
}
"""Word that is no name -> what to say instead."""
SLANG = {"told", "asked", "said", "judged", "sight", "shape", "shapes", "shaped"}
"""Those that are no part of a name of the floors either."""
SEEN = {"ToldReceipt"}
"""Names with such a part that clients know."""
EXEMPT = {
    "tests/simulation": "a play is a random sequence of commands; what is said is checked",
}
"""File or folder -> why its names stay for now."""
PLACES = {*FLOORS, "abruf", "operating", "tests", "examples", "bench", "web"}


def defined(text: str) -> Iterator[str]:
    """Give the functions, classes, parameters, attributes and locals that a module defines."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(value=ast.Name("self"), attr=name, ctx=ast.Store())
            ):
                yield name


def slang(text: str, parts: Collection[str] = ()) -> set[str]:
    """Return the names of a module that are no plain words. parts: nor stand in a name."""
    return {
        name
        for name in {*defined(text)} - SEEN
        if name.strip("_").lower() in PLAIN or not words(name).isdisjoint(parts)
    }


def words(name: str) -> set[str]:
    """Return the words that a name is made of."""
    return {it.lower() for it in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def written() -> dict[str, set[str]]:
    """Return file -> the names in it that are no plain words, for those that have any."""
    found = {}
    for file in tracked():
        path = file.relative_to(ROOT)
        if path.suffix == ".py" and path.parts[0] in PLACES:
            parts = SLANG if path.parts[0] in FLOORS else ()
            found[str(path)] = slang(file.read_text("utf-8"), parts)
    return {path: names for path, names in found.items() if names}


def exempt(path: str) -> set[str]:
    """Return which exceptions a file falls under."""
    return {it for it in EXEMPT if path == it or path.startswith(f"{it}/")}


def test_names_are_plain_words() -> None:
    assert {path: names for path, names in written().items() if not exempt(path)} == {}


def test_what_is_exempt_has_such_names() -> None:
    assert {it for path in written() for it in exempt(path)} == set(EXEMPT)


def test_slang_is_found_wherever_it_is_defined() -> None:
    text = """
class Stage:
    cast: int
    sight = 1
    def _told(self, asked, *turn, **judged):
        self.play = shown = told = 1
        self.plan = asked.judgement
"""
    assert slang(text) == {
        *("Stage", "cast", "sight", "_told", "asked", "turn", "judged", "play", "told")
    }


def test_slang_is_found_as_a_part_of_a_name() -> None:
    text = "def told_beside(): ...\nMOST_TOLD, ShapeOf, given_back, golden = 1, 2, 3, 4"
    assert slang(text, SLANG) == {"told_beside", "MOST_TOLD", "ShapeOf"}
    assert slang(text) == set()
    assert slang("class ToldReceipt: ...", SLANG) == set()


BINDING = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _binds_it(target: ast.AST) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "it" for node in ast.walk(target))


def long_its(text: str) -> list[int]:
    """Return the lines at which `it` is bound for more than one line."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.For | ast.AsyncFor):
            found += [node.lineno] if _binds_it(node.target) else []
        elif isinstance(node, BINDING) and any(_binds_it(part.target) for part in node.generators):
            names = (n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == "it")
            found += [node.lineno] if len({name.lineno for name in names}) > 1 else []
        elif isinstance(node, ast.Assign) and any(map(_binds_it, node.targets)):
            found.append(node.lineno)
        elif isinstance(node, ast.Lambda) and any(each.arg == "it" for each in node.args.args):
            found += [node.lineno] if node.lineno != node.body.end_lineno else []
    return found


def test_it_is_said_within_one_line() -> None:
    files = (file for file in tracked() if file.suffix == ".py")
    found = {str(file.relative_to(ROOT)): long_its(file.read_text("utf-8")) for file in files}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_long_it_is_found() -> None:
    assert long_its("for it in a:\n    b(it)") == [1]
    assert long_its("c = [\n    it.d\n    for it in a\n]") == [1]
    assert long_its("c = [it.d for it in a]") == []
    assert long_its("c = lambda it: (\n    it.d\n)") == [1]
    assert long_its("c = lambda it: it.d") == []
