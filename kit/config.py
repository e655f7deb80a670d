"""Configuration: the environment, read once."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from kit.limits import DEFAULT_BOUNDS, DEFAULT_LIMITS, MAY_BE_NONE, MOST, Bounds, Limits
from kit.outgoing.addresses import networks
from kit.outgoing.client import DEFAULT_RULES, Rules

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?")
_ADDRESS = re.compile(
    r"postgres(?:ql)?(?:\+asyncpg)?://(?P<place>(?:[^:/]*(?::[^@]*)?@)?"
    r"(?:\[[^/?\]]+\]|[^/:?\[]*)(?::\d+)?(?:/[^?]*)?)(?:\?(?P<query>.*))?"
)
_DATABASES = ("ABRUF_DATABASE_URL", "ABRUF_OWNER_URL", "ABRUF_BACKUP_URL")
_TLS = ("ssl", "sslmode")
_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_KNOWN = frozenset(
    {*_TLS, "host", "port", "user", "password", "database", "passfile"}
    | {"target_session_attrs", "krbsrvname", "gsslib"}
)
"""What may stand after an address's `?`."""
_OURS = "ABRUF_"
_PORTS = 65_536
_LONGEST_S = MOST // 1_000
"""Seconds of a time-out of PostgreSQL's, which counts milliseconds."""
_REDIS = ("redis://", "rediss://", "unix://")


@dataclass(frozen=True)
class Config:
    """What the environment says. database_url: None means the embedded PostgreSQL.

    executor: `planned`, or `reference` to let graphql-core resolve every field by itself.
    owner_url: as whom the schema is migrated and operators work; None means the same address.
    backup_url: as whom backups are made: a role that row-level security does not bind.
    allow_owner: whether the server may start without the second wall between merchants.
    redis_url: where keys' buckets are; None means the database.
    pooler: whether database_url leads to a pooler that gives connections for a transaction.
    trusted_proxies: whose word counts for where a request comes from (X-Forwarded-For).
    issuers: the file that names identity providers, None where API keys are all.
    origins: sites whose pages may ask, such as https://portal.example.
    log: `text`, or `json` with a line for every operation. metrics_port: 0 shows no metrics.
    otlp: where spans are sent. slow_s: from when an operation is told as a slow one.
    grace_s: seconds that requests get to end when the server stops. drain_s: seconds before that
    in which it answers though `/readyz` says that it is not ready.
    demo: whether it is loaded: unasked only into the embedded PostgreSQL.
    smtp: where mails are handed over, in whose name, and where links in them lead: the address at
    which the server is reached from outside; None keeps them.
    worker: whether the server starts a worker beside itself, which does what is done unasked.
    migrates: whether the server brings the schema to its newest revision when it starts; where it
    does not, it needs no owner, and `abruf migrate` has done that.
    outgoing: whom we ask ourselves, of whom others have told us. webhook_days: how long it is kept
    what webhooks were sent.
    unknown: names that begin like ours, and that nothing asks for.
    """

    database_url: str | None
    owner_url: str | None
    backup_url: str | None
    redis_url: str | None
    allow_owner: bool
    pooler: bool
    data_dir: Path
    host: str
    port: int
    pool_size: int
    idempotency_hours: int
    limits: Limits
    executor: str
    trusted_proxies: tuple[str, ...]
    issuers: Path | None
    bounds: Bounds
    origins: tuple[str, ...]
    log: str
    metrics_port: int
    otlp: str | None
    slow_s: float
    grace_s: int
    drain_s: int
    demo: bool
    migrates: bool
    worker: bool
    outgoing: Rules
    webhook_days: int
    smtp: tuple[str, str, str] | None
    unknown: tuple[str, ...]


class _Environment(Mapping[str, str]):
    """The environment, which notes what it is asked for."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables, self._read = variables, set[str]()

    def __getitem__(self, name: str) -> str:
        self._read.add(name)
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def unknown(self) -> tuple[str, ...]:
        """Return the names like ours for which nobody has asked."""
        return tuple(sorted(it for it in {*self} - self._read if it.startswith(_OURS)))


def _database_url(environment: Mapping[str, str], name: str) -> str | None:
    """Read the address of a database. SystemExit says what is wrong, without the address."""
    written = environment.get(name)
    if not written:
        return None
    found = _ADDRESS.fullmatch(written)
    if found is None:
        sys.exit(f"{name} must be like postgresql://user:password@host:5432/database.")
    place, query = found["place"], parse_qsl(found["query"] or "", keep_blank_values=True)
    if unknown := sorted({it for it, _ in query} - _KNOWN):
        sys.exit(f"{name}: there is no {', '.join(unknown)} after its `?`.")
    modes = {value for it, value in query if it in _TLS}
    if modes - _MODES or len(modes) > 1:
        sys.exit(f"{name}: sslmode must be one of {', '.join(sorted(_MODES))}.")
    # What PostgreSQL's programs call sslmode, the driver calls ssl.
    own = {"ssl" if it in _TLS else it: value for it, value in query}
    return f"postgresql+asyncpg://{place}" + (f"?{urlencode(own)}" if own else "")


def _smtp(environment: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Read where mails are handed over, in whose name, and where their links lead: all, or none."""
    url, sender = environment.get("ABRUF_SMTP_URL"), environment.get("ABRUF_MAIL_FROM")
    public_url = environment.get("ABRUF_PUBLIC_URL")
    if public_url and not _ORIGIN.fullmatch(public_url):
        message = f"ABRUF_PUBLIC_URL: {public_url!r} is not like https://api.example.com."
        raise SystemExit(message)
    if bool(url) is not bool(sender) or (url and not public_url):
        message = "ABRUF_SMTP_URL and ABRUF_MAIL_FROM need each other, and ABRUF_PUBLIC_URL."
        raise SystemExit(message)
    return (url, sender, public_url) if url and sender and public_url else None


def _redis_url(text: str | None) -> str | None:
    if text and not text.startswith(_REDIS):
        message = f"ABRUF_REDIS_URL must begin with one of {', '.join(_REDIS)}."
        raise SystemExit(message)
    return text or None


def _number(
    environment: Mapping[str, str], name: str, default: int, least: int = 0, most: int = MOST
) -> int:
    text = environment.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
        message = f"{name} must be a whole number from {least:,} to {most:,}, not {text!r}."
        raise SystemExit(message)
    return int(text)


def _numbers(
    environment: Mapping[str, str], begin: str, defaults: Mapping[str, int]
) -> dict[str, int]:
    """Read numbers whose names begin so, none of them 0 where nobody would be served."""
    return {
        name: _number(
            environment,
            f"{begin}{name.upper()}",
            default,
            least=int(name not in MAY_BE_NONE),
            most=_LONGEST_S if name == "statement" else MOST,
        )
        for name, default in defaults.items()
    }


def _limits(environment: Mapping[str, str]) -> Limits:
    """Read ABRUF_LIMIT_DEPTH and so on."""
    return Limits(**_numbers(environment, "ABRUF_LIMIT_", asdict(DEFAULT_LIMITS)))


def _bounds(environment: Mapping[str, str], pool_size: int) -> Bounds:
    """Read ABRUF_AT_ONCE, ABRUF_CONNECTIONS and so on; one company gets half of the pool."""
    defaults = {**asdict(DEFAULT_BOUNDS), "at_once": (pool_size + 1) // 2}
    del defaults["turns"]
    return Bounds(turns=pool_size, **_numbers(environment, _OURS, defaults))


def _origins(text: str) -> tuple[str, ...]:
    """Read exact origins, separated by commas."""
    origins = tuple(it.strip() for it in text.split(",") if it.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            message = f"ABRUF_ALLOWED_ORIGINS: {origin!r} is not like https://portal.example."
            raise SystemExit(message)
    return origins


def _choice(environment: Mapping[str, str], name: str, *choices: str) -> str:
    text = environment.get(name) or choices[0]
    if text not in choices:
        message = f"{name} must be one of {', '.join(choices)}, not {text!r}."
        raise SystemExit(message)
    return text


def _networks(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Read IP addresses and networks with commas between them."""
    networks = tuple(it.strip() for it in environment.get(name, "").split(",") if it.strip())
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            message = f"{name} must be IP addresses or networks, not {network!r}."
            raise SystemExit(message) from None
    return networks


def _outgoing(environment: Mapping[str, str]) -> Rules:
    """Read ABRUF_WEBHOOK_PORTS, ABRUF_WEBHOOK_ALLOWED and ABRUF_WEBHOOK_HTTP."""
    usual = ",".join(map(str, sorted(DEFAULT_RULES.ports)))
    ports = environment.get("ABRUF_WEBHOOK_PORTS", usual).replace(",", " ").split()
    if not all(it.isdecimal() and 0 < int(it) < _PORTS for it in ports):
        message = f"ABRUF_WEBHOOK_PORTS must be ports with commas between them, not {ports}."
        raise SystemExit(message)
    return Rules(
        frozenset(map(int, ports)),
        networks(_networks(environment, "ABRUF_WEBHOOK_ALLOWED")),
        allows_http=_choice(environment, "ABRUF_WEBHOOK_HTTP", "0", "1") == "1",
    )


def _data_dir(environment: Mapping[str, str]) -> Path:
    """Read ABRUF_DATA_DIR."""
    home = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(environment.get("ABRUF_DATA_DIR") or home / "abruf").expanduser().absolute()


def from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration. SystemExit names the variable that is wrong."""
    environment = _Environment(environment)
    url, owner_url, backup_url = (_database_url(environment, it) for it in _DATABASES)
    pooler = _choice(environment, "ABRUF_POOLER", "none", "transaction") == "transaction"
    migrates = _choice(environment, "ABRUF_MIGRATE", "1", "0") == "1"
    if pooler and migrates and not owner_url:
        sys.exit("ABRUF_POOLER=transaction needs ABRUF_OWNER_URL: the owner, past the pooler.")
    pool_size = _number(environment, "ABRUF_POOL_SIZE", 10, least=1, most=1_000)
    return Config(
        database_url=url,
        owner_url=owner_url,
        backup_url=backup_url,
        redis_url=_redis_url(environment.get("ABRUF_REDIS_URL")),
        allow_owner=_choice(environment, "ABRUF_ALLOW_OWNER", "0", "1") == "1",
        pooler=pooler,
        data_dir=_data_dir(environment),
        host=environment.get("ABRUF_HOST", "127.0.0.1"),
        port=_number(environment, "ABRUF_PORT", 8000, most=_PORTS - 1),
        pool_size=pool_size,
        idempotency_hours=_number(environment, "ABRUF_IDEMPOTENCY_HOURS", 24, least=1),
        limits=_limits(environment),
        executor=_choice(environment, "ABRUF_EXECUTOR", "planned", "reference"),
        trusted_proxies=_networks(environment, "ABRUF_TRUSTED_PROXIES"),
        issuers=Path(file) if (file := environment.get("ABRUF_ISSUERS")) else None,
        bounds=_bounds(environment, pool_size),
        origins=_origins(environment.get("ABRUF_ALLOWED_ORIGINS", "")),
        log=_choice(environment, "ABRUF_LOG", "text", "json"),
        metrics_port=_number(environment, "ABRUF_METRICS_PORT", 0),
        otlp=environment.get("OTEL_EXPORTER_OTLP_ENDPOINT"),
        slow_s=_number(environment, "ABRUF_SLOW_MS", 1000) / 1000,
        grace_s=_number(environment, "ABRUF_GRACE_SECONDS", 5),
        drain_s=_number(environment, "ABRUF_DRAIN_SECONDS", 0),
        demo=_choice(environment, "ABRUF_DEMO", *(("0", "1") if url else ("1", "0"))) == "1",
        migrates=migrates,
        worker=_choice(environment, "ABRUF_WORKER", "1", "0") == "1",
        outgoing=_outgoing(environment),
        webhook_days=_number(environment, "ABRUF_WEBHOOK_DAYS", 30, least=1),
        smtp=_smtp(environment),
        unknown=environment.unknown(),
    )


@contextmanager
def listening(host: str, port: int, name: str) -> Iterator[None]:
    """SystemExit says why a port cannot be had. name: of the setting that names another."""
    try:
        yield
    except (OSError, OverflowError) as error:
        message = f"Abruf cannot listen on {host}, port {port}: {error}. {name} names another."
        raise SystemExit(message) from error
