"""What the endpoint serves with: put together once, by the roof."""

from collections.abc import Sequence
from dataclasses import dataclass

from kit.clock import Clock
from kit.db.database import Database
from kit.limits import Bounds
from resolvers.running.buckets import Buckets
from resolvers.running.context import Terms
from transport.draining import Draining
from transport.identity.issuers import Issuer
from workers.access.keys import Uses


@dataclass(frozen=True)
class Serving:
    """The parts of an application.

    issuers: identity providers whose tokens are taken beside API keys. origins: sites whose pages
    may ask. draining: begun by who stops the server. buckets: where those of the keys are. uses:
    where uses of keys are noted.
    """

    database: Database
    clock: Clock
    terms: Terms
    issuers: Sequence[Issuer]
    bounds: Bounds
    origins: Sequence[str]
    draining: Draining
    buckets: Buckets
    uses: Uses
