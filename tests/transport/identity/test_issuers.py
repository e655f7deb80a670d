"""The file that names identity providers is read whole or not at all."""

from pathlib import Path

import pytest

from kit.config import from_environment
from models.access.viewers import Actor
from transport.identity import issuers
from transport.identity.issuers import Claims

EXAMPLE = Path(__file__).parents[3] / "examples" / "issuers.toml"
GOOD = """
[[issuers]]
issuer = "https://login.example/portal"
audience = "abruf"
jwks_url = "https://login.example/portal/keys"
algorithms = ["RS256"]
merchant = "demo"
"""
LOGIN = f"""{GOOD}
[issuers.login]
name = "Portal"
client_id = "abruf"
authorization_url = "https://login.example/portal/authorize"
token_url = "https://login.example/portal/token"
"""
BAD = {
    "issuers.0.login.token_url": LOGIN.replace("https://login.example/portal/token", "http://t/"),
    "issuers.0.login: Value error, scopes must hold openid": f'{LOGIN}scopes = ["profile"]',
    "issuers.0.login.secret_file": f'{LOGIN}secret_file = "/nowhere"',
    "issuers.0.login.client_id": LOGIN.replace('client_id = "abruf"', ""),
    "issuers.0.algorithms.0": GOOD.replace("RS256", "HS256"),
    "issuers.0.algorithms": GOOD.replace('"RS256"', ""),
    "issuers.0.jwks_url": GOOD.replace("https://login.example/portal/keys", "file:///keys"),
    "issuers.0.issuer": GOOD.replace("https", "http"),
    "issuers.0.audience": GOOD.replace('audience = "abruf"', ""),
    "issuers.0.surprise": f"{GOOD}surprise = 1",
    "issuers.0.actors.0": f'{GOOD}actors = ["CARRIER"]',
    "issuers.0: Value error, give either": GOOD.replace('merchant = "demo"', ""),
    "each issuer may be there once": GOOD + GOOD,
    "Invalid value": "issuers = ",
}


def _read(path: Path, text: str):
    path.write_text(text)
    return issuers.read_issuers(path)


def test_a_file_names_its_issuers(tmp_path) -> None:
    second = GOOD.replace("portal", "staff").replace('merchant = "demo"', 'actors = ["STAFF"]')
    both = _read(tmp_path / "issuers.toml", f'{GOOD}{second}[issuers.claims]\nmerchant = "tenant"')
    assert [it.issuer for it in both] == [
        "https://login.example/portal",
        "https://login.example/staff",
    ]
    assert both[0].claims == Claims()
    assert (both[0].actors, both[1].actors) == ({Actor.BUYER}, {Actor.STAFF})
    assert both[1].claims.merchant == "tenant"


def test_the_example_is_a_file_of_issuers() -> None:
    portal, staff = issuers.read_issuers(EXAMPLE)
    assert portal.login is None
    assert staff.login is not None


def test_keys_may_come_unencrypted_from_this_machine_only(tmp_path) -> None:
    local = GOOD.replace("https://login.example/portal/keys", "http://127.0.0.1:8080/keys")
    assert _read(tmp_path / "local.toml", local)[0].jwks_url == "http://127.0.0.1:8080/keys"
    with pytest.raises(SystemExit, match="jwks_url"):
        _read(tmp_path / "far.toml", local.replace("127.0.0.1", "127.0.0.1.example"))


def test_no_file_is_no_issuer() -> None:
    assert from_environment({}).issuers is None


@pytest.mark.parametrize("place", BAD)
def test_a_wrong_file_stops_the_start_and_says_where(place: str, tmp_path) -> None:
    with pytest.raises(SystemExit) as error:
        _read(tmp_path / "issuers.toml", BAD[place])
    assert "issuers.toml" in str(error.value)
    assert place in str(error.value)


def test_a_file_that_is_not_there_stops_the_start(tmp_path) -> None:
    with pytest.raises(SystemExit, match=r"missing\.toml"):
        issuers.read_issuers(tmp_path / "missing.toml")
