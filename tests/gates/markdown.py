"""The table of gates in docs/GATES.md, made of the marks of tests: `make docs`."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.gates.switches import SWITCHES, VERBS

ROOT = Path(__file__).parents[2]
_RULE = re.compile(r"(?m)^\| ([A-Z]\d+) \| (.+?) \| .+ \| .+ \|$")
_ENFORCED = re.compile(r"(?m)^\| ([A-Z]\d+) \| .+? \| (.+) \| .+ \|$")
_ROW = re.compile(r"(?m)^\| `(\w+)` \| (.+) \|$")
_CODE, _NAME = re.compile(r"\b[A-Z]\d+\b"), re.compile(r"`(\w+)`")
_HEAD = """\
# Gates

Which verb could break which [rule](INVARIANTS.md), and the tests that show that it does not: the
marks of these tests (`@pytest.mark.gate(rule, verb, ...)`), written down by `make docs`. Every
mutation stands here. A guard is what stops a verb, what it needs of its row, or a function that is
declared by `@guards`; `make guards` takes each of them away in turn, and a test of its rule fails
then. A few of them are taken away in every run of the tests.

Run whole on 2026-11-30, it took 86 guards away in 950 runs of tests (seven minutes on two cores),
and each was missed by 1 to 16 tests.

"""


class Gate(NamedTuple):
    """A cell of the table, with one of the tests that show it."""

    rule: str
    verb: str
    test: str


def rules() -> Mapping[str, str]:
    """Return code -> sentence of every rule."""
    return dict(_RULE.findall((ROOT / "docs" / "INVARIANTS.md").read_text("utf-8")))


def named_at_verbs() -> Iterator[tuple[str, str]]:
    """Yield (verb, rule) of all that other documents name together.

    VERBS.md names rules in what a verb refuses, INVARIANTS.md verbs in what enforces a rule.
    """
    docs = ROOT / "docs"
    for verb, row in _ROW.findall((docs / "VERBS.md").read_text("utf-8")):
        yield from ((verb, rule) for rule in _CODE.findall(row))
    for rule, enforced in _ENFORCED.findall((docs / "INVARIANTS.md").read_text("utf-8")):
        yield from ((verb, rule) for verb in _NAME.findall(enforced))


def gates() -> list[Gate]:
    """Return what the marks of all tests say that show a rule."""
    return [Gate(rule, verb, test) for test, (rule, *verbs) in _marks("gate") for verb in verbs]


def harmless() -> Mapping[str, str]:
    """Return verb -> why it can make no rule false, as the mark of a test says that uses it."""
    return {verb: why for _, (verb, why) in _marks("harmless")}


@cache
def _marks(name: str) -> Sequence[tuple[str, Sequence[str]]]:
    """Return (test, what stands in its mark) of all tests that are marked so."""
    found = []
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        text = file.read_text("utf-8")
        if f"mark.{name}(" in text:
            of = file.relative_to(ROOT / "tests")
            found += [(f"{of}::{test}", words) for test, words in _marked(ast.parse(text), name)]
    return found


def _marked(module: ast.Module, name: str) -> Iterator[tuple[str, Sequence[str]]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == f"pytest.mark.{name}":
                    yield node.name, [ast.literal_eval(it) for it in mark.args]


def gates_markdown() -> str:
    """Return the text of docs/GATES.md."""
    cells: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for gate in gates():
        cells[gate.verb, gate.rule].append(gate.test)
    lines = [_HEAD, "| Verb | Rule | Shown by |\n| --- | --- | --- |\n"]
    order = list(rules())
    for verb in (it.name for it in VERBS):
        mine = [rule for of, rule in cells if of == verb]
        for rule in sorted(mine, key=order.index):
            shown = ", ".join(f"`{it}`" for it in cells[verb, rule])
            lines.append(f"| `{verb}` | {rule} | {shown} |\n")
    lines.append("\n## Verbs that can make nothing false\n\n| Verb | Why |\n| --- | --- |\n")
    lines += (f"| `{verb}` | {why} |\n" for verb, why in sorted(harmless().items()))
    lines.append("\n## Rules\n\n| Rule | What holds | Guards |\n| --- | --- | --- |\n")
    for rule, sentence in rules().items():
        guards = "; ".join(it.name for it in SWITCHES if rule in it.rules)
        lines.append(
            f"| {rule} | {sentence} | {guards or 'the database, or how it is written'} |\n"
        )
    return "".join(lines)
