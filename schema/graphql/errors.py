"""What a client reads when something is refused: userErrors in payloads, codes on errors."""

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from kit.db.lost import OutcomeUnknown, Unavailable
from kit.errors import Code, Problem, Refused
from kit.telemetry import trace
from kit.work import TooLarge
from models.fulfilment.codes import FulfilmentCode
from models.trade.codes import TradeCode
from schema.graphql.enums import described
from schema.graphql.inputs import client_path
from schema.graphql.scopes import Authenticated
from schema.graphql.values import Money

_log = logging.getLogger("abruf")
FAULT = "Something went wrong on our side."
_NO_OPERATION = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What Strawberry raises where a document has nothing that may be run."""
RETRY_S = 1
"""Seconds after which a client may ask again when the database could not be asked."""
AWAY = "The database cannot be asked at the moment; try again."
_UNKNOWN = (
    "The connection to the database was lost when this was being committed: it was done, or it was"
    " not. Look before you repeat it; with an idempotencyKey a mutation may always be repeated."
)
_LESS = "Ask for less; repeat a mutation with the same idempotencyKey."
_KEPT = (
    "The database cannot be asked at the moment. What this operation wrote before is kept; look"
    " what it was before you repeat it without its idempotencyKey."
)
_LATE = f"This took too long. {_LESS}"


class ErrorCode(StrEnum):
    """`extensions.code` of GraphQL errors."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    THROTTLED = "THROTTLED"
    MAX_COST_EXCEEDED = "MAX_COST_EXCEEDED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    DOCUMENT_NOT_REGISTERED = "DOCUMENT_NOT_REGISTERED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class ClientError(GraphQLError):
    """A request that the client must change. Its text may be shown."""

    def __init__(self, code: ErrorCode, message: str, **more: Any) -> None:
        """Take the stable code and what to add to the extensions."""
        super().__init__(message, extensions={"code": code.value, **more})


_FAILURES: Mapping[type[Exception], tuple[str, ErrorCode, Mapping[str, Any]]] = {
    TimeoutError: (_LATE, ErrorCode.TIMEOUT, {}),
    Unavailable: (AWAY, ErrorCode.UNAVAILABLE, {"retryAfter": RETRY_S}),
    OutcomeUnknown: (_UNKNOWN, ErrorCode.OUTCOME_UNKNOWN, {}),
}
"""What may fail without a fault of ours -> what a client is told, its code, what is added to it."""
CODES = (Code, TradeCode, FulfilmentCode)
"""Where refusals have their codes: those of any command, then each wing's own."""
_CODES = {code.name: code.value for codes in CODES for code in codes}
UserErrorCode: Any = StrEnum("UserErrorCode", _CODES)  # type: ignore[misc]
described(UserErrorCode, "UserErrorCode", "Stable reason of a refusal.")


@strawberry.type(
    description="Why a mutation was refused; nothing of it was kept.", directives=[Authenticated()]
)
class UserError:
    """One refusal."""

    code: UserErrorCode = strawberry.field(description="Stable code for programs.")
    message: str = strawberry.field(description="Explanation for people.")
    field: list[str] | None = strawberry.field(
        description="Path inside the arguments, for example `[input, lines, 2, quantity]`."
    )
    price: Money | None = strawberry.field(
        description="Our price of one unit, where another one was stated or expected."
    )

    @classmethod
    def of(cls, problem: Problem) -> "UserError":
        """Translate a refusal."""
        return cls(
            code=UserErrorCode(problem.code),
            message=problem.message,
            field=client_path(problem.path),
            price=problem.price and Money(**problem.price._asdict()),
        )


def shown(error: GraphQLError, page: int = 0) -> GraphQLError:
    """Return the error with a stable code; an internal fault shows only a reference to the log.

    page: rows that would fit where the answer was too large, 0 where that is not known.
    """
    cause = error.original_error
    if isinstance(cause, Refused):
        problem = cause.problems[0]
        extensions = {
            "code": ErrorCode.BAD_USER_INPUT.value,
            "userErrorCode": str(problem.code),
            "argument": client_path(problem.path)[1:],
        }
        return _coded(error, problem.message, extensions)
    if isinstance(cause, _NO_OPERATION):
        return _coded(error, error.message, {"code": ErrorCode.BAD_USER_INPUT.value})
    if isinstance(cause, GraphQLError) or cause is None:
        own = (error.extensions or {}) | ((cause.extensions or {}) if cause else {})
        return _coded(error, error.message, {"code": default_code(error).value, **own})
    return _too_large(error, cause, page) if isinstance(cause, TooLarge) else _failed(error, cause)


def _too_large(error: GraphQLError, cause: TooLarge, page: int) -> GraphQLError:
    own: dict[str, Any] = {"code": ErrorCode.MAX_COST_EXCEEDED.value, "maximum": cause.most}
    if not page:
        return _coded(error, f"{cause} {_LESS}", own)
    fits = f"With pages of at most {page} it should fit."
    return _coded(error, f"{cause} {fits} {_LESS}", {**own, "fits": page})


def _failed(error: GraphQLError, cause: Exception) -> GraphQLError:
    for kind, (message, code, more) in _FAILURES.items():
        if isinstance(cause, kind):
            return _coded(error, message, {"code": code.value, **more})
    _log.error("Internal fault", exc_info=cause)
    reference = trace.CURRENT.get().request_id
    fault = ErrorCode.INTERNAL_SERVER_ERROR.value
    return _coded(error, FAULT, {"code": fault, "reference": reference})


def after_write(error: GraphQLError) -> GraphQLError:
    """Return an error of an operation that has written something, which says so.

    No client may take it for one of which nothing was done, and send the operation again.
    """
    own = dict(error.extensions or {}) | {"written": True}
    if own["code"] != ErrorCode.UNAVAILABLE.value:
        return _coded(error, error.message, own)
    own.pop("retryAfter", None)
    return _coded(error, _KEPT, own | {"code": ErrorCode.OUTCOME_UNKNOWN.value})


def default_code(error: GraphQLError) -> ErrorCode:
    """Return the code of an error that brings none."""
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    return ErrorCode.BAD_USER_INPUT if error.path else ErrorCode.GRAPHQL_VALIDATION_FAILED


def _coded(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
