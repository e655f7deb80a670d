"""`/portal/login`: people sign in on a page that works without scripts."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from commands.messages.notifications.mails.wording import SIGN_IN_STYLE, write_sign_in
from kit.db.lost import Unavailable
from kit.standards.languages import Spoken, preferred
from models.access.viewers import Actor, Viewer
from transport.http.addresses import address_of
from transport.http.bodies import posted_form
from transport.http.hang_up import HungUp
from transport.http.refusals import Refusal, not_now
from transport.identity.sessions import Sessions
from transport.portal.browsers import check_own_page, cookie, cookie_name, is_local, session_token
from transport.serving import Serving

LOGIN = "/portal/login"
_HASH = base64.b64encode(hashlib.sha256(SIGN_IN_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    # With `no-referrer` a form would not say of which origin it is.
    "Referrer-Policy": "same-origin",
}
_SEE_OTHER = 303


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
        self.routes: list[BaseRoute] = [
            Route(LOGIN, self._quickly(self.page), methods=["GET"]),
            Route("/portal/logout", self._quickly(self.leave), methods=["POST"]),
        ]
        if serving.people is not None:
            self.routes.append(Route(f"{LOGIN}/demo", self._quickly(self.demo), methods=["POST"]))

    def _quickly(
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
        """Show how one may sign in."""
        people = [Button(key, it.name) for key, it in (await self._people(request)).items()]
        return self._written(request, people=people)

    async def demo(self, request: Request) -> Response:
        """Sign in one of the demo's people. Refusal: nobody on this machine asks, or for nobody."""
        check_own_page(request.headers)
        form = await posted_form(request, self._serving.bounds)
        person = (await self._people(request)).get(form.get("person", ""))
        if person is None:
            raise Refusal(404, "There is no such person.")
        return await self._let_in(request, person)

    async def leave(self, request: Request) -> Response:
        """Sign out, wherever that leads."""
        check_own_page(request.headers)
        token = session_token(request)
        if token is not None:
            await self._sessions.end(token, address_of(request))
        response = RedirectResponse(LOGIN, _SEE_OTHER)
        response.headers["Set-Cookie"] = cookie(request, cookie_name(request), "", 0)
        return response

    async def _people(self, request: Request) -> Mapping[str, Viewer]:
        """Return whom a browser on this machine may be without proof: the demo's people."""
        if self._serving.people is None or not is_local(request):
            return {}
        return await self._serving.people(self._serving.database)

    async def _let_in(self, request: Request, viewer: Viewer) -> Response:
        """Begin a session, in place of that which the browser has; lead to the first page."""
        address, former = address_of(request), session_token(request)
        token = await self._sessions.begin(viewer, address)
        if former is not None:
            await self._sessions.end(former, address)
        top = "/portal" if viewer.actor is Actor.BUYER else "/operations"
        response = RedirectResponse(top, _SEE_OTHER)
        response.headers["Set-Cookie"] = cookie(request, cookie_name(request), token)
        return response

    def _written(self, request: Request, status: int = 200, **values: Any) -> Response:
        language = preferred(request.headers.get("accept-language")) or Spoken.EN
        return HTMLResponse(write_sign_in(language, **values), status, _HEADERS)
