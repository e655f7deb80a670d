"""Tokens of identity providers, against a real one on this machine."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from sqlalchemy import select

from models.access.keys import Merchant
from models.access.viewers import Actor, CompanyRole, Scope
from server import application
from tests import make
from tests.make.issuer import MINUTES, Provider, key, part
from tests.make.master import parties
from transport.identity.asking import LARGEST_ANSWER
from transport.identity.issuers import Claims
from transport.identity.oidc import LEEWAY_S, LONGEST_TOKEN, Issuers
from transport.identity.signing_keys import MINIMUM, WITHDRAWN
from transport.serving import Serving

A, B = key("a"), key("b")
EC = key("ec", "EC")


@pytest.fixture
def start(clock: make.Clock) -> Iterator[Callable[..., Provider]]:
    """Start an identity provider with some keys."""
    with ExitStack() as running:
        yield lambda *keys: running.enter_context(Provider(clock, *keys).serving())


@pytest.fixture
def provider(start: Callable[..., Provider]) -> Provider:
    return start(A)


@pytest.fixture
async def buyer(world: make.World) -> dict[str, Any]:
    """The claims of a customer's person."""
    await parties.company(world, number="WEBER")
    return {"merchant": str(world.merchant_id), "party": "WEBER", "scope": "ORDERS_READ"}


@pytest.fixture
def of(world: make.World, clock: make.Clock) -> Callable[..., Issuers]:
    """Take tokens of issuers."""
    return lambda *issuers: Issuers(issuers, world.database, clock)


@pytest.fixture
def issuers(of: Callable[..., Issuers], provider: Provider) -> Issuers:
    return of(provider.configured())


async def test_a_signed_token_is_a_buyer_of_its_company(world, issuers, provider, buyer) -> None:
    viewer = await issuers.viewer(provider.token(A, name="Anna Weber", **buyer))
    assert viewer is not None
    shown = (viewer.merchant_id, viewer.actor, viewer.name, viewer.role, viewer.scopes)
    expected = (world.merchant_id, Actor.BUYER, "Anna Weber", CompanyRole.BUYER)
    assert shown == (*expected, {Scope.ORDERS_READ})
    assert viewer.key_id == uuid5(NAMESPACE_URL, f"{provider.url}#anna")
    assert viewer.expires_at is not None
    assert viewer.expires_at.timestamp() == provider.claims()["exp"] + LEEWAY_S


async def test_the_server_takes_it_beside_api_keys(database, world, clock, provider, buyer) -> None:
    app = application(Serving(database, clock=clock, issuers=[provider.configured()]))
    token = provider.token(A, **(buyer | {"scope": "MASTER_DATA_READ"}))
    await parties.company(world, number="OTHER")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://abruf"
    ) as client:
        query = "{ viewer { name actor } parties(first: 9) { nodes { number } } }"
        data = await make.Ask(client, token)(query)
        assert data["viewer"] == {"name": "anna", "actor": "BUYER"}
        assert data["parties"]["nodes"] == [{"number": "WEBER"}]
        staff = await make.Ask(client, world.token)("{ viewer { actor } }")
        assert staff["viewer"]["actor"] == "STAFF"
        forbidden = await make.Ask(client, token).answer("{ orders(first: 1) { totalCount } }")
        assert forbidden["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        bad = {"Authorization": f"Bearer {token}x"}
        assert (await client.post("/graphql", json={}, headers=bad)).status_code == 401


def _forged(provider: Provider, header: dict[str, Any], secret: bytes | None, **claims: Any) -> str:
    """Sign by hand; without a secret the signature is empty."""
    signed = f"{part(header)}.{part(provider.claims(**claims))}"
    made = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{part(made)}" if secret else f"{signed}."


def _spelled_otherwise(token: str) -> str:
    """Change a bit of the last letter that belongs to no byte."""
    letters = f"{ascii_uppercase}{ascii_lowercase}{digits}-_"
    return token[:-1] + letters[letters.index(token[-1]) ^ 1]


FORGERIES: dict[str, Callable[..., str]] = {
    "another spelling of the signature": lambda idp, claims: _spelled_otherwise(
        idp.token(A, **claims)
    ),
    "none": lambda idp, claims: _forged(idp, {"alg": "none", "kid": "a"}, None, **claims),
    "none in another case": lambda idp, claims: _forged(idp, {"alg": "nOnE"}, None, **claims),
    "HS256 with the public key's PEM": lambda idp, claims: _forged(
        idp, {"alg": "HS256", "kid": "a"}, A.as_pem(private=False), **claims
    ),
    "HS256 with the public key's modulus": lambda idp, claims: _forged(
        idp, {"alg": "HS256", "kid": "a"}, A.as_dict(private=False)["n"].encode(), **claims
    ),
    "RS256 with nothing": lambda idp, claims: _forged(
        idp, {"alg": "RS256", "kid": "a"}, None, **claims
    ),
    "ES256 by a name of an RSA key": lambda idp, claims: idp.token(
        EC, "ES256", {"kid": "a"}, **claims
    ),
    "another's key by the same name": lambda idp, claims: idp.token(
        B, "RS256", {"kid": "a"}, **claims
    ),
    "another's key in the token": lambda idp, claims: idp.token(
        B, "RS256", {"kid": "a", "jwk": B.as_dict(private=False)}, **claims
    ),
    "an algorithm that is not configured": lambda idp, claims: idp.token(A, "RS384", **claims),
    "a key that is not published": lambda idp, claims: idp.token(B, **claims),
    "a kid that is no text": lambda idp, claims: _forged(
        idp, {"alg": "RS256", "kid": 5}, b"x", **claims
    ),
    "a changed payload": lambda idp, claims: _with_payload(
        idp.token(A, **claims), idp.claims(**claims | {"sub": "eve"})
    ),
}


def _with_payload(token: str, claims: dict[str, Any]) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{part(claims)}.{signature}"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("how", FORGERIES)
async def test_a_forged_token_is_refused(how: str, issuers, provider, buyer) -> None:
    assert await issuers.viewer(FORGERIES[how](provider, buyer)) is None
    assert await issuers.viewer(provider.token(A, **buyer)) is not None


CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": -LEEWAY_S},
    "not yet": {"nbf": LEEWAY_S + 1},
    "issued in the future": {"iat": LEEWAY_S + 1},
    "without an end": {"exp": None},
    "an end that is no number": {"exp": "soon"},
    "an end beyond all calendars": {"exp": 1e300},
    "for another audience": {"aud": "another"},
    "for other audiences": {"aud": ["another", "third"]},
    "for nobody": {"aud": None},
    "of another issuer": {"iss": "https://elsewhere.example"},
    "of no issuer": {"iss": None},
    "of a list of issuers": {"iss": ["https://elsewhere.example"]},
    "about nobody": {"sub": None},
    "of a merchant that is not there": {"merchant": "nobody"},
    "of no merchant": {"merchant": None},
    "of a party that is not there": {"party": "NOBODY"},
    "of no party": {"party": None},
    "of a carrier": {"party": "DHL"},
    "of another merchant's party": {"party": "THEIRS"},
    "a party with a NUL": {"party": "WEBER\0"},
    "a party that is a number": {"party": 5},
    "scopes of no form": {"scope": 5},
    "an actor that its issuer may not name": {"actor": "STAFF"},
    "an actor of another kind": {"actor": "CARRIER"},
    "a role that is not there": {"role": "OWNER"},
}


@pytest.mark.parametrize("kind", CLAIMS)
async def test_claims_that_do_not_hold_are_refused(kind: str, world, of, provider, buyer) -> None:
    await parties.carrier(world, number="DHL")
    await parties.company(await make.world(world.database, world.clock), number="THEIRS")
    mapped = Claims(merchant="merchant", actor="actor", role="role")
    issuers = of(provider.configured(claims=mapped))
    buyer |= {"actor": "BUYER", "role": "VIEWER"}
    wrong = dict(CLAIMS[kind])
    for name in ("exp", "nbf", "iat"):
        if isinstance(wrong.get(name), int):
            wrong[name] += int(world.clock().timestamp())
    assert await issuers.viewer(provider.token(A, **buyer | wrong)) is None
    viewer = await issuers.viewer(provider.token(A, **buyer))
    assert viewer is not None
    assert viewer.role is CompanyRole.VIEWER


@pytest.mark.parametrize(
    "token",
    [
        "..",
        "a.b.c",
        "\udcff.\udcff.\udcff",
        f"{part({'alg': 'RS256'})}.{part([])}.",
        f"{part({'alg': 'RS256'})}.{part('iss')}.",
        f"{part(['alg'])}.{part({'iss': 1})}.",
        f"{part('alg')}.{part({'iss': 1})}.",
        f"{part({'alg': 'RS256'})}.{part(b'[' * 5000)}.",
        f"{part({'alg': 'RS256'})}.{part({'iss': 'x' * LONGEST_TOKEN})}.",
    ],
    ids=lambda token: repr(token[:30]),
)
async def test_what_is_no_token_is_refused(token: str, issuers) -> None:
    assert await issuers.viewer(token) is None


async def test_headers_of_no_form_are_refused_where_the_issuer_is_known(issuers, provider) -> None:
    for header in (["alg"], "alg", {"alg": []}, {"alg": {}}, {"alg": "RS256", "crit": ["x"]}, {}):
        token = f"{part(header)}.{part(provider.claims())}.{part(b'x')}"
        assert await issuers.viewer(token) is None


async def test_a_token_ends_with_its_time(issuers, provider, clock, buyer) -> None:
    token = provider.token(A, **buyer)
    clock.advance(seconds=5 * MINUTES + LEEWAY_S - 1)
    assert await issuers.viewer(token) is not None
    clock.advance(seconds=1)
    assert await issuers.viewer(token) is None


async def test_a_new_key_is_found_and_a_withdrawn_one_ends(issuers, provider, clock, buyer) -> None:
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    provider.published = [A, B]
    clock.advance(seconds=MINIMUM.total_seconds())
    assert await issuers.viewer(provider.token(B, **buyer)) is not None
    provider.published = [B]
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    clock.advance(seconds=WITHDRAWN.total_seconds())
    assert await issuers.viewer(provider.token(A, **buyer)) is None
    assert provider.fetched == 3


async def test_strange_keys_make_one_fetch_in_the_least_interval(
    issuers, provider, clock, buyer
) -> None:
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    strange = [provider.token(B, header={"kid": f"k{it}"}, **buyer) for it in range(20)]
    assert await asyncio.gather(*map(issuers.viewer, strange)) == [None] * 20
    assert provider.fetched == 1
    clock.advance(seconds=MINIMUM.total_seconds())
    assert await asyncio.gather(*map(issuers.viewer, strange)) == [None] * 20
    assert provider.fetched == 2


async def test_who_hangs_up_does_not_stop_a_rotation(issuers, provider, clock, buyer) -> None:
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    provider.published = [B]
    clock.advance(seconds=MINIMUM.total_seconds())
    provider.open.clear()
    strange = asyncio.create_task(issuers.viewer(provider.token(EC, "ES256", **buyer)))
    await asyncio.to_thread(provider.held.wait)
    strange.cancel()
    provider.open.set()
    assert await issuers.viewer(provider.token(B, **buyer)) is not None
    assert provider.fetched == 2


async def test_known_keys_do_not_wait_for_an_issuer_that_hangs(
    issuers, provider, clock, buyer
) -> None:
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    clock.advance(seconds=MINIMUM.total_seconds())
    provider.open.clear()
    strange = asyncio.create_task(issuers.viewer(provider.token(B, **buyer)))
    await asyncio.to_thread(provider.held.wait)
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    assert not strange.done()
    assert await strange is None
    assert not provider.open.is_set()


async def test_known_keys_pass_while_the_issuer_is_down(of, clock, buyer) -> None:
    with Provider(clock, A).serving() as provider:
        issuers = of(provider.configured())
        assert await issuers.viewer(provider.token(A, **buyer)) is not None
    clock.advance(seconds=WITHDRAWN.total_seconds())
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    assert await issuers.viewer(provider.token(B, **buyer)) is None


async def test_an_address_that_leads_nowhere_refuses_every_token(of, provider, buyer) -> None:
    for address in ("https://login.example:99999/keys", f"{provider.url}/\x7f"):
        issuers = of(provider.configured(jwks_url=address))
        assert await issuers.viewer(provider.token(A, **buyer)) is None


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"keys": 5}', b'{"keys": [5]}', b"x" * (LARGEST_ANSWER + 1)], ids=len
)
async def test_an_answer_that_is_no_set_of_keys_changes_nothing(
    body: bytes, issuers, provider, clock, buyer
) -> None:
    assert await issuers.viewer(provider.token(A, **buyer)) is not None
    provider.body = body
    clock.advance(seconds=WITHDRAWN.total_seconds())
    assert await issuers.viewer(provider.token(A, **buyer)) is not None


async def test_keys_of_other_kinds_do_not_hide_the_good_one(issuers, provider, buyer) -> None:
    good = A.as_dict(private=False)
    strange = [{}, {"kty": "AKP", "kid": "x"}, {"kty": "RSA", "kid": "y"}, {"kty": "RSA", "n": 1}]
    provider.body = str([*strange, good]).replace("'", '"').encode()
    provider.body = b'{"keys": ' + provider.body + b"}"
    assert await issuers.viewer(provider.token(A, **buyer)) is not None


async def test_a_token_without_a_kid_needs_an_issuer_with_one_key(
    issuers, provider, clock, buyer
) -> None:
    token = provider.token(A, header={"kid": None}, **buyer)
    assert await issuers.viewer(token) is not None
    provider.published = [A, B]
    clock.advance(seconds=WITHDRAWN.total_seconds())
    assert await issuers.viewer(provider.token(A, header={"kid": None}, **buyer)) is None


async def test_addresses_in_a_token_are_never_asked(issuers, provider, start, buyer) -> None:
    thief = start(B)
    header = {"kid": "b", "jku": f"{thief.url}/keys", "x5u": f"{thief.url}/x5u"}
    assert await issuers.viewer(provider.token(B, header=header, **buyer)) is None
    assert (provider.fetched, thief.fetched) == (1, 0)


async def test_issuers_with_a_kid_in_common_are_kept_apart(of, start, buyer) -> None:
    one, two = start(A), start(EC)
    same = key("ec")
    two.published = [same]
    one.published = [key("ec", "EC")]
    issuers = of(one.configured(), two.configured())
    first = await issuers.viewer(one.token(EC, "ES256", **buyer))
    second = await issuers.viewer(two.token(same, **buyer))
    assert first is not None
    assert second is not None
    assert first.key_id != second.key_id
    assert await issuers.viewer(one.token(same, **buyer)) is None
    assert await issuers.viewer(two.token(EC, "ES256", **buyer)) is None


async def test_an_issuer_of_one_merchant_speaks_for_no_other(
    of, provider, world, database, clock, buyer
) -> None:
    other = await make.world(database, clock)
    own = of(provider.configured(merchant=await _slug(world), claims=Claims()))
    viewer = await own.viewer(provider.token(A, **buyer | {"merchant": str(other.merchant_id)}))
    assert viewer is not None
    assert viewer.merchant_id == world.merchant_id


async def _slug(world: make.World) -> str:
    async with world.database.owner.writing(None) as session:
        found = await session.scalar(select(Merchant.slug).where(Merchant.id == world.merchant_id))
    assert found is not None
    return found


async def test_a_merchant_is_known_by_slug_and_a_party_by_id(issuers, provider, world) -> None:
    party = await parties.company(world)
    claims = {"merchant": await _slug(world), "party": str(party)}
    viewer = await issuers.viewer(provider.token(A, **claims))
    assert viewer is not None
    assert (viewer.merchant_id, viewer.bound_to) == (world.merchant_id, party)


@pytest.mark.parametrize(
    ("fields", "scopes"),
    [
        ("ORDERS_READ ORDERS_PLACE openid", {Scope.ORDERS_READ, Scope.ORDERS_PLACE}),
        (["ORDERS_READ", "MASTER_DATA_WRITE"], {Scope.ORDERS_READ}),
        ("", set()),
        (None, set()),
    ],
)
async def test_scopes_are_those_that_a_buyer_may_have(
    fields: Any, scopes: set[Scope], issuers, provider, buyer
) -> None:
    viewer = await issuers.viewer(provider.token(A, **buyer | {"scope": fields}))
    assert viewer is not None
    assert viewer.scopes == scopes


async def test_staff_comes_only_from_an_issuer_that_may_name_it(of, provider, buyer) -> None:
    mapped = Claims(merchant="merchant", actor="kind")
    trusted = provider.configured(actors=["STAFF"], claims=mapped)
    staff = buyer | {"kind": "STAFF", "scope": "MASTER_DATA_WRITE"}
    viewer = await of(trusted).viewer(provider.token(A, **staff))
    assert viewer is not None
    shown = (viewer.actor, viewer.bound_to, viewer.role, viewer.scopes)
    assert shown == (Actor.STAFF, None, None, {Scope.MASTER_DATA_WRITE})
    assert await of(trusted).viewer(provider.token(A, **buyer | {"kind": "BUYER"})) is None
