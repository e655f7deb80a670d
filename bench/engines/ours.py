"""Abruf itself: `python -m bench.engines.ours planned|reference limited|untiring|crowded|kept`.

Only the last one gives answers again.
"""

import sys
from dataclasses import replace

from bench.engines.serving import database_url, pool_size, serve
from kit.db.database import Database
from kit.limits import DEFAULT_BOUNDS, DEFAULT_LIMITS
from resolvers.running.context import Terms
from server import application
from transport.serving import Serving

UNTIRING = replace(DEFAULT_LIMITS, bucket=10**9)
"""The server's limits for a key that may ask without a pause."""
CROWD = 100_000
"""Connections where one key may have any number of them."""

if __name__ == "__main__":
    url = database_url().replace("postgresql://", "postgresql+asyncpg://", 1)
    database = Database(url, pool_size=pool_size())
    limits = DEFAULT_LIMITS if sys.argv[2] == "limited" else UNTIRING
    kept = DEFAULT_BOUNDS.kept_answers if sys.argv[2] == "kept" else 0
    bounds = replace(DEFAULT_BOUNDS, kept_answers=kept)
    if sys.argv[2] == "crowded":
        limits = replace(limits, connections=CROWD)
        bounds = replace(bounds, connections=CROWD, of_address=CROWD, waiting=CROWD)
    terms = Terms(limits=limits, plans=sys.argv[1] == "planned")
    serve(application(Serving(database, terms=terms, bounds=bounds)), bounds)
