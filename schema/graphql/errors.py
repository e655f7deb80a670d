"""What a client reads when something is refused: userErrors in payloads, codes on errors."""

import logging
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from kit.db.lost import OutcomeUnknown, Unavailable
from kit.errors import Code, Problem, Refused
from kit.loop.apart import Crowded, Died
from kit.loop.work import TooLarge
from kit.telemetry import trace
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
_DIED = "Planning this has ended before it was done: it took too long, or its process was ended."
_LONGEST = 2_000
"""Characters of an error's text, whatever it quotes of a client's."""


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


UNHEARD = ClientError(
    ErrorCode.OUTCOME_UNKNOWN,
    "Too much waits to be read to send what this operation has to tell. What it wrote is kept; look"
    " what it was before you repeat it without its idempotencyKey.",
    written=True,
)
"""What a mutation tells in place of a long payload for which there is no room."""
_FAILURES: Mapping[type[Exception], tuple[str, ErrorCode, Mapping[str, Any]]] = {
    TimeoutError: (_LATE, ErrorCode.TIMEOUT, {}),
    Unavailable: (AWAY, ErrorCode.UNAVAILABLE, {"retryAfter": RETRY_S}),
    OutcomeUnknown: (_UNKNOWN, ErrorCode.OUTCOME_UNKNOWN, {}),
    Died: (_DIED, ErrorCode.TIMEOUT, {}),
}
"""What may fail without a fault of ours -> what a client is told, its code, what is added to it."""
CODES_OF_REFUSALS = (Code, TradeCode, FulfilmentCode)
"""Where refusals have their codes: those of any command, then each wing's own."""
_CODES = {code.name: code.value for codes in CODES_OF_REFUSALS for code in codes}
UserErrorCode: Any = StrEnum("UserErrorCode", _CODES)  # type: ignore[misc]
described(
    UserErrorCode,
    "UserErrorCode",
    "Stable reason of a refusal, and what to do about it; `field` says where.",
    BLANK="There is no text: write one, or leave the field out.",
    DUPLICATE="It stands twice where it may stand once: take one of them out.",
    INVALID="It has a wrong form, or contradicts other fields: correct it as `message` says.",
    INVALID_CHARACTER="Take out control characters, invisible ones, and heaps of marks.",
    INVALID_CHECK_DIGIT="The number was mistyped: read it again from where it is printed.",
    INVALID_CURRENCY="Name a currency of ISO 4217; of what belongs to an order, its own.",
    INVALID_COUNTRY="Name a country of ISO 3166-1 by its two letters.",
    INVALID_DATE="Name an instant or a day that is possible here: `message` says which is not.",
    INVALID_ID="This is no id of such an object: send one as it was read.",
    INVALID_TIME_ZONE="Name a zone of the IANA database, for example Europe/Berlin.",
    INVALID_WINDOW="Let it end after it starts, and in the future where it is one to come.",
    NOT_POSITIVE="Send more than 0, or 0 where that means something.",
    OUT_OF_RANGE="Send a number within the bounds that `message` names.",
    SCALE_EXCEEDED="Send fewer decimals: as many as the unit or the currency has.",
    TOO_FEW_ITEMS="Send at least one item.",
    TOO_LONG="Shorten the text.",
    TOO_MANY_ITEMS="Send less at a time, in several calls.",
    AND_MORE="`message` says how many more refusals there are: correct those that are told first.",
    CONFLICT="Others were changing the same: send it again.",
    IDEMPOTENCY_KEY_REUSED="The key belongs to another input: take a new one for this.",
    IN_USE="Others refer to it as it is: make a new one, as `message` says.",
    NOT_ALLOWED="Leave it out, or ask the merchant for the right that `message` names.",
    NOT_FOUND="There is no such object, or none that you see: look it up again.",
    TAKEN="Another one has this already: choose another, or change that one.",
    TOO_SLOW="It took too long: send less at a time, under the same idempotency key.",
    VERSION_CONFLICT="Somebody else changed it: read it again, then decide again.",
    WRONG_STATE="It is not the time for this: `availableActions` says what may be done now.",
    GUESTS_NOT_ALLOWED="The channel takes no guests: order for a party, or elsewhere.",
    AMENDMENT_AWAITED="Wait until the amendment of the line is answered, or its time is over.",
    LOCATION_NOT_ALLOWED="Choose a location that can carry these goods: `message` lists them.",
    OUTSIDE_RECEIVING_HOURS="Choose a window in the receiving hours, or say why not as"
    " `windowOverride`.",
    ON_HOLD="A hold stops it: wait until whoever placed it releases it.",
    PAYMENT_OUTSTANDING="What is known of a payment stops it: wait until another report of it is"
    " recorded.",
    PRICE_CHANGED="It costs something else than expected: show `price`, and ask again.",
    PRICE_UNKNOWN="No price of it is known: the merchant states one, or it is left out.",
    QUANTITY_EXCEEDED="Send at most what is there; `message` says how much.",
    QUANTITY_NOT_OPEN="Send at most what is open; `message` says how much.",
    BELOW_MINIMUM="Call off at least as much as `minPerCallOff`.",
    CONTRACT_SUSPENDED="Wait until the contract is resumed.",
    EXCEEDS_MAX="Take at most what the contract leaves, or have it amended.",
    LOT_MULTIPLE="Call off a multiple of `lotMultiple`.",
    NOTICE_TOO_SHORT="Ask for a later day: the contract needs `minNoticeDays` before it.",
    NOT_ON_CONTRACT="Name a line or an address that the contract lists.",
    OPEN_CALL_OFFS="Cancel the open call-offs, or keep them by `keepCallOffs`.",
    OUTSIDE_VALIDITY="Choose days between `validFrom` and `validTo` of the contract, or, for a"
    " delivery, say why not as `windowOverride`.",
    PARTY_MISMATCH="Name what belongs to one party.",
    RELEASE_OUTDATED="Refer to a line of the active release.",
    UNIT_MISMATCH="Send the quantity in the unit that was agreed, or one that converts exactly.",
    ADDRESS_MISSING="Plan it anew with an address, or by a method that needs none.",
    DELIVERY_POLICY="The order's delivery policy stops it: send it whole and in time.",
    METHOD_NOT_ALLOWED="Choose a method that the channel offers to such a recipient.",
    NOT_MERGEABLE="Merge only deliveries that agree in what `message` names.",
    PARCELS_DO_NOT_MATCH="Let the parcels hold exactly what was picked.",
    TOO_EARLY="Wait until `fulfilAt`, or plan it anew.",
    RECIPIENT_MISSING="Name the person who takes it in.",
)


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
        own = _of_variable(error) | own
        return _coded(error, error.message, {"code": default_code(error).value, **own})
    return _too_large(error, cause, page) if isinstance(cause, TooLarge) else _failed(error, cause)


_VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([^:]+))?:")
"""How graphql-core tells a value that its variable does not take, and where in it."""


def _of_variable(error: GraphQLError) -> dict[str, Any]:
    """Return the code and the path of a wrong value of a variable, nothing for other errors."""
    found = _VARIABLE.match(error.message)
    if found is None:
        return {}
    inside = re.findall(r"\w+", found[2] or "")
    return {"userErrorCode": Code.INVALID.value, "variable": [found[1], *inside]}


def _too_large(error: GraphQLError, cause: TooLarge, page: int) -> GraphQLError:
    own: dict[str, Any] = {"code": ErrorCode.MAX_COST_EXCEEDED.value, "maximum": cause.most}
    if not page:
        return _coded(error, f"{cause} {_LESS}", own)
    fits = f"With pages of at most {page} it should fit."
    return _coded(error, f"{cause} {fits} {_LESS}", {**own, "fits": page})


def _failed(error: GraphQLError, cause: Exception) -> GraphQLError:
    if isinstance(cause, Crowded):
        own = {"code": ErrorCode.THROTTLED.value, "retryAfter": cause.seconds}
        return _coded(error, str(cause), own)
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


def cut(message: str) -> str:
    """Return an error's text, shortened where it quotes much of what a client has sent."""
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"


def default_code(error: GraphQLError) -> ErrorCode:
    """Return the code of an error that brings none."""
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    return ErrorCode.BAD_USER_INPUT if error.path else ErrorCode.GRAPHQL_VALIDATION_FAILED


def _coded(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        cut(message),
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
