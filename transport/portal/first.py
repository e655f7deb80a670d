"""Which page somebody gets first: the one that was asked for before signing in."""

import re
from urllib.parse import quote, unquote

from starlette.requests import Request

from models.access.viewers import Actor, Viewer
from transport.portal.browsers import page_cookie, page_of

WANTED_S = 600
"""Seconds for which a browser keeps which page it wanted."""
_LONGEST = 1_000
_PAGE = re.compile(
    r"/(?P<top>portal|operations)(?:/(?!\.{1,2}(?:/|\?|$))[\w.~%-]+)*(?:\?[\w.~%&=+:,/-]*)?",
    re.ASCII,
)
"""A page of ours: a path of this host, whose segments lead nowhere up, and what filters say."""
_NO_PAGES = re.compile(r"/portal/(?:login|logout|callback|graphql|assets)\b")


def safe_page(wanted: str | None) -> str | None:
    """Return a page of ours that was asked for, None for anything else."""
    if not wanted or len(wanted) > _LONGEST or _NO_PAGES.match(unquote(wanted)):
        return None
    return wanted if _PAGE.fullmatch(wanted) else None


def remembered(request: Request) -> str | None:
    """Return the header that lets a browser keep which page it wants, or want none any more."""
    page = safe_page(request.query_params.get("to"))
    if page is not None:
        return page_cookie(request, quote(page, safe=""), WANTED_S)
    return None if page_of(request) is None else page_cookie(request, "", 0)


def first_page(request: Request, viewer: Viewer) -> str:
    """Return the page that was wanted, where it is one for who has signed in; else its first."""
    top = "/portal" if viewer.actor is Actor.BUYER else "/operations"
    page = safe_page(unquote(page_of(request) or ""))
    return page if page is not None and re.match(rf"{top}(?:[/?]|$)", page) else top
