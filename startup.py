"""What `make run` starts once it knows its configuration: PostgreSQL, migrations, demo, server."""

import asyncio
import fcntl
import json
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy import text

import migrations
from examples.demo import operations
from examples.tokens import tokens_of_demo
from kit import embedded
from kit.config import Config, listening
from kit.db.database import BehindPoolerError, Database
from kit.db.lost import NotAdmitted, Unavailable, is_lost
from kit.db.role import UnboundError, app_role, prove_bound, role_to_become
from kit.embedded.home import EmbeddedPostgresError, write_file
from kit.loop.ending import end_if_signalled
from kit.telemetry.metrics import Telemetry
from kit.telemetry.version import VERSION
from operating.server.beside import beside
from resolvers.running.buckets import Buckets
from resolvers.running.context import Terms
from server import application
from transport.connections.server import HttpServer, Settings
from transport.health import revision_of
from transport.identity.issuers import Issuer, read_issuers
from transport.serving import Serving
from transport.telemetry import exporting, metrics_shown, telemetry_of

TOKENS = "demo-tokens.json"
FILES = 500
"""That are open beside clients' connections: to the database, modules, logs."""
_OPERATIONS = "operations"
"""Folder in the data folder: GraphiQL's examples."""
_TO_END_S = 5
"""That a worker may take to end after the grace."""
TO_TRY = 3
"""Example operations that are printed."""
_log = logging.getLogger("abruf")
LONGEST_PAUSE_S = 5.0
"""Between two attempts to reach a database that is not there yet."""


def run(config: Config, listener: socket.socket) -> None:
    """Answer until a signal ends it, and stop what was started.

    Until there is a database it is answered as without one: who looks whether we live finds us.
    """
    _allow_files(config.bounds.connections + FILES)
    issuers = read_issuers(config.issuers) if config.issuers else ()
    database, ending = database_of(config), Ending()
    with ending.reported(), ExitStack() as meanwhile:
        server = meanwhile.enter_context(_shown(config, database, issuers))
        with listening(config.host, config.port, "ABRUF_PORT"):
            last = meanwhile.enter_context(server.beside(listener))
        place = meanwhile.enter_context(embedded.addresses(config, ending.lost))
        tokens = prepared(config, place, database)
        if config.worker:
            meanwhile.enter_context(_worker(config))
        meanwhile.enter_context(logged("server", port=listener.getsockname()[1]))
        _say(_greeting(config, listener, tokens))
        server.delay_s = config.drain_s
        last()


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _worker(config: Config) -> AbstractContextManager[None]:
    """Return what lets a worker run beside the server; its metrics are a port further."""
    own = {"ABRUF_MIGRATE": "0", "ABRUF_DEMO": "0", "PYTHONPATH": str(Path(__file__).parent)}
    if config.metrics_port:
        own["ABRUF_METRICS_PORT"] = str(config.metrics_port + 1)
    command = (sys.executable, "-m", "workers", "--beside")
    return beside("worker", command, own, config.grace_s + _TO_END_S)


@contextmanager
def logged(what: str, **fields: object) -> Iterator[None]:
    """Tell the log when something begins, and when it ends."""
    known = {"version": VERSION, "revision": migrations.newest(), **fields}
    try:
        _log.info("%s started", what, extra={"fields": known})
        yield
    finally:
        _log.info("%s stopped", what, extra={"fields": known})


class Ending:
    """Tells in a line, and by the exit code, why the program ends."""

    def __init__(self) -> None:
        self._log: str | None = None

    def lost(self, log: str) -> None:
        """End, as by SIGTERM, since our own PostgreSQL has; called from another thread."""
        self._log = log
        os.kill(os.getpid(), signal.SIGTERM)

    @contextmanager
    def reported(self) -> Iterator[None]:
        """SystemExit for what is no fault of the program.

        Where a supervisor should start it again, the code is EX_UNAVAILABLE.
        """
        try:
            yield
        except SystemExit:
            if self._log is None:
                raise
            away = f"PostgreSQL has ended and does not start again; its log ends with:\n{self._log}"
        except (UnboundError, BehindPoolerError, migrations.NewerSchemaError) as error:
            sys.exit(str(error))
        except EmbeddedPostgresError as error:
            sys.exit(f"PostgreSQL does not start: {error}")
        except Exception as error:
            if not is_lost(error):
                raise
            away = f"The database went away while Abruf started: {error}"
        else:
            return
        sys.stderr.write(f"{away}\n")
        sys.exit(os.EX_UNAVAILABLE)


def _allow_files(number: int) -> None:
    """Let the process have so many files open, if it may: each connection is one."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if most == resource.RLIM_INFINITY else min(number, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def prepared(config: Config, server: embedded.Server, database: Database) -> dict[str, str]:
    """Migrate and load the demo as the owner, one program at a time; then say to `database` where.

    Returns the demo's tokens, none where it is not wanted.
    """
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (config.data_dir / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        pooled = config.pooler and server.app_url == server.owner_url
        asyncio.run(_reached(Database(server.owner_url, pooler=pooled)))
        if config.migrates:
            bound = app_role(server.owner_url, server.app_url)
            migrations.upgrade(server.owner_url, bound, _migrating())
        if server.app_url != server.owner_url:
            asyncio.run(_reached(Database(server.app_url, pooler=config.pooler)))
        role = asyncio.run(_checked(config, server))
        tokens = _demo(config, server) if config.demo else {}
    database.lies_at(server.app_url, role)
    return tokens


def _demo(config: Config, server: embedded.Server) -> dict[str, str]:
    """Load the demo, where it is not there yet; returns its tokens."""
    file = config.data_dir / TOKENS
    kept = json.loads(file.read_text()) if file.exists() else {}
    if not kept:
        _say("Making the demo, once ...\n")
    tokens = asyncio.run(_tokens(server.owner_url, kept, config.data_dir / _OPERATIONS))
    if tokens != kept:
        write_file(file, json.dumps(tokens, indent=2) + "\n")
    return tokens


async def _reached(database: Database) -> None:
    """Wait until a database answers; the log tells once that it does not. SystemExit: not us."""
    pause = 0.1
    while True:
        reads = database.reading(None)
        try:
            await reads.rows(text("SELECT 1"))
        except NotAdmitted:
            sys.exit(1)  # The log says why.
        except (Unavailable, TimeoutError):
            end_if_signalled()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        except Exception as error:
            if getattr(error, "sqlstate", None) is None:
                raise
            sys.exit(f"PostgreSQL refuses: {error}")
        else:
            break
        finally:
            await reads.end()
    await database.close()


def _migrating() -> Callable[[migrations.Step], None]:
    """Return what tells of each step, and people of the first."""
    begun = list[str]()

    def migrated(step: migrations.Step) -> None:
        if not begun:
            _say("Bringing the database to the newest schema ...\n")
        begun.append(step.revision)
        _log.info("migrated", extra={"fields": {"revision": step.revision, "does": step.does}})

    return migrated


async def _checked(config: Config, server: embedded.Server) -> str | None:
    """Return what the server's connections become, if not the role of the address.

    UnboundError when the server could pass the wall between merchants. SystemExit where somebody
    else is to migrate the schema, and has not.
    """
    # A pooler keeps no role of a connection: it names the role itself.
    role = None if config.pooler else await role_to_become(server.owner_url, server.app_url)
    database = database_of(config)
    database.lies_at(server.app_url, role)
    try:
        if not config.migrates and (steps := migrations.lacking(await revision_of(database))):
            sys.exit(
                f"The schema lacks {len(steps)} revisions up to {steps[-1].revision}: run"
                " `abruf migrate` as the owner, or let the server do it (ABRUF_MIGRATE=1)."
            )
        if not config.allow_owner:
            await prove_bound(database)
        return role
    finally:
        await database.close()


def database_of(config: Config) -> Database:
    """Return the database as the server reaches it, once it is prepared."""
    return Database(
        pool_size=config.pool_size, pooler=config.pooler, statement_s=config.limits.statement
    )


async def _tokens(url: str, kept: dict[str, str], examples: Path) -> dict[str, str]:
    """Return the demo's tokens; write the example operations with the demo's ids."""
    database = Database(url)
    try:
        tokens = await tokens_of_demo(database, kept)
        await operations.write(database, tokens["staff"], examples)
        return tokens
    finally:
        await database.close()


def _told(config: Config) -> tuple[str, ...]:
    """Say how to see what others are told, which a worker tells them."""
    mails = f"handed over to {config.smtp[0].rpartition('@')[2]}" if config.smtp else "kept"
    return (
        "Webhooks: examples/receiver.py shows how to receive them, and what lets it be reached.",
        f"Mails are {mails}: {{ notifications(first: 9) {{ nodes {{ id kind state address }} }} }}",
        '  A link to one: { notificationPicture(id: "...") { path } }',
    )


def _greeting(config: Config, listener: socket.socket, tokens: dict[str, str]) -> str:
    """Say where everything is and what to try."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    address = f"http://{host}:{listener.getsockname()[1]}/graphql"
    if not config.demo:
        return f"\nAbruf is ready: {address}\nOperators make keys: abruf key --help\n"
    if not _is_loopback(config.host):
        place = config.data_dir / TOKENS
        return f"\nAbruf is ready: {address}\nTokens of the demo are in {place} only.\n"
    examples = sorted((config.data_dir / _OPERATIONS).glob("*.graphql"))[:TO_TRY]
    return "\n".join(
        [
            "",
            "Abruf is ready. Open this address in a browser; Ctrl-C stops everything.",
            "",
            f"  {address}#token={tokens['staff']}",
            "",
            f"Tokens of the demo, also in {config.data_dir / TOKENS}:",
            "",
            *(f"  {actor:<10}  {token}" for actor, token in tokens.items()),
            "",
            "The storefront sees an order only with its access token as Abruf-Order-Token.",
            "",
            *_told(config),
            "",
            "Three operations to try:",
            "",
            *(path.read_text("utf-8") for path in examples),
        ]
    )


def _is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _shown(config: Config, database: Database, issuers: Sequence[Issuer]) -> Iterator[HttpServer]:
    """Give what answers requests, and show its metrics meanwhile; send the spans that are left."""
    provider = exporting(config.otlp)
    telemetry = telemetry_of(database, provider, config.slow_s)
    with ExitStack() as meanwhile:
        if config.metrics_port:
            meanwhile.enter_context(
                metrics_shown(telemetry.registry, config.host, config.metrics_port)
            )
        if provider:
            meanwhile.callback(provider.shutdown)
        yield _server(config, database, issuers, telemetry)


def _buckets(config: Config) -> Buckets | None:
    """Return where keys' buckets are, if not in the database."""
    if config.redis_url is None:
        return None
    # The client takes a fifth as long to load as all of Abruf: only those who use it wait for it.
    from commands.access.buckets.in_redis import RedisBuckets  # noqa: PLC0415

    return RedisBuckets(config.redis_url)


def _server(
    config: Config,
    database: Database,
    issuers: Sequence[Issuer],
    telemetry: Telemetry,
) -> HttpServer:
    """Return what answers requests."""
    keep_answers = timedelta(hours=config.idempotency_hours)
    serving = Serving(
        database,
        terms=Terms(keep_answers, config.limits, config.executor == "planned", config.outgoing),
        bounds=config.bounds,
        origins=config.origins,
        telemetry=telemetry,
        issuers=issuers,
        buckets=_buckets(config),
        grace=timedelta(seconds=config.grace_s),
    )
    settings = Settings(
        application(serving, config.data_dir / _OPERATIONS),
        config.bounds,
        trusted=config.trusted_proxies,
        telemetry=telemetry,
        loop="uvloop",
        lifespan="on",
        timeout_graceful_shutdown=config.grace_s,
    )
    return HttpServer(settings, serving.draining)
