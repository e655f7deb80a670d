"""Rooms, files, folders and functions stay small, and a noun has one name on every floor."""

import ast
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

from tests.house.places import ROOT, tracked

FLOORS = ("schema", "resolvers", "workers", "loaders", "commands", "models")
LONGEST_ROOM, LONGEST_FILE, LONGEST_FUNCTION, FULLEST_FOLDER = 200, 400, 40, 12
BESIDE = {"__init__.py", "README.md"}
"""What every folder may hold beside its entries."""
FULL = {
    ".": "what tools look for at the top, and the floors",
    "tests": "a folder for each floor and for each thing beside the floors",
    "docs": "a page for each who reads: client, operator, whoever builds the house",
    "docs/decisions": "a page a decision, listed in its README, never taken away",
    "migrations/versions": "a file a revision, in the order of its numbers, never taken away",
}
"""Folders that may hold more: why."""
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]


def nouns(contracts: Iterable[dict[str, object]]) -> dict[str, set[str]]:
    """Return wing -> the nouns that its contract puts in order."""
    found: dict[str, set[str]] = {}
    for contract in contracts:
        for container in contract.get("containers", ()):
            wing = container.partition(".")[2]
            if wing:
                listed = "|".join(contract["layers"]).split("|")
                found.setdefault(wing, set()).update(it.strip(" ()") for it in listed)
    return found


NOUNS = nouns(CONTRACTS)


def places() -> list[PurePosixPath]:
    return [PurePosixPath(it.relative_to(ROOT).as_posix()) for it in tracked()]


def too_long(lengths: dict[PurePosixPath, int]) -> dict[str, int]:
    """Return the files that have too many lines; rooms are files of a wing."""
    return {
        str(place): lines
        for place, lines in lengths.items()
        if lines > (LONGEST_ROOM if is_room(place) else LONGEST_FILE)
    }


def long_functions(text: str) -> dict[str, int]:
    """Return the functions that have too many lines, but for docstrings, comments and gaps."""
    lines, tree = text.splitlines(), ast.parse(text)
    without = {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for number in range(node.lineno, node.end_lineno + 1)
    }
    filled = {no for no, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"}
    return {
        node.name: count
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := len((filled - without).intersection(range(node.lineno, node.end_lineno + 1))))
        > LONGEST_FUNCTION
    }


def is_room(place: PurePosixPath) -> bool:
    """Tell whether this is a file directly in a wing's folder of a floor."""
    floor, wing = place.parts[0], place.parent.name
    return floor in FLOORS and len(place.parts) == 3 and wing in NOUNS


def too_full(files: Iterable[PurePosixPath]) -> dict[str, int]:
    """Return the folders that hold too much."""
    entries: dict[str, set[str]] = {}
    for file in files:
        for above in file.parents:
            entries.setdefault(str(above), set()).add(file.relative_to(above).parts[0])
    counts = {folder: len(names - BESIDE) for folder, names in entries.items()}
    return {it: count for it, count in counts.items() if count > FULLEST_FOLDER and it not in FULL}


def strangers(files: Iterable[PurePosixPath]) -> set[str]:
    """Return the rooms whose names are no nouns of their wing's contract."""
    rooms = {it.parts[:3] for it in files if it.parts[0] in FLOORS and it.suffix == ".py"}
    return {
        "/".join(room)
        for room in rooms
        if len(room) == 3
        and room[1] in NOUNS
        and room[2] != "__init__.py"
        and room[2].removesuffix(".py") not in NOUNS[room[1]]
    }


def test_no_room_and_no_file_is_too_long() -> None:
    lengths = {
        place: len((ROOT / place).read_text("utf-8").splitlines())
        for place in places()
        if place.suffix == ".py" and place.parent.name != "versions"
    }
    assert any(map(is_room, lengths))
    assert too_long(lengths) == {}


@pytest.mark.parametrize(
    ("place", "lines"), [("models/trade/orders.py", 201), ("kit/a.py", 401), ("tests/a.py", 401)]
)
def test_a_longer_one_would_be_found(place: str, lines: int) -> None:
    assert too_long({PurePosixPath(place): lines}) == {place: lines}
    assert too_long({PurePosixPath(place): lines - 1}) == {}


def test_no_function_is_too_long() -> None:
    found = {
        str(place): long_functions((ROOT / place).read_text("utf-8"))
        for place in places()
        if place.suffix == ".py" and place.parent.name != "versions"
    }
    assert {place: names for place, names in found.items() if names} == {}


def test_a_longer_function_would_be_found() -> None:
    text = 'def long():\n    """What\n    it does.\n    """\n\n    # Why.\n' + 40 * "    a()\n"
    assert long_functions(text) == {"long": 41}
    assert long_functions(text.replace("    a()\n", "", 1)) == {}


def test_no_folder_is_too_full() -> None:
    assert too_full(places()) == {}
    assert set(FULL) == set(FULL) & {str(above) for it in places() for above in it.parents}


def test_a_fuller_folder_would_be_found() -> None:
    files = [PurePosixPath(f"kit/db/{it}.py") for it in (*"abcdefghijklm", "__init__")]
    assert too_full(files) == {"kit/db": 13}
    assert too_full(files[1:]) == {}


def test_a_floor_holds_its_wings_and_its_machinery_alone() -> None:
    (wings,) = (it for it in CONTRACTS if it["name"].startswith("Wings go right"))
    known = {it.strip(" ()") for it in "|".join(wings["layers"]).split("|")} | {"__init__"}
    python = [it for it in places() if it.parts[0] in FLOORS and it.suffix == ".py"]
    assert {it for it in python if it.parts[1].removesuffix(".py") not in known} == set()
    assert set(wings["containers"]) == set(FLOORS)


def test_no_contract_has_an_exception() -> None:
    assert [it["name"] for it in CONTRACTS if it.get("ignore_imports")] == []


def test_every_room_is_named_by_its_wings_contract() -> None:
    advice = "A noun stands in order in the contract of its wing, in pyproject.toml."
    assert strangers(places()) == set(), advice


def test_the_page_has_the_nouns_in_the_order_of_the_contracts() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    orders = [
        " > ".join(re.sub(r"[()]", "", it) for it in contract["layers"])
        for contract in CONTRACTS
        if contract["name"].startswith("Nouns of")
    ]
    assert len(orders) == len(NOUNS)
    assert [it for it in orders if f"({it})" not in page] == []


def test_a_room_of_another_name_would_be_found() -> None:
    files = [Path("models/trade/helpers.py"), Path("schema/trade/orders/types.py")]
    assert strangers(map(PurePosixPath, files)) == {"models/trade/helpers.py"}


def test_every_noun_of_a_contract_has_a_room() -> None:
    rooms = {(it.parts[1], it.parts[2].removesuffix(".py")) for it in places() if len(it.parts) > 2}
    assert {(wing, noun) for wing, listed in NOUNS.items() for noun in listed} - rooms == set()
