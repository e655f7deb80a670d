"""Tokens of identity providers (OIDC): a signed JWT becomes a viewer, or nobody.

Nothing of a token is believed before its signature was checked with a key that its issuer
publishes at the configured address; keys and addresses inside a token are never used.
"""

import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from joserfc.errors import BadSignatureError, InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from joserfc.jwt import JWTClaimsRegistry
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from kit.clock import Clock
from kit.db.database import Database
from kit.inputs import Name
from loaders.access.keys import merchant_id
from loaders.master.parties import contact_id, customer_id
from models.access.viewers import Actor, CompanyRole, Scope, Viewer, allowed, usual
from transport.identity.issuers import Issuer
from transport.identity.signing_keys import MINIMUM, SigningKeys

LEEWAY_S = 30
"""Seconds that an issuer's clock may differ from ours."""
LONGEST_TOKEN = 8 * 1024
_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_log = logging.getLogger("abruf")


def _words(value: Any) -> Any:
    return value.split() if isinstance(value, str) else value


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Let what is odd say nothing: providers send an empty text of what is not set."""
    try:
        return read(value)
    except ValidationError:
        return None


_IfAny = Annotated[Name | None, WrapValidator(_or_none)]
"""What gives no right, and so refuses no token."""


class _Subject(BaseModel):
    """What a token tells of its subject, by the issuer's mapping of claims."""

    sub: Annotated[str, StringConstraints(pattern="^[ -~]{1,255}$")]
    exp: Annotated[float, Field(lt=_LAST)]
    name: _IfAny = None
    merchant: Name
    actor: Actor
    role: CompanyRole
    party: Name | None = None
    contact: _IfAny = None
    scopes: Annotated[frozenset[str], BeforeValidator(_words)] | None = None


class Issuers:
    """Who holds a token of one of several identity providers."""

    def __init__(self, issuers: Sequence[Issuer], database: Database, clock: Clock) -> None:
        """Take the configuration, and where merchants and parties are read."""
        self._database, self._clock = database, clock
        self._issuers = {it.issuer: (it, SigningKeys(it.jwks_url, clock)) for it in issuers}

    @property
    def logins(self) -> Sequence[Issuer]:
        """Return those at which people sign in."""
        return [it for it, _ in self._issuers.values() if it.login is not None]

    async def viewer(self, token: str) -> Viewer | None:
        """Return who holds the token, None where anything about it is wrong."""
        return await self._believed(token, {})

    async def signed_in(self, issuer: Issuer, token: str, nonce: str) -> Viewer | None:
        """Return whom an ID token is about that was given for a sign-in, None where it is wrong.

        Who is told no scopes has all that are usual. nonce: of the sign-in.
        """
        audience = issuer.login.client_id if issuer.login else None
        wanted = {"iss": issuer.issuer, "aud": audience, "nonce": nonce}
        return await self._believed(token, {name: _must_be(it) for name, it in wanted.items()})

    async def _believed(self, token: str, wanted: Mapping[str, Any]) -> Viewer | None:
        """Return who holds a token. wanted: what of its claims is not as of any other token."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            issuer, subject = await self._checked(token, wanted)
        except (JoseError, LookupError, ValueError, TypeError, AttributeError) as error:
            # A header or payload that is no object fails as what it is not, inside joserfc too.
            _log.info("A token is refused: %s", type(error).__name__)
            return None
        if subject.actor not in issuer.actors:
            return None
        return await self._viewer(issuer, subject, has_usual=bool(wanted))

    async def _checked(self, token: str, wanted: Mapping[str, Any]) -> tuple[Issuer, _Subject]:
        """Return whose token it is and what it tells; raises whatever is wrong with it."""
        signed = extract_compact(token.encode())
        if not _is_spelled_well(token.rpartition(".")[2].encode()):
            raise BadSignatureError
        claims = orjson.loads(signed.payload)
        issuer, keys = self._issuers[claims["iss"]]
        await _check_signature(signed, issuer, keys)
        _registry(issuer, self._clock(), wanted).validate(claims)
        _check_party(claims, wanted)
        return issuer, _subject(issuer, claims)

    async def _viewer(self, issuer: Issuer, subject: _Subject, *, has_usual: bool) -> Viewer | None:
        """Find the merchant and the company that a token names, None where one is missing."""
        is_buyer, party, contact = subject.actor is Actor.BUYER, None, None
        role = subject.role if is_buyer else None
        merchant = await merchant_id(self._database, subject.merchant)
        if merchant is not None and is_buyer:
            party = await customer_id(self._database, merchant, subject.party or "")
        if merchant is None or (is_buyer and party is None):
            return None
        if party is not None and subject.contact is not None:
            contact = await contact_id(self._database, merchant, party, subject.contact)
        return Viewer(
            merchant,
            subject.actor,
            uuid5(NAMESPACE_URL, f"{issuer.issuer}#{subject.sub}"),
            subject.name or subject.sub,
            _scopes(subject, role, has_usual=has_usual),
            party,
            role,
            expires_at=datetime.fromtimestamp(subject.exp + LEEWAY_S, UTC),
            subject=subject.sub,
            contact_id=contact,
        )


def _scopes(subject: _Subject, role: CompanyRole | None, *, has_usual: bool) -> frozenset[Scope]:
    """Return what a token allows. has_usual: whether one that says nothing allows what is usual."""
    if subject.scopes is None:
        return usual(subject.actor, role) if has_usual else frozenset()
    return frozenset(it for it in allowed(subject.actor, role) if it in subject.scopes)


def _is_spelled_well(signature: bytes) -> bool:
    """Tell whether no other text stands for these bytes: decoders ignore the last bits."""
    return urlsafe_b64encode(urlsafe_b64decode(signature + b"==")).rstrip(b"=") == signature


async def _check_signature(signed: CompactSignature, issuer: Issuer, keys: SigningKeys) -> None:
    """JoseError: no key that the issuer publishes has made it, by an algorithm of the issuer's."""
    registry = JWSRegistry(algorithms=issuer.algorithms, strict_check_header=False)
    registry.get_alg(signed.headers()["alg"])
    try:
        valid = validate_compact(signed, await keys.known(), registry=registry)
    except InvalidKeyIdError:
        valid = validate_compact(signed, await keys.known(MINIMUM), registry=registry)
    if not valid:
        raise BadSignatureError


def _check_party(claims: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """InvalidClaimError: an ID token was made for another client, though ours may read it."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if wanted and (several or "azp" in claims) and claims.get("azp") != wanted["aud"]["value"]:
        name = "azp"
        raise InvalidClaimError(name)


def _must_be(value: str | None) -> dict[str, Any]:
    return {"essential": True, "value": value}


def _registry(issuer: Issuer, now: datetime, wanted: Mapping[str, Any]) -> JWTClaimsRegistry:
    own: dict[str, Any] = {
        "iss": _must_be(issuer.issuer),
        "aud": _must_be(issuer.audience),
        "exp": {"essential": True},
        "sub": {"essential": True},
    }
    return JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_S, **{**own, **wanted})


def _subject(issuer: Issuer, claims: Mapping[str, Any]) -> _Subject:
    """Read the claims by the issuer's mapping. ValueError: one is missing or has a wrong form."""
    fixed = {"actor": Actor.BUYER, "role": CompanyRole.BUYER, "merchant": issuer.merchant}
    mapped = {
        field: claims[claim]
        for field, claim in issuer.claims.model_dump(exclude_none=True).items()
        if claim in claims
    }
    named = issuer.claims.model_dump(include=set(fixed), exclude_none=True)
    defaults = {field: value for field, value in fixed.items() if field not in named}
    return _Subject.model_validate(
        {"sub": claims["sub"], "exp": claims["exp"], **defaults, **mapped}
    )
