"""What one key sends in the form that measures fairness is what it claims to be."""

from typing import Any

import orjson
import pytest
from graphql import parse, validate
from graphql.execution.values import VariableValues, get_variable_values

from bench.measuring.load import UNIQUE
from bench.operations.storms import STORMS, writes
from kit.limits import DEFAULT_LIMITS
from tests.make.everything import CORE

BODIES = {**STORMS, **writes(["T-1", "T-2"])}


@pytest.mark.parametrize("name", sorted(BODIES.keys() - {"refused", "variables"}))
def test_a_storm_is_a_valid_document_with_variables_that_fit(name: str) -> None:
    text = orjson.dumps(BODIES[name]).replace(UNIQUE.encode(), b"000001")
    assert len(text) < DEFAULT_LIMITS.body
    body: Any = orjson.loads(text)
    document: Any = parse(body["query"])
    assert validate(CORE, document) == []
    (operation,) = document.definitions
    found = get_variable_values(
        CORE, operation.variable_definitions or (), body.get("variables", {})
    )
    assert isinstance(found, VariableValues), found
