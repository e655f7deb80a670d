"""`/portal/login`: people sign in on a page that works without scripts."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from commands.messages.notifications.mails.wording import SIGN_IN_STYLE, write_sign_in
from kit.db.lost import Unavailable
from kit.standards.languages import Spoken, preferred
from models.access.viewers import Viewer
from transport.http.addresses import address_of
from transport.http.bodies import posted_form
from transport.http.hang_up import HungUp
from transport.http.refusals import Refusal, not_now
from transport.identity.sessions import Sessions
from transport.portal.browsers import (
    check_own_page,
    is_local,
    page_cookie,
    page_of,
    session_cookie,
    session_token,
)
from transport.portal.first import first_page, remembered
from transport.serving import Serving

LOGIN = "/portal/login"
_HASH = base64.b64encode(hashlib.sha256(SIGN_IN_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    # With `no-referrer` a form would not say of which origin it is.
    "Referrer-Policy": "same-origin",
}
_OK, _SEE_OTHER = 200, 303


@dataclass(frozen=True)
class Button:
    """A person who signs in by a button. key: what it is in the demo."""

    key: str
    name: str


class Login:
    """The pages of sign-in, and what they post."""

    def __init__(self, serving: Serving, sessions: Sessions) -> None:
        """Take whom the server knows, and where sessions begin."""
        self._serving, self._sessions = serving, sessions
        logins = (it.login for it in serving.issuers)
        self._providers = [it.name for it in logins if it is not None]
        self.routes: list[BaseRoute] = [
            Route(LOGIN, self.quickly(self.page), methods=["GET"]),
            Route("/portal/logout", self.quickly(self.leave), methods=["POST"]),
        ]
        if serving.people is not None:
            self.routes.append(Route(f"{LOGIN}/demo", self.quickly(self.demo), methods=["POST"]))

    def quickly(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Answer in the time that any answer may take."""

        async def answered(request: Request) -> Response:
            try:
                async with asyncio.timeout(self._serving.terms.limits.deadline):
                    return await answer(request)
            except Refusal as refusal:
                return refusal.answer()
            except (Unavailable, TimeoutError) as error:
                return not_now(error).answer()
            except HungUp:
                return Response(status_code=400)

        return answered

    async def page(self, request: Request) -> Response:
        """Show how one may sign in; `to` is the page that somebody has come from."""
        response = await self._shown(request)
        if (kept := remembered(request)) is not None:
            response.headers.append("Set-Cookie", kept)
        return response

    async def again(self, request: Request) -> Response:
        """Show it to who could not be let in."""
        return await self._shown(request, 400)

    async def _shown(self, request: Request, status: int = 200) -> Response:
        people = [Button(key, it.name) for key, it in (await self._people(request)).items()]
        language = preferred(request.headers.get("accept-language")) or Spoken.EN
        ways = {"people": people, "providers": self._providers}
        page = write_sign_in(language, is_again=status != _OK, **ways)
        return HTMLResponse(page, status, _HEADERS)

    async def demo(self, request: Request) -> Response:
        """Sign in one of the demo's people. Refusal: nobody on this machine asks, or for nobody."""
        check_own_page(request.headers)
        form = await posted_form(request, self._serving.bounds)
        person = (await self._people(request)).get(form.get("person", ""))
        if person is None:
            raise Refusal(404, "There is no such person.")
        return await self.let_in(request, person)

    async def leave(self, request: Request) -> Response:
        """Sign out, wherever that leads."""
        check_own_page(request.headers)
        response = RedirectResponse(LOGIN, _SEE_OTHER)
        await self.sign_out(request, response)
        return response

    async def sign_out(self, request: Request, response: Response) -> None:
        """End the session that the browser has, and let it forget it."""
        address = address_of(request)
        token = session_token(request.headers, address)
        if token is not None:
            await self._sessions.end(token, address)
            response.headers.append("Set-Cookie", session_cookie(request, "", 0))

    async def _people(self, request: Request) -> Mapping[str, Viewer]:
        """Return whom a browser on this machine may be without proof: the demo's people."""
        if self._serving.people is None or not is_local(request.headers, address_of(request)):
            return {}
        return await self._serving.people(self._serving.database)

    async def let_in(
        self, request: Request, viewer: Viewer, provider_sid: UUID | None = None
    ) -> Response:
        """Begin a session, in place of that which the browser has; lead to the page it wanted.

        provider_sid: of `Sessions.begin`.
        """
        address = address_of(request)
        former = session_token(request.headers, address)
        token = await self._sessions.begin(viewer, address, provider_sid)
        if former is not None:
            await self._sessions.end(former, address)
        response = RedirectResponse(first_page(request, viewer), _SEE_OTHER)
        response.headers["Set-Cookie"] = session_cookie(request, token)
        if page_of(request) is not None:
            response.headers.append("Set-Cookie", page_cookie(request, "", 0))
        return response
