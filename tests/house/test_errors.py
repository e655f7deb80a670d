"""docs/ERRORS.md explains every code that a client may read."""

from schema.graphql.errors import ErrorCode, UserErrorCode
from tests.house.places import ROOT


def test_every_code_of_an_error_is_explained() -> None:
    page = (ROOT / "docs" / "ERRORS.md").read_text()
    assert [it for it in ErrorCode if f"| `{it}` |" not in page] == []


def test_every_code_of_a_refusal_says_what_to_do() -> None:
    words = {
        each.name: each.description
        for each in UserErrorCode.__strawberry_definition__.values
        if each.description.casefold() == f"{each.name.replace('_', ' ')}.".casefold()
    }
    assert words == {}
