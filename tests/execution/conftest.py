"""What tests of both executors share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def dropped() -> Iterator[None]:
    """Let coroutines that are dropped end here, where their warning is expected."""
    yield
    gc.collect()
