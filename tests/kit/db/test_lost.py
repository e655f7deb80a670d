"""Which errors mean that a connection ended, and which are an answer."""

import pytest
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kit.db.lost import OutcomeUnknown, Reach, Unavailable
from kit.telemetry import log


def _error(state: str) -> DBAPIError:
    own = PostgresError("It lines so.")
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


def _lines(caplog) -> list[str]:
    lines = [it.message.partition(":")[0] for it in caplog.records]
    caplog.clear()
    return lines


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ConnectionRefusedError(), "The database cannot be reached"),
        (_error("28P01"), "The database cannot be reached"),
        (_error("53100"), "The database cannot write"),
        (PoolTimeoutError(), "No connection to the database is free"),
        (OutcomeUnknown(), "A connection to the database is lost at COMMIT"),
    ],
)
def test_however_many_meet_a_trouble_it_is_told_once_a_minute(
    error: Exception, line: str, caplog, monkeypatch
) -> None:
    reach, now = Reach(), [1_000.0]
    monkeypatch.setattr(log, "monotonic", lambda: now[0])

    def meet() -> None:
        for _ in range(50):
            with pytest.raises((Unavailable, OutcomeUnknown)), reach.watched():
                raise error

    meet()
    assert _lines(caplog) == [line]
    now[0] += log.AGAIN_S
    meet()
    assert _lines(caplog) == [line]


def test_what_goes_and_comes_is_told_each_time(caplog) -> None:
    reach = Reach()
    for _ in range(2):
        for _ in range(3):
            with pytest.raises(Unavailable), reach.watched():
                raise ConnectionRefusedError
        reach.found()
        reach.found()
        assert _lines(caplog) == ["The database cannot be reached", "The database answers again"]
