"""What survives a collection of cycles is set aside, and looked at again where it has grown."""

import gc
from collections.abc import Callable, Iterator
from weakref import ref

import pytest
from graphql import parse

from schema.graphql.extensions.limits import _parsed
from tests.conftest import PATIENT
from transport.connections.cycles import set_aside


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def aside() -> Iterator[None]:
    with set_aside():
        yield
    gc.collect()


@pytest.mark.usefixtures("aside")
def test_what_survives_is_not_looked_at_again():
    kept = [Ring() for _ in range(1_000)]
    before = gc.get_freeze_count()
    gc.collect()
    assert gc.get_freeze_count() >= before + len(kept)
    assert not [it for it in gc.get_objects() if isinstance(it, Ring)]


@pytest.mark.usefixtures("aside")
def test_what_dies_later_is_found_once_there_is_twice_as_much():
    ring = Ring()
    watched = ref(ring)
    gc.collect()
    del ring
    gc.collect()
    assert watched() is not None
    grown = [Ring() for _ in range(gc.get_freeze_count() + 1_000)]
    for _ in range(20):
        gc.collect()
    assert watched() is None
    assert grown


def test_at_the_end_everything_is_looked_at_again():
    with set_aside():
        gc.collect()
    assert gc.get_freeze_count() == 0


def test_a_parsed_document_is_in_no_cycle():
    text = "query Q($a: ID!) { a: order(id: $a) { lines { id } } }"

    def left(read: Callable[[str], object]) -> int:
        gc.collect()
        gc.disable()
        try:
            read(text)
            return gc.collect()
        finally:
            gc.enable()

    assert left(parse) > 20
    assert left(lambda it: _parsed(it, PATIENT)) == 0
