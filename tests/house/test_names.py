"""A name means one thing on all floors."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.house.places import ROOT, tracked

FLOORS = {
    "operating",
    "transport",
    "schema",
    "admission",
    "execution",
    "resolvers",
    "workers",
    "loaders",
    "commands",
    "models",
    "kit",
}
SHOWN = {"models", "commands"}
"""Floors whose rows and inputs GraphQL types show, called as these."""
DECLARATIONS = "execution/ knows no loaders, and calls what it takes of them as they do"
SCALAR = "what inputs are read into, and its scalar in GraphQL"
SAME_TWICE = {
    "Bind": DECLARATIONS,
    "Nested": DECLARATIONS,
    "One": DECLARATIONS,
    "Page": DECLARATIONS,
    "Relation": DECLARATIONS,
    "Opening": "opening hours as they are kept, beside their input and their type",
    "Country": SCALAR,
    "Currency": SCALAR,
    "Money": "an input, and the type of the same",
    "connection": "a connection as execution writes it and as the schema declares it",
    "packaged": "columns of a quantity in its packaging, and the field that shows them",
}
"""Name -> why it stands twice."""
ACT = "an act is called by its room, as the verb is that is declared by it"
SAME_CONSTANT = dict.fromkeys(("ACTS", "HOLD", "REJECT", "RELEASE", "RELEASE_HOLD"), ACT)
"""Constant -> why it stands in several rooms."""


def names(text: str) -> Iterator[str]:
    """Give the public classes, aliases of types and functions that a module defines.

    A type variable is no name: it means what its function says.
    """
    for node in ast.parse(text).body:
        match node:
            case ast.Assign(value=ast.Call(func=ast.Name("TypeVar"))):
                continue
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
            ):
                found = name
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                found = name if name[0].isupper() and not name.isupper() else "_"
            case _:
                continue
        if not found.startswith("_"):
            yield found


def constants(text: str) -> Iterator[str]:
    """Give the public constants that a module defines."""
    for node in ast.parse(text).body:
        match node:
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                if name.isupper() and not name.startswith("_"):
                    yield name


def modules() -> Iterator[tuple[Path, str]]:
    """Give the modules of the floors, each with its text."""
    for file in tracked():
        path = file.relative_to(ROOT)
        if path.suffix == ".py" and path.parts[0] in FLOORS:
            yield path, file.read_text("utf-8")


def places() -> dict[str, list[Path]]:
    """Return class or type -> the modules that define it."""
    found = defaultdict(list)
    for path, text in modules():
        for name in names(text):
            if name[0].isupper():
                found[name].append(path)
    return found


def stands_twice(paths: list[Path]) -> bool:
    """Tell whether a name has two places, but for a GraphQL type of the row or input it shows."""
    floors = sorted(it.parts[0] for it in paths)
    return len(paths) > 1 and not (len(paths) == len({*floors} & {*SHOWN, "schema"}) == 2)


def imported(files: Iterable[tuple[Path, str]]) -> dict[str, set[str]]:
    """Return function -> the modules of ours from which it is imported by its bare name.

    Others are called by their address, `sums.lines_of`: verbs and relations are, and whatever else
    would be two things under one name.
    """
    files = list(files)
    functions = {
        (".".join(path.with_suffix("").parts).removesuffix(".__init__"), name)
        for path, text in files
        for name in names(text)
        if name[0].islower()
    }
    found = defaultdict(set)
    for _, text in files:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module:
                of = [it.name for it in node.names if (node.module, it.name) in functions]
                for name in of:
                    found[name].add(node.module)
    return found


def test_a_name_stands_once() -> None:
    twice = {name for name, paths in places().items() if stands_twice(paths)}
    twice |= {name for name, homes in imported(modules()).items() if len(homes) > 1}
    assert twice == set(SAME_TWICE)


def test_a_name_of_two_things_is_found() -> None:
    row, shown, both = Path("models/a.py"), Path("schema/a.py"), Path("transport/a.py")
    assert not stands_twice([row])
    assert not stands_twice([row, shown])
    assert stands_twice([shown, both])
    assert stands_twice([row, Path("models/b.py")])
    assert stands_twice([row, shown, Path("commands/a.py")])
    files = [(Path(f"kit/{it}.py"), "def find(): ...") for it in "ab"]
    one, other = "from kit.a import find", "from kit.b import find as found"
    called = [*files, (Path("kit/c.py"), f"{one}\nfrom kit import b\nb.find()")]
    assert imported(called) == {"find": {"kit.a"}}
    assert imported([*called, (Path("kit/d.py"), other)]) == {"find": {"kit.a", "kit.b"}}


def test_a_constant_stands_once() -> None:
    counts = Counter(name for _, text in modules() for name in constants(text))
    assert {name for name, count in counts.items() if count > 1} == set(SAME_CONSTANT)


def test_constants_are_found() -> None:
    assert list(constants("MOST = 1\nLEAST: int = 2\n_OWN = 3\nRow = 4")) == ["MOST", "LEAST"]


def passes_on(path: str, text: str) -> bool:
    """Tell whether a module hands on names of others; rooms of enums do, once they are described.

    mypy refuses to take from a module what it imports itself, unless `__all__` says so.
    """
    nodes = ast.parse(text).body
    used = {it.id for node in nodes for it in ast.walk(node) if isinstance(it, ast.Name)}
    return "__all__" in used and not re.fullmatch(r"schema/\w+/\w+/enums\.py", path)


def test_no_module_passes_names_on() -> None:
    assert [path for path, text in modules() if passes_on(path.as_posix(), text)] == []


def test_a_module_that_passes_names_on_would_be_found() -> None:
    assert passes_on("kit/a.py", 'from a.b import C\n__all__ = ["C"]')
    assert not passes_on("schema/trade/orders/enums.py", 'from a.b import C\n__all__ = ["C"]')
    assert not passes_on("kit/a.py", "from a.b import C\nD = C")


def test_what_is_kept_a_while_is_kept_by_one_class() -> None:
    """Or by `functools`, where nothing is ever too old or too large."""
    floors = [it for it in tracked() if it.relative_to(ROOT).parts[0] in FLOORS]
    by_hand = re.compile(r"OrderedDict|\.popitem\(|\.move_to_end\(")
    found = [it for it in floors if it.suffix == ".py" and by_hand.search(it.read_text("utf-8"))]
    assert [str(it.relative_to(ROOT)) for it in found] == ["kit/recent.py"]


def test_names_are_found() -> None:
    text = """
Id = int
Row = TypeVar("Row")
Key: TypeAlias = str
LARGEST = 1
_Own = int
class Order: ...
def told(): ...
async def asked(): ...
def _hidden(): ...
"""
    assert list(names(text)) == ["Id", "Key", "Order", "told", "asked"]
