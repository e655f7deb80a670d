"""Where all of the portal is found."""

from starlette.routing import BaseRoute, Route

from transport.endpoint import Endpoint
from transport.identity.sessions import Sessions
from transport.portal.built import Portal
from transport.portal.endpoint import PortalEndpoint
from transport.portal.login import Login
from transport.portal.pages import Pages
from transport.serving import Serving


def portal_routes(serving: Serving, endpoint: Endpoint, portal: Portal) -> list[BaseRoute]:
    """Return the routes of sign-in, operations and pages, those first that are not the page's."""
    sessions = Sessions(serving.database, serving.clock)
    longest_s = serving.terms.limits.deadline
    return [
        Route("/portal/graphql", PortalEndpoint(endpoint, sessions)),
        *Login(serving, sessions).routes,
        *Pages(serving.database, serving.clock, portal, longest_s).routes,
    ]
