"""Tokens of identity providers (OIDC): a signed JWT becomes a viewer, or nobody.

Nothing of a token is believed before its signature was checked with a key that its issuer
publishes at the configured address; keys and addresses inside a token are never used.
"""

import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

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
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
"""The event that a logout token tells."""
_WRONG = (JoseError, LookupError, ValueError, TypeError, AttributeError)
"""What is raised of a token that is not as it must be."""
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
        found = await self._believed(token, lambda _issuer: {})
        return await self._viewer(*found, has_usual=False) if found else None

    async def signed_in(
        self, issuer: Issuer, token: str, nonce: str
    ) -> tuple[Viewer, UUID | None] | None:
        """Return whom an ID token is about that was given for a sign-in, None where it is wrong.

        Who is told no scopes has all that are usual. nonce: of the sign-in. Beside it stands what
        is made of its session at the provider, None where that names none.
        """

        def wanted(its: Issuer) -> Mapping[str, Any]:
            own = {"iss": _must_be(issuer.issuer), "nonce": _must_be(nonce)}
            return {**_of_client(its), **own}

        found = await self._believed(token, wanted)
        viewer = await self._viewer(*found, has_usual=True) if found else None
        return (viewer, _session_of(*found)) if found and viewer else None

    async def signed_out(self, token: str) -> tuple[UUID | None, UUID | None] | None:
        """Return whom a logout token is about, None where it is wrong (OIDC back-channel logout).

        That is a person (`Viewer.key_id`), or what is made of its session at the provider, or both.
        """
        found = await self._believed(token, lambda its: {**_of_client(its), "sub": {}})
        if found is None:
            return None
        (issuer, claims), events = found, found[1].get("events")
        if not isinstance(events, dict) or _LOGOUT not in events or "nonce" in claims:
            return None
        person = _person(issuer, claims["sub"]) if "sub" in claims else None
        session = _session_of(issuer, claims)
        return (person, session) if person or session else None

    async def _believed(
        self, token: str, wanted: Callable[[Issuer], Mapping[str, Any]]
    ) -> tuple[Issuer, Mapping[str, Any]] | None:
        """Return whose token it is and its claims, None where anything about it is wrong.

        wanted: what its claims must be where that is not as of tokens for the API.
        """
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            return await self._checked(token, wanted)
        except _WRONG as error:
            # A header or payload that is no object fails as what it is not, inside joserfc too.
            _log.info("A token is refused: %s", type(error).__name__)
            return None

    async def _checked(
        self, token: str, wanted: Callable[[Issuer], Mapping[str, Any]]
    ) -> tuple[Issuer, Mapping[str, Any]]:
        """Return whose token it is and its claims; raises whatever is wrong with it."""
        signed = extract_compact(token.encode())
        if not _is_spelled_well(token.rpartition(".")[2].encode()):
            raise BadSignatureError
        claims = orjson.loads(signed.payload)
        issuer, keys = self._issuers[claims["iss"]]
        await _check_signature(signed, issuer, keys)
        its = wanted(issuer)
        _registry(issuer, self._clock(), its).validate(claims)
        _check_party(claims, its)
        return issuer, claims

    async def _viewer(
        self, issuer: Issuer, claims: Mapping[str, Any], *, has_usual: bool
    ) -> Viewer | None:
        """Find the merchant and the company that a token names, None where one is missing."""
        try:
            subject = _subject(issuer, claims)
        except _WRONG as error:
            _log.info("A token is refused: %s", type(error).__name__)
            return None
        if subject.actor not in issuer.actors:
            return None
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
            _person(issuer, subject.sub),
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


def _of_client(issuer: Issuer) -> Mapping[str, Any]:
    """Return what claims must be that are meant for the client at which people sign in."""
    if issuer.login is None:
        raise LookupError(issuer.issuer)
    return {"aud": _must_be(issuer.login.client_id)}


def _person(issuer: Issuer, sub: object) -> UUID:
    """Return as whom we know a person of an issuer, however often it comes."""
    return uuid5(NAMESPACE_URL, f"{issuer.issuer}#{sub}")


def _session_of(issuer: Issuer, claims: Mapping[str, Any]) -> UUID | None:
    """Return what is kept of the session at the provider, None where a token names none."""
    sid = claims.get("sid")
    return uuid5(NAMESPACE_URL, f"{issuer.issuer}#sid#{sid}") if isinstance(sid, str) else None


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
