"""Connections that ended, or that cannot be had: what that means for what ran on them."""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import InterfaceError, InternalClientError, PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kit.telemetry.log import Lasting

DRIVERS = (PostgresError, InterfaceError, InternalClientError)
"""What the driver raises by itself."""
_FAILED = {"08000", "08001", "08003", "08004", "08006", "53300", "57P01", "57P02", "57P03"}
"""Connections that failed or are refused; backends that somebody, a crash or a stop ended."""
_NO_ROOM = {"53100", "58030"}
"""A disk that is full, or that fails."""
_NOT_HAD = {"28000", "28P01", "3D000"}
"""Who connects is not admitted, or there is no such database: an operator must do something."""
_CLOSED = ("connection is closed", "cannot switch to state")
"""What the driver says where a connection ended unasked, before it sends anything on it."""


class Unavailable(ConnectionError):
    """The database cannot be asked now; of what was to be written, nothing was.

    passes: another attempt, at once, may do better.
    """

    passes = True


class NotAdmitted(Unavailable):
    """The database takes no connection from who asks, until an operator does something."""


class NoRoom(Unavailable):
    """The database answers, and its disk does not take what it must write."""

    passes = False


class NoneFree(Unavailable):
    """All connections were in use, for as long as a pool waits for one."""

    passes = False


class OutcomeUnknown(Exception):
    """The connection ended at COMMIT: all of the transaction was written, or nothing."""


def is_lost(error: BaseException) -> bool:
    """Tell whether an error means that there is no connection, whoever raises it."""
    own = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(own, OSError):
        return not isinstance(own, TimeoutError)
    if getattr(own, "sqlstate", None) in _FAILED:
        return True
    says_why = isinstance(own, DRIVERS) or own is not error
    return says_why and any(it in str(own) for it in _CLOSED)


def _is_refused(error: BaseException) -> bool:
    """Tell whether the database takes no connection from who asks for one."""
    return _state(error) in _NOT_HAD


def _state(error: BaseException) -> str | None:
    own = error.orig if isinstance(error, DBAPIError) else error
    return getattr(own, "sqlstate", None)


class Reach:
    """Whether the database does what it is asked: the one place that tells the log of it.

    Who is told Unavailable or OutcomeUnknown therefore tells nobody.
    """

    def __init__(self) -> None:
        """Begin with one of which nothing is known."""
        self._away = Lasting("The database answers again")
        self._cut, self._taken, self._full = Lasting(), Lasting(), Lasting()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raise Unavailable where what is done inside lost its connection, or could have none."""
        try:
            yield
        except Unavailable:
            raise
        except OutcomeUnknown:
            self._cut.met("A connection to the database is lost at COMMIT")
            raise
        except PoolTimeoutError as error:
            self._taken.met("No connection to the database is free: %s", _reason(error))
            raise NoneFree(_reason(error)) from error
        except Exception as error:
            if _state(error) in _NO_ROOM:
                self._full.met("The database cannot write: %s", _reason(error))
                raise NoRoom(_reason(error)) from error
            is_admitted = not _is_refused(error)
            if is_admitted and not is_lost(error):
                raise
            self._away.met("The database cannot be reached: %s", _reason(error))
            kind = Unavailable if is_admitted else NotAdmitted
            raise kind(_reason(error)) from error

    def found(self, *_: object) -> None:
        """Note that a new connection was had."""
        self._away.over()


def _reason(error: BaseException) -> str:
    """Return the first line of what an error says."""
    own = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(own).__name__}: {own}".partition("\n")[0]
