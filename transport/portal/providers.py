"""Sign-in at an identity provider: OpenID Connect, a code that is exchanged with PKCE.

What a browser has begun stands in a cookie of its own, for ten minutes: only the browser that was
sent to the provider comes back with it. Tokens of a provider reach no browser and are not kept.
"""

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import astuple, dataclass
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from models.access.viewers import Viewer
from transport.endpoint import Endpoint
from transport.http.addresses import address_of
from transport.http.bodies import posted_form
from transport.http.refusals import Refusal
from transport.identity.asking import NO_ANSWER, body_at
from transport.identity.issuers import SignIn
from transport.identity.sessions import Sessions
from transport.portal.browsers import attempt_cookie, attempt_of
from transport.portal.login import LOGIN, Login

CALLBACK = "/portal/callback"
LOGOUT = "/portal/logout/provider"
ATTEMPT_S = 600
"""Seconds in which a browser must come back."""
EXCHANGE_S = 5
"""Seconds that a provider may take to give a token for a code."""
_RANDOM_BYTES = 32
_PART = re.compile(r"[\w-]{43}")
_SEE_OTHER = 303
_log = logging.getLogger("abruf")


@dataclass(frozen=True)
class _Attempt:
    """A sign-in that a browser has begun.

    state: comes back with the code. nonce: stands in the ID token. verifier: proves to the provider
    that who exchanges the code has asked for it.
    """

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """Return what the provider is told of the verifier (S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _read(cookie: str | None) -> tuple[int, _Attempt] | None:
    """Return which provider was chosen, and the attempt; None for what is no such cookie."""
    number, *parts = (cookie or "").split(".")
    if not number.isdecimal() or len(parts) != len(_Attempt.__dataclass_fields__):
        return None
    return (int(number), _Attempt(*parts)) if all(map(_PART.fullmatch, parts)) else None


class Providers:
    """The ways to identity providers and back."""

    def __init__(self, endpoint: Endpoint, login: Login, sessions: Sessions) -> None:
        """Take who believes tokens and holds back guesses, and where sessions begin and end."""
        self._issuers, self._guesses = endpoint.authentication.issuers, endpoint.guesses
        self._login, self._sessions = login, sessions
        self._bounds = endpoint.serving.bounds
        self.routes: list[BaseRoute] = [
            Route(f"{LOGIN}/at/{{number:int}}", login.quickly(self.leave), methods=["GET"]),
            Route(CALLBACK, login.quickly(self.arrive), methods=["GET"]),
            Route(LOGOUT, login.quickly(self.forget), methods=["POST"]),
        ]

    async def leave(self, request: Request) -> Response:
        """Send a browser to a provider, and sign it out here. Refusal: there is no such one.

        It is done now: when it comes back from another site's page, it brings no session's cookie.
        """
        number: int = request.path_params["number"]
        known = self._issuers.logins
        if number >= len(known) or (login := known[number].login) is None:
            raise Refusal(404, "There is no such way to sign in.")
        attempt = _Attempt(*(secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)))
        parameters = {
            "response_type": "code",
            "client_id": login.client_id,
            "redirect_uri": _callback(request),
            "scope": " ".join(login.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        joined = "&" if "?" in login.authorization_url else "?"
        response = RedirectResponse(
            f"{login.authorization_url}{joined}{urlencode(parameters)}", _SEE_OTHER
        )
        kept = ".".join((str(number), *astuple(attempt)))
        response.headers["Set-Cookie"] = attempt_cookie(request, kept, ATTEMPT_S)
        await self._login.sign_out(request, response)
        return response

    async def arrive(self, request: Request) -> Response:
        """Let in who comes back with what it was sent away with; else show how to try again."""
        found = await self._arrived(request)
        if found is None:
            response = await self._login.again(request)
        else:
            response = await self._login.let_in(request, *found)
        response.headers.append("Set-Cookie", attempt_cookie(request, "", 0))
        return response

    async def forget(self, request: Request) -> Response:
        """Sign out whom a provider has signed out, as it says by itself. Refusal: it does not."""
        address = address_of(request)
        form = await posted_form(request, self._bounds)
        async with self._guesses.looking_up(address):
            found = await self._issuers.signed_out(form.get("logout_token", ""))
        if found is None:
            await self._guesses.wrong(address)
            raise Refusal(400, "This is no logout token of a provider that is known here.")
        await self._sessions.end_of(*found, address)
        return Response(status_code=200)

    async def _arrived(self, request: Request) -> tuple[Viewer, UUID | None] | None:
        """Return who has signed in, and what is kept of its session there.

        None where anything does not fit. Refusal: too many did not.
        """
        address, found = address_of(request), request.query_params
        began, known = _read(attempt_of(request)), self._issuers.logins
        code, state = found.get("code"), found.get("state", "")
        if began is None or began[0] >= len(known) or not code:
            return None
        number, attempt = began
        issuer = known[number]
        is_own = hmac.compare_digest(state.encode(), attempt.state.encode())
        if not is_own or found.get("iss", issuer.issuer) != issuer.issuer:
            return None
        async with self._guesses.looking_up(address):
            token = await _exchanged(issuer.login, code, attempt, _callback(request))
            signed_in = token and await self._issuers.signed_in(issuer, token, attempt.nonce)
        if not signed_in:
            await self._guesses.wrong(address)
            return None
        return signed_in


def _callback(request: Request) -> str:
    """Return where the provider sends browsers; it knows the address, and refuses another."""
    return f"{request.url.scheme}://{request.url.netloc}{CALLBACK}"


async def _exchanged(
    login: SignIn | None, code: str, attempt: _Attempt, callback: str
) -> str | None:
    """Return the ID token that a code is worth, None for none."""
    assert login  # noqa: S101 -- of an issuer at which people sign in.
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": attempt.verifier,
    }
    auth = None
    if login.secret_file is None:
        form["client_id"] = login.client_id
    else:
        secret = login.secret_file.read_text("utf-8").strip()
        auth = (quote(login.client_id, safe=""), quote(secret, safe=""))
    try:
        async with asyncio.timeout(EXCHANGE_S):
            body = await body_at("POST", login.token_url, data=form, auth=auth)
        token = orjson.loads(body)["id_token"]
    except (*NO_ANSWER, TimeoutError, ValueError, LookupError, TypeError) as error:
        _log.warning("No token from %s: %s", login.token_url, type(error).__name__)
        return None
    return token if isinstance(token, str) else None
