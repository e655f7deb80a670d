"""What a verb refuses with stands at its declaration: a pytest plugin that looks at tests/api.

Races and random plays, whose refusals are another each time, are not looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import Verb
from kit.errors import Code, Problem, Refused
from schema.schema import schema
from schema.verbs import codes, verbs

_ANY_VERB = frozenset({Code.AND_MORE, Code.CONFLICT})
"""What any verb may say beside its own."""
_API = Path(__file__).parents[1] / "api"
_VERBS = {it.name: it for it in verbs(schema.mutation)}


@cache
def _declared(name: str) -> frozenset[str]:
    return codes(_VERBS, name) | _ANY_VERB


def _problems(outcome: Any) -> Iterator[Problem]:
    """Yield the refusals that an outcome tells beside what was done."""
    if isinstance(outcome, Problem):
        yield outcome
    elif isinstance(outcome, Mapping):
        for each in outcome.values():
            yield from _problems(each)
    elif isinstance(outcome, Sequence) and not isinstance(outcome, str | bytes):
        for each in outcome:
            yield from _problems(each)


@pytest.fixture(scope="session")
def undeclared() -> Iterator[list[str]]:
    """Give what verbs have refused with and do not declare."""
    found: list[str] = []

    def look(verb: Verb[Any], problems: Sequence[Problem]) -> None:
        if verb.name in _VERBS:
            odd = [it for it in problems if it.code not in _declared(verb.name)]
            found.extend(f"{verb.name} refuses with {it.code}: {it.message}" for it in odd)

    called = Verb.__call__

    async def looked_at(self: Verb[Any], writing: Writing, command: Any) -> Outcome:
        try:
            outcome = await called(self, writing, command)
        except Refused as refused:
            look(self, refused.problems)
            raise
        look(self, [*_problems(outcome)])
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Verb, "__call__", looked_at)
        yield found


@pytest.fixture(autouse=True)
def _as_declared(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which a verb has refused with what its declaration does not name."""
    if _API not in request.path.parents:
        yield
        return
    undeclared: list[str] = request.getfixturevalue("undeclared")
    undeclared.clear()
    yield
    assert undeclared == [], "Name it after `Refused:` at the verb."
