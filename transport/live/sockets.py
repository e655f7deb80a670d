"""`graphql-transport-ws`: one socket, many operations, each with a context of its own."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import ExitStack, aclosing, nullcontext, suppress
from datetime import timedelta
from typing import Any, Protocol

import orjson
from starlette.websockets import WebSocketDisconnect, WebSocketState
from starlette.websockets import WebSocketDisconnected as Ended
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http import process_result
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types.execution import PreExecutionError

from kit.limits import Limits
from kit.telemetry import trace
from resolvers.running.context import Context
from resolvers.running.lanes import Lanes
from schema.graphql.errors import ClientError, ErrorCode
from schema.graphql.extensions.documents import with_document_name
from schema.schema import schema
from transport.connections.room import UTF8, know
from transport.http.addresses import address_of
from transport.http.answers import let_go, unheard
from transport.http.holdings import UNREAD, Holdings, Share
from transport.http.refusals import Refusal
from transport.http.requests import json_object
from transport.live.presence import Caller, Places

INIT_S = 10
"""Seconds in which a socket must send `connection_init`."""
FORBIDDEN = 4403
TRY_AGAIN_LATER = 1013
PER_OPERATION = 16 * 1024
"""Bytes that an operation takes beside its message, which count as long as it lasts."""
_TOO_MANY = ClientError(ErrorCode.THROTTLED, "This socket has too many operations; end one.")
_UNREAD = ClientError(ErrorCode.THROTTLED, UNREAD, retryAfter=1)
_GONE = WebSocketDisconnect, Ended
"""What sending raises where the client is gone, or where that is known already."""
_WITH_PAYLOAD = {"connection_init", "subscribe"}
"""Messages of which more is read than type and id."""
_PAYLOAD: Mapping[str, tuple[type, ...]] = {
    "query": (str, type(None)),
    "operationName": (str, type(None)),
    "variables": (dict, type(None)),
    "extensions": (dict, type(None)),
}


class Host(Protocol):
    """What a socket needs of the endpoint."""

    places: Places
    lanes: Lanes
    bodies: Holdings
    answers: Holdings

    async def identified(
        self, headers: Mapping[str, str], payload: Mapping[str, Any], address: str | None
    ) -> Caller | None:
        """Return who sends this `connection_init`, None for nobody known. Refusal: not now."""

    def limits(self, caller: Caller) -> Limits:
        """Return the limits of a key."""

    def context(self, caller: Caller, idempotency_key: str | None, lanes: Lanes | None) -> Context:
        """Make the context of one operation."""


class Message(dict[str, Any]):
    """A message. size: characters that it came in."""

    size = 0


def _is_operation(payload: object) -> bool:
    if not isinstance(payload, dict):
        return False
    if not all(isinstance(payload.get(it), kinds) for it, kinds in _PAYLOAD.items()):
        return False
    return payload.get("query") is not None or bool(
        with_document_name(payload, payload.get("extensions"))
    )


def is_well_formed(message: object) -> bool:
    """Tell whether a message has the shape that the protocol gives to its type."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    kind, payload = message["type"], message.get("payload")
    if kind in {"subscribe", "complete"} and not isinstance(message.get("id"), str):
        return False
    if kind == "subscribe":
        return _is_operation(payload)
    return payload is None or isinstance(payload, dict)


class Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """One socket. It stays open as long as its token is good."""

    view: Any
    websocket: Any
    caller: Caller | None = None

    async def handle(self) -> None:
        """Answer until the socket closes."""
        telemetry = trace.CURRENT.get().telemetry
        self._extensions: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._unsent = 0
        with ExitStack() as self._held:
            if telemetry is not None:
                self._held.enter_context(telemetry.sockets.track_inprogress())
            await super().handle()

    async def handle_message(self, message: Any) -> None:
        """Refuse what has no shape; Strawberry would stumble over it.

        Nothing is held that nobody reads: what is answered may wait behind a full socket.
        """
        if is_well_formed(message):
            known = {"type", "id", *({"payload"} if message["type"] in _WITH_PAYLOAD else ())}
            for key in message.keys() - known:
                del message[key]
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("This is no message of graphql-transport-ws.")

    async def handle_task_exception(self, error: Exception) -> None:
        """Log what went wrong; that somebody hangs up before an answer is none of it."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def handle_connection_init(self, message: Any) -> None:
        """Let in who has a good token, in the payload or in the handshake, and a place."""
        payload = message.get("payload") or {}
        if self.caller is None and not self.connection_timed_out:
            # It has come in time; what it waits for has a time of its own, and says what was late.
            if self.connection_init_timeout_task is not None:
                self.connection_init_timeout_task.cancel()
            host: Host = self.view.host
            socket = self.websocket.ws
            try:
                caller = await host.identified(socket.headers, payload, address_of(socket))
            except Refusal as refusal:
                await self._end(TRY_AGAIN_LATER, refusal.message)
                return
            if caller is None:
                await self._end(FORBIDDEN, "Send a valid token.")
                return
            key_id = caller.viewer.key_id
            if not host.places.is_free(key_id, host.limits(caller).connections):
                await self._end(TRY_AGAIN_LATER, "This key has too many connections.")
                return
            self._held.enter_context(host.places.taken(key_id))
            self.caller = caller
            hold = host.bodies.share(caller.viewer).holding()
            know(socket.scope, self._held.enter_context(hold))
            self._held.callback(know, socket.scope)
            watch = asyncio.create_task(self._expire(caller))
            self._held.callback(watch.cancel)
        await super().handle_connection_init({"type": message["type"], "payload": payload})

    async def handle_subscribe(self, message: Any) -> None:
        """Keep what Strawberry forgets: under which name a document is meant. Refuse too many."""
        key, payload = message["id"], message["payload"]
        refusal = None if key in self.operations else self._refusal()
        if refusal is not None:
            del payload
            message.clear()
            await self.send_message({"id": key, "type": "error", "payload": [refusal.formatted]})
            return
        self._sizes[key] = message.size
        text, extensions = payload.get("query") or "", payload.get("extensions")
        self._extensions[key] = extensions if text else with_document_name(payload, extensions)
        message["payload"] = {**payload, "query": text}
        await super().handle_subscribe(message)
        # It counts once its task has begun, before the next message is looked at.
        await asyncio.sleep(0)

    def _refusal(self) -> ClientError | None:
        """Return why an operation is not begun now."""
        host: Host = self.view.host
        if self.caller is None or not self.connection_acknowledged:
            return None
        if len(self.operations) >= host.limits(self.caller).subscriptions:
            return _TOO_MANY
        return _UNREAD if host.bodies.share(self.caller.viewer).is_full else None

    async def send_message(self, message: Any) -> None:
        """Send, and count until the client has taken it."""
        share, text = self._share, orjson.dumps(message)
        with nullcontext() if share is None else share.holding(len(text)):
            await self._send_text(text)

    async def _send_text(self, text: bytes) -> None:
        """Send a message in UTF-8. A server of another kind takes it as a text of Python's."""
        socket = self.websocket.ws
        takes_utf8 = UTF8 in (socket.scope.get("extensions") or ())
        about = {UTF8: text} if takes_utf8 else {"text": text.decode()}
        self._unsent += 1
        try:
            await socket.send({"type": "websocket.send", **about})
        except _GONE as gone:
            raise WebSocketDisconnected from gone
        finally:
            self._unsent -= 1

    @property
    def _share(self) -> Share | None:
        """Return the share of who is known."""
        host: Host = self.view.host
        return None if self.caller is None else host.answers.share(self.caller.viewer)

    async def cleanup_operation(self, operation_id: str) -> None:
        """Forget an operation, also one that has not begun."""
        self._extensions.pop(operation_id, None)
        self._sizes.pop(operation_id, None)
        await super().cleanup_operation(operation_id)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Answer one operation, and end the socket once its token is none."""
        caller = self.caller
        assert caller  # noqa: S101 -- A socket is acknowledged before.
        host: Host = self.view.host
        size = self._sizes.pop(operation.id) + PER_OPERATION
        with host.bodies.share(caller.viewer).holding(size):
            await self._answer(operation, caller, host)

    async def _answer(self, operation: Operation[Any, None], caller: Caller, host: Host) -> None:
        try:
            if not await caller.holds():
                await self._end(FORBIDDEN, "The token has ended.")
                return
            context = host.context(caller, None, host.lanes)
            results: Any = await self.schema.stream(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
                operation_extensions=self._extensions.pop(operation.id),
            )
            async with aclosing(results):
                await self._send(operation, context, results)
        except Exception as error:  # noqa: BLE001 -- the socket outlives a fault of one operation.
            await self.handle_task_exception(error)
        else:
            return
        # The error is gone, and with it what it held of the answer.
        with suppress(Exception):
            await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _send(self, operation: Operation[Any, None], context: Context, results: Any) -> None:
        caller, share = self.caller, self._share
        assert caller and share  # noqa: S101, PT018 -- As above.
        async for result in results:
            if isinstance(result, PreExecutionError):
                await operation.send_initial_errors(result.errors or [])
                return
            answer = {"id": operation.id, "type": "next", "payload": process_result(result)}
            text = orjson.dumps(answer)
            let_go(result)
            del answer
            if not share.takes(len(text), behind=self._unsent):
                # What is refused is not held while the refusal waits for the socket.
                del text
                if not context.has_written:
                    await operation.send_initial_errors([_UNREAD])
                    return
                text = orjson.dumps(
                    {"id": operation.id, "type": "next", "payload": unheard(result)}
                )
            with share.holding(len(text)):
                if not await caller.holds():
                    await self._end(FORBIDDEN, "The token has ended.")
                    return
                await self._send_text(text)
            del text
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _expire(self, caller: Caller) -> None:
        await caller.ended()
        await self._end(FORBIDDEN, "The token has ended.")

    async def _end(self, code: int, reason: str) -> None:
        """Stop every operation but the one that calls, then close."""
        for key, operation in list(self.operations.items()):
            if operation.task is not asyncio.current_task():
                await self.cleanup_operation(key)
        await self.websocket.close(code, reason)


class _Messages(ASGIWebSocketAdapter):
    """Reads messages; nothing is held of the text that one came in."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object]:
        """Yield what each message says. NonJsonMessageReceived, NonTextMessageReceived: nothing."""
        del ignore_parsing_errors
        with suppress(WebSocketDisconnect):
            while self.ws.application_state is not WebSocketState.DISCONNECTED:
                try:
                    message = self.view.decode_json(await self.ws.receive_text())
                except json.JSONDecodeError as error:
                    raise NonJsonMessageReceived from error
                except KeyError as error:
                    raise NonTextMessageReceived from error
                yield message
                del message

    async def close(self, code: int, reason: str) -> None:
        """Close; it may have closed meanwhile, from either side."""
        with suppress(*_GONE):
            await super().close(code, reason)


class Sockets(GraphQL[Any, None]):
    """Strawberry's view, for WebSockets only."""

    websocket_adapter_class = _Messages
    graphql_transport_ws_handler_class = Handler

    def __init__(self, host: Host, origins: Sequence[str]) -> None:
        """Take whose sockets they are, and which sites may open one."""
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=INIT_S),
            max_subscriptions_per_connection=None,
            allowed_origins=origins,
        )
        self.host = host

    async def get_context(self, request: Any, response: Any) -> None:
        """Make none: each of a socket's operations has its own."""

    def decode_json(self, data: str | bytes) -> object:
        """Read a message."""
        message = Message(json_object(data))
        message.size = len(data)
        return message
