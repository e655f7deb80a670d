"""What an application is made of: put together once, by who starts it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kit.clock import Clock, now
from kit.db.database import Database
from kit.limits import DEFAULT_BOUNDS, Bounds
from kit.telemetry.metrics import Telemetry
from models.access.viewers import Viewer
from resolvers.running.buckets import Buckets
from resolvers.running.context import Terms
from transport.draining import Draining
from transport.identity.issuers import Issuer
from workers.access.keys import Uses


@dataclass(frozen=True)
class Serving:
    """The parts of an application.

    issuers: identity providers whose tokens are taken beside API keys. origins: sites whose pages
    may ask. telemetry: what it tells those who run it, its own unless given. draining: begun by who
    stops the server. buckets: where those of the keys are, in the database unless given.
    uses: where uses of keys are noted. grace: how long what is under way may go on at the end.
    people: whom a browser on this machine may be without proof, by what they are; None: no route
    leads there.
    """

    database: Database
    clock: Clock = now
    terms: Terms = field(default_factory=Terms)
    issuers: Sequence[Issuer] = ()
    bounds: Bounds = DEFAULT_BOUNDS
    origins: Sequence[str] = ()
    telemetry: Telemetry | None = None
    draining: Draining = field(default_factory=Draining)
    buckets: Buckets | None = None
    uses: Uses = field(default_factory=Uses)
    grace: timedelta = timedelta(seconds=5)
    people: Callable[[Database], Awaitable[Mapping[str, Viewer]]] | None = None
