"""A first run, made once for all workers: two are started at the same moment in a new folder."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.prepared import Once
from tests.run.abruf import HTTP, Abruf

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { message } }
}
"""
FIRST = {"products": [{"sku": "FIRST", "name": "Mark"}]}


@dataclass(frozen=True)
class FirstRun:
    """What both said, and answered until they were stopped one after the other.

    tokens: of the demo. page: headers of GraphiQL. upserts: what became of a product that the one
    wrote, and then the other one, which went on alone.
    """

    folder: Path
    origins: Sequence[str]
    outputs: Sequence[str]
    tokens: Mapping[str, str]
    viewer: Mapping[str, Any]
    ready: int
    page: Mapping[str, str]
    upserts: Sequence[Any]


def _first_run(folder: Path) -> FirstRun:
    both = [Abruf(folder) for _ in range(2)]
    try:
        outputs = [it.wait_until_ready() for it in both]
        one, other = both
        viewer, ready = one.ask("{ viewer { actor } }"), HTTP.get(f"{one.origin}/readyz")
        page = HTTP.get(f"{one.origin}/graphql", headers={"Accept": "text/html"})
        upserts = [one.ask(UPSERT, input=FIRST)]
        assert one.stop() == 130
        upserts.append(other.ask(UPSERT, input=FIRST))
        assert other.stop() == 130
    finally:
        for each in both:
            each.kill()
    found = [it["productsUpsert"]["results"] for it in upserts]
    origins, headers = [it.origin for it in both], dict(page.headers)
    return FirstRun(folder, origins, outputs, one.tokens, viewer, ready.status_code, headers, found)


@pytest.fixture(scope="session")
def first_run(shared: Path, once: Once[FirstRun]) -> FirstRun:
    return once("used", lambda: _first_run(shared / "used"))


@pytest.fixture(scope="session")
def used(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the worker's copy of a data folder after a first run that has ended."""
    folder = tmp_path_factory.mktemp("used")
    # Whoever runs PostgreSQL owns its files.
    subprocess.run(["cp", "-a", f"{first_run.folder}/.", folder], check=True)
    return folder
