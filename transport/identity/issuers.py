"""Identity providers whose tokens are taken, as an operator writes them down (ABRUF_ISSUERS)."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    StringConstraints,
    ValidationError,
    model_validator,
)

from models.access.viewers import Actor

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]
"""Signatures with a private and a public key: a published key never makes one."""
NotEmpty = Annotated[str, StringConstraints(min_length=1)]
Url = Annotated[
    str,
    StringConstraints(
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))[^\s#]*$"
    ),
]
"""Encrypted, or on this machine: who could change keys on their way could be anybody."""
_OPENID = "openid"


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Claims(_Written):
    """Which claim of a token tells what. None: no claim tells it.

    merchant: slug or id. actor: BUYER where no claim is named. party: the number or id of a
    buyer's company. contact: the code of the person there; an odd or unknown one is nobody's.
    role: of a buyer in its company, BUYER where no claim is named. scopes: a list, or names between
    spaces.
    """

    merchant: NotEmpty | None = None
    actor: NotEmpty | None = None
    party: NotEmpty = "party"
    contact: NotEmpty | None = None
    role: NotEmpty | None = None
    scopes: NotEmpty = "scope"
    name: NotEmpty = "name"


class SignIn(_Written):
    """How people sign in to the portal there (OpenID Connect: a code, with PKCE).

    name: what its button says. client_id: as whom the provider knows this server, and the `aud` of
    its ID tokens. secret_file: holds the client's secret; without it the client is a public one.
    scopes: what is asked for, `openid` among it.
    """

    name: NotEmpty
    client_id: NotEmpty
    authorization_url: Url
    token_url: Url
    secret_file: FilePath | None = None
    scopes: tuple[NotEmpty, ...] = (_OPENID,)

    @model_validator(mode="after")
    def _asks_for_an_id(self) -> Self:
        if _OPENID not in self.scopes:
            message = "scopes must hold openid"
            raise ValueError(message)
        return self


class Issuer(_Written):
    """An identity provider.

    issuer: its `iss`, to the letter. audience: the `aud` that names this server. merchant: the
    slug of the only merchant that it speaks for; without it the claim `merchant` decides, and the
    issuer is trusted for every merchant. actors: whom it may speak for. login: how people sign in
    there, if they do.
    """

    issuer: Url
    audience: NotEmpty
    jwks_url: Url
    algorithms: frozenset[Algorithm] = Field(min_length=1)
    merchant: NotEmpty | None = None
    actors: frozenset[Literal[Actor.BUYER, Actor.STAFF]] = frozenset({Actor.BUYER})
    claims: Claims = Claims()
    login: SignIn | None = None

    @model_validator(mode="after")
    def _one_merchant(self) -> Self:
        if (self.merchant is None) == (self.claims.merchant is None):
            message = "give either merchant or claims.merchant"
            raise ValueError(message)
        return self


class _File(_Written):
    issuers: tuple[Issuer, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [it.issuer for it in self.issuers]
        if len(set(names)) < len(names):
            message = "each issuer may be there once"
            raise ValueError(message)
        return self


def read_issuers(path: Path) -> tuple[Issuer, ...]:
    """Return what the file says. SystemExit names the file and every place that is wrong."""
    try:
        return _File.model_validate(tomllib.loads(path.read_text("utf-8"))).issuers
    except ValidationError as error:
        places = (
            f"\n  {'.'.join(map(str, each['loc'])) or 'issuers'}: {each['msg']}"
            for each in error.errors()
        )
        reason = "".join(places)
    except (OSError, ValueError) as error:
        reason = f" {error}"
    message = f"ABRUF_ISSUERS names {path}, which cannot be used:{reason}"
    raise SystemExit(message)
