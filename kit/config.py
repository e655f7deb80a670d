"""Configuration: the environment, read once."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kit.limits import DEFAULT_LIMITS, Limits

_PLAIN = ("postgres://", "postgresql://")


@dataclass(frozen=True)
class Config:
    """What the environment says. database_url: None means the embedded PostgreSQL.

    executor: `planned`, or `reference` to let graphql-core resolve every field by itself.
    owner_url: as whom the schema is migrated and operators work; None means the same address.
    allow_owner: whether the server may start without the second wall between merchants.
    pooler: whether database_url leads to a pooler that gives connections for a transaction.
    origins: of pages on other hosts that may talk to the server from a browser.
    grace_s: seconds that requests get to end when the server stops.
    """

    database_url: str | None
    owner_url: str | None
    allow_owner: bool
    pooler: bool
    data_dir: Path
    host: str
    port: int
    pool_size: int
    idempotency_hours: int
    limits: Limits
    executor: str
    origins: tuple[str, ...]
    grace_s: int


def _async_url(url: str) -> str:
    """Name the driver in an ordinary PostgreSQL address."""
    for prefix in _PLAIN:
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    return url


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal():
        message = f"{name} must be a whole number, not {text!r}."
        raise SystemExit(message)
    return int(text)


def _limits(environment: Mapping[str, str]) -> Limits:
    """Read ABRUF_LIMIT_DEPTH and so on."""
    return Limits(
        **{
            name: _number(environment, f"ABRUF_LIMIT_{name.upper()}", default)
            for name, default in asdict(DEFAULT_LIMITS).items()
        }
    )


def _choice(environment: Mapping[str, str], name: str, *choices: str) -> str:
    text = environment.get(name) or choices[0]
    if text not in choices:
        message = f"{name} must be one of {', '.join(choices)}, not {text!r}."
        raise SystemExit(message)
    return text


def from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration. SystemExit names the variable that is wrong."""
    url, owner_url = environment.get("ABRUF_DATABASE_URL"), environment.get("ABRUF_OWNER_URL")
    pooler = _choice(environment, "ABRUF_POOLER", "none", "transaction") == "transaction"
    if pooler and not owner_url:
        message = "ABRUF_POOLER=transaction needs ABRUF_OWNER_URL: the owner, past the pooler."
        raise SystemExit(message)
    home = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Config(
        database_url=_async_url(url) if url else None,
        owner_url=_async_url(owner_url) if owner_url else None,
        allow_owner=_choice(environment, "ABRUF_ALLOW_OWNER", "0", "1") == "1",
        pooler=pooler,
        data_dir=Path(environment.get("ABRUF_DATA_DIR") or home / "abruf").expanduser().absolute(),
        host=environment.get("ABRUF_HOST", "127.0.0.1"),
        port=_number(environment, "ABRUF_PORT", 8000),
        pool_size=_number(environment, "ABRUF_POOL_SIZE", 10),
        idempotency_hours=_number(environment, "ABRUF_IDEMPOTENCY_HOURS", 24),
        limits=_limits(environment),
        executor=_choice(environment, "ABRUF_EXECUTOR", "planned", "reference"),
        origins=tuple(environment.get("ABRUF_ALLOWED_ORIGINS", "").replace(",", " ").split()),
        grace_s=_number(environment, "ABRUF_GRACE_SECONDS", 5),
    )
