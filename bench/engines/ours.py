"""Abruf itself: `python -m bench.engines.ours planned|reference`."""

import sys

from bench.engines.serving import database_url, pool_size, serve
from kit.database import Database
from resolvers.context import Terms
from server import application

if __name__ == "__main__":
    url = database_url().replace("postgresql://", "postgresql+asyncpg://", 1)
    database = Database(url, pool_size=pool_size())
    serve(application(database, terms=Terms(plans=sys.argv[1] == "planned")))
