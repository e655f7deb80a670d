"""Where all of the portal is found."""

from starlette.routing import BaseRoute, Route, WebSocketRoute

from transport.endpoint import Endpoint
from transport.identity.sessions import Sessions
from transport.portal.built import Portal
from transport.portal.endpoint import PortalEndpoint
from transport.portal.login import Login
from transport.portal.pages import Pages
from transport.portal.providers import Providers
from transport.serving import Serving


def portal_routes(serving: Serving, endpoint: Endpoint, portal: Portal) -> list[BaseRoute]:
    """Return the routes of sign-in, operations and pages, those first that are not the page's."""
    sessions = Sessions(serving.database, serving.clock)
    longest_s = serving.terms.limits.deadline
    operations, login = PortalEndpoint(endpoint, sessions), Login(serving, sessions)
    return [
        Route("/portal/graphql", operations),
        WebSocketRoute("/portal/graphql", operations),
        *login.routes,
        *Providers(endpoint, login, sessions).routes,
        *Pages(serving.database, serving.clock, portal, longest_s).routes,
    ]
