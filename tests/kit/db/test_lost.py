"""Which errors mean that a connection ended, and which are an answer."""

import pytest
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kit.db.lost import Reach, Unavailable


def _error(state: str) -> DBAPIError:
    own = PostgresError("It said so.")
    own.sqlstate = state
    return DBAPIError(None, None, own)


@pytest.mark.parametrize("state", ["57P01", "57P02", "57P03", "08003"])
def test_a_backend_that_was_ended_is_no_fault_of_ours(state: str) -> None:
    with pytest.raises(Unavailable) as raised, Reach().watched():
        raise _error(state)
    assert raised.value.passes


@pytest.mark.parametrize("state", ["57014", "40001", "23505"])
def test_what_a_living_backend_answers_stays_what_it_is(state: str) -> None:
    with pytest.raises(DBAPIError), Reach().watched():
        raise _error(state)


def test_a_database_whose_connections_are_all_in_use_is_reached(caplog) -> None:
    with pytest.raises(Unavailable) as raised, Reach().watched():
        raise PoolTimeoutError
    assert not raised.value.passes
    assert [it.message.partition(":")[0] for it in caplog.records] == [
        "No connection to the database is free"
    ]
