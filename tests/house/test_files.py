"""What lies in the repository."""

import re
from pathlib import Path

import pytest

from tests.house.places import ROOT, tracked

# Put together from parts, so that this file does not contain what it looks for.
PLACES = ["/" + "root/", "/" + "work/", "/" + "tmp/[a-z]", "/" + "home/[a-z]"]
HOSTS = ["p" + r"ypi\.org", "python" + "hosted", r"registry\." + "npmjs", r"deb\." + "debian"]
FOREIGN = re.compile("|".join([*PLACES, *HOSTS]))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def text_of(file: Path) -> str:
    return file.read_text("utf-8", errors="replace")


def test_no_file_names_a_place_of_one_machine_or_the_host_of_a_registry() -> None:
    found = {str(it.relative_to(ROOT)): FOREIGN.findall(text_of(it)) for it in tracked()}
    assert {name: places for name, places in found.items() if places} == {}


@pytest.mark.parametrize("text", ["/" + "root/x", "see " + "https://p" + "ypi.org/simple"])
def test_such_a_place_would_be_found(text: str) -> None:
    assert FOREIGN.search(text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_with_hashes_and_no_index_is_named(lock: Path) -> None:
    text = text_of(lock)
    pins = re.split(r"(?m)^(?=[a-z])", re.sub(r"(?m)^#.*\n", "", text))[1:]
    assert [it.split()[0] for it in pins if "==" not in it or "--hash=sha256:" not in it] == []
    assert re.findall(r"(?m)^\s*-(?!-hash).*|://", text) == []
    assert len(pins) > 0


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(it.name for it in folder.glob("[0-9]*.md"))
    listed = re.findall(r"(?m)^- \[\d{4}\]\((\S+)\) ", text_of(folder / "README.md"))
    assert listed == pages
    for page in pages:
        sections = re.findall(r"(?m)^## (\w+)", text_of(folder / page))
        assert sections[:3] == ["Context", "Decision", "Consequences"], page
