"""docs/ERRORS.md explains every code that a client may read."""

from schema.graphql.errors import ErrorCode
from tests.house.places import ROOT


def test_every_code_of_an_error_is_explained() -> None:
    page = (ROOT / "docs" / "ERRORS.md").read_text()
    assert [it for it in ErrorCode if f"| `{it}` |" not in page] == []
