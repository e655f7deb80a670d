"""Run what a change touches: `python -m tests.changed main`, or `make test-changed BASE=main`.

Touched are the tests that import what was changed, however far off, and those of the wings whose
code imports it. Modules that import every wing, as the schema does, and what nearly every test
stands on say nothing, so that chains of imports through them are left out: instead a wing's code
touches its folders in tests/, and the sweeps and the differential test, which go over everything:
these leave out what they do for other wings. CI runs all.
"""

import subprocess
import sys
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

import grimp
import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("transport", "schema", "admission", "execution", "resolvers", "workers", "loaders")
FLOORS += ("commands", "models", "kit")
BESIDE = ("abruf", "operating", "examples", "bench", "migrations", "web", "tests")
CONFTEST = "tests.conftest"
NARROW = {"kit", "transport"}
"""Floors of which imports tell enough; other machinery is under every wing."""
WINGS = {it.parent.name for it in ROOT.glob("tests/make/*/inputs*")}
WINGED = ("tests/api/sweeps", "tests/execution")
"""What goes over all wings; its tests of a single wing have that in their ids."""
LEFT_OUT = "tests/simulation"
"""What plays with all wings at length: `make test` and CI run it."""
ALWAYS = "tests/house"
OF_FOLDERS = {
    "web": ["tests/web"],
    "migrations": ["tests/migrations"],
    "examples": ["tests/examples", "tests/web"],
    "bench": ["tests/bench"],
    "deploy": ["tests/operating", "tests/transport/ends"],
    "docs": [],
}
"""Folder -> the tests of its files that are no modules; other files touch everything."""
PLAIN = {".md", ".svg", ".png"}


def changed(base: str) -> list[PurePosixPath]:
    """Return the files that differ from where this branch left the base, new ones too."""
    since = ["git", "diff", "--name-only", "--merge-base", base]
    new = ["git", "ls-files", "--others", "--exclude-standard"]
    shown = [
        subprocess.run(each, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for each in (since, new)
    ]
    return [PurePosixPath(it) for it in "".join(shown).splitlines()]


def graph() -> grimp.ImportGraph:
    """Return who imports whom, without the imports of modules of all wings, or all but one."""
    roots = [it for it in (*FLOORS, *BESIDE) if (ROOT / it).is_dir()]
    found = grimp.build_graph(*roots, exclude_type_checking_imports=True, cache_dir=None)
    imported = {it: found.find_modules_directly_imported_by(it) for it in found.modules}
    wings = {it: {part for name in names for part in _wing(name)} for it, names in imported.items()}
    every = {it for of_module in wings.values() for it in of_module}
    for module in (it for it, of_module in wings.items() if len(every - of_module) <= 1):
        for name in imported[module]:
            found.remove_import(importer=module, imported=name)
    return found


def _wing(module: str) -> set[str]:
    """Return the wing of a room, or nothing: the folders below the wings are machinery."""
    parts = module.split(".")
    is_room = parts[0] in FLOORS and len(parts) > 2
    return {parts[1]} & WINGS if is_room else set()


def touched(files: Collection[PurePosixPath], imports: grimp.ImportGraph) -> set[str]:
    """Return the files and folders of tests to run; all of them where nothing less is certain."""
    found = {ALWAYS}
    for file in files:
        if file.parts[0] in FLOORS and file.parts[0] not in NARROW and not WINGS & set(file.parts):
            return {"tests"}
        name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        if name in imports.modules and file.suffix == ".py":
            downstream = {name} | imports.find_downstream_modules(name)
            if file.parts[0] == "tests" and CONFTEST in downstream:
                return {"tests"}
            found |= _by_imports(downstream) | {f"tests/{file.parent}"}
        elif file.parts[0] in OF_FOLDERS and len(file.parts) > 1:
            found.update(OF_FOLDERS[file.parts[0]])
        elif file.suffix not in PLAIN and str(file) != "schema.graphql":
            return {"tests"}
    if not any(it.is_relative_to(LEFT_OUT) for it in files):
        found = {it for it in found if not it.startswith(f"{LEFT_OUT}/")}
    return {it for it in found if (ROOT / it).exists()}


def _by_imports(modules: set[str]) -> set[str]:
    """Return the tests among the modules, and the folders of the wings and floors of the rest."""
    parts = [tuple(it.split(".")) for it in modules]
    own = {f"{'/'.join(it)}.py" for it in parts if it[-1].startswith("test_")}
    wings = {wing for it in modules for wing in _wing(it)}
    folders = {f"tests/{floor}/{wing}" for floor in ("api", *FLOORS) for wing in wings}
    floors = {f"tests/{it[0]}" for it in parts if it[0] in {"admission", "execution", "transport"}}
    return own | folders | floors | (set(WINGED) if wings else set())


def others_in(chosen: Iterable[str]) -> list[str]:
    """Return the wings that what goes over all wings may leave out: those without a change."""
    found = set(chosen)
    has_own = any(it.startswith(tuple(f"{each}/" for each in WINGED)) for it in found)
    if has_own or not found.issuperset(WINGED):
        return []
    return sorted(it for it in WINGS if f"tests/api/{it}" not in found)


def main(base: str, *options: str) -> int:
    """Run them; the exit code is pytest's."""
    chosen = sorted(touched(changed(base), graph()))
    others = others_in(chosen)
    sys.stdout.write(f"{len(chosen)} files and folders: {' '.join(chosen)}\n")
    if chosen != ["tests"]:
        left = [f"{' and '.join(WINGED)} for {' and '.join(others)}"] if others else []
        sys.stdout.write(f"Left out: {'; '.join([LEFT_OUT, *left])}\n")
    narrowed = ["-k", f"not ({' or '.join(f'[{it}]' for it in others)})"] if others else []
    return pytest.main([*options, *narrowed, *chosen])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
