"""docs/ERRORS.md explains every code that a client may read."""

from schema.graphql.errors import ErrorCode, UserErrorCode
from tests.house.places import ROOT


def test_every_code_of_an_error_is_explained() -> None:
    page = (ROOT / "docs" / "ERRORS.md").read_text()
    assert [it for it in ErrorCode if f"| `{it}` |" not in page] == []


def test_every_code_of_a_refusal_says_what_to_do() -> None:
    words = {
        it.name: it.description
        for it in UserErrorCode.__strawberry_definition__.values
        if it.description.casefold() == f"{it.name.replace('_', ' ')}.".casefold()
    }
    assert words == {}
