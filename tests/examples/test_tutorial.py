"""The tutorial does what it says, line by line."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.make import Ask
from tests.operating.called import calling

TUTORIAL = Path(__file__).parents[2] / "docs" / "TUTORIAL.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r'"([A-Z][A-Z_]+)"')
TOKEN = re.compile(r"abruf_[0-9a-f]+_[0-9a-f]+")


def named(shown: Any, answer: Any, ids: dict[str, str]) -> Any:
    """Return an answer in which the names of the page stand for ids that it tells first."""
    if isinstance(shown, dict) and isinstance(answer, dict):
        if "id" in answer:
            ids.setdefault(shown["id"], answer["id"])
            assert ids[shown["id"]] == answer["id"]
            answer = answer | {"id": shown["id"]}
        return {key: named(shown.get(key), value, ids) for key, value in answer.items()}
    if isinstance(shown, list) and isinstance(answer, list) and len(shown) == len(answer):
        return [named(*pair, ids) for pair in zip(shown, answer, strict=True)]
    return answer


async def test_the_tutorial_runs(
    ask: Ask, database_url: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = calling(monkeypatch, capsys)
    blocks = [found.groups() for found in BLOCK.finditer(TUTORIAL.read_text("utf-8"))]
    ids: dict[str, str] = {}
    answers = 0
    for place, (kind, text) in enumerate(blocks):
        if kind == "sh":
            for line in text.splitlines():
                words = shlex.split(line)
                assert words[:3] == [".venv/bin/python", "-m", "abruf"]
                code, output, _ = await called(*words[3:], ABRUF_DATABASE_URL=database_url)
                assert code == 0
                if found := TOKEN.search(output):
                    ask = ask.by(found[0])
        elif kind == "graphql":
            document = NAME.sub(lambda name: f'"{ids.get(name[1], name[1])}"', text)
            _, shown = blocks[place + 1]
            expected = json.loads(shown)
            assert named(expected, await ask(document), ids) == expected
            answers += 1
    assert answers > 10
