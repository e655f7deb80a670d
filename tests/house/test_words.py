"""Plain words: what the floors define is called by what it is."""

import ast
from collections.abc import Iterator
from typing import TypeGuard

from tests.house.places import ROOT, tracked
from tests.house.test_names import FLOORS

PLAIN = {
    "told": "what it is: an outcome, an event, a message",
    "asked": "arguments, request or wanted",
    "judged": "checked",
    "judgement": "condition",
    "sight": "visibility or viewer",
    "turn": "slot or place",
    "cast": "actors or converted",
    "stage": "state or step",
    "play": "run",
}
"""Word that is no name -> what to say instead."""
CHANGING = "its names change together with the code around it"
EXEMPT = {
    "kit/db/reads.py": CHANGING,
    "kit/db/sessions.py": CHANGING,
    "schema/graphql/extensions/limits.py": CHANGING,
    "resolvers/running/lanes.py": "`turn` is called by transport/endpoint.py, which changes",
}
"""File -> why its names stay for now."""


def defined(text: str) -> Iterator[str]:
    """Give the functions, classes, parameters and attributes that a module defines."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.ClassDef(name=name, body=body):
                yield name
                for it in body:
                    targets = (
                        it.targets if isinstance(it, ast.Assign) else [getattr(it, "target", 0)]
                    )
                    yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Attribute(value=ast.Name("self"), attr=name, ctx=ast.Store()):
                yield name


def is_written(node: ast.AST) -> TypeGuard[ast.Name]:
    """Tell whether a node is a name that gets a value."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def slang(text: str) -> set[str]:
    """Return the names of a module that are no plain words."""
    return {name for name in defined(text) if name.strip("_").lower() in PLAIN}


def test_names_are_plain_words() -> None:
    found = {}
    for file in tracked():
        path = file.relative_to(ROOT)
        if path.suffix == ".py" and path.parts[0] in FLOORS and str(path) not in EXEMPT:
            found[str(path)] = slang(file.read_text("utf-8"))
    assert {path: names for path, names in found.items() if names} == {}


def test_an_exempt_file_has_such_names() -> None:
    assert [path for path in EXEMPT if not slang((ROOT / path).read_text("utf-8"))] == []


def test_slang_is_found_wherever_it_is_defined() -> None:
    text = """
class Stage:
    cast: int
    sight = 1
    def _told(self, asked, *turn, **judged):
        self.play = shown = told = 1
        self.plan = asked.judgement
"""
    assert slang(text) == {"Stage", "cast", "sight", "_told", "asked", "turn", "judged", "play"}
