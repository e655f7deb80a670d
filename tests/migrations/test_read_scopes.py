"""Keys from before there were scopes for reading keep what they may do."""

from alembic import command
from alembic.script import ScriptDirectory

from kit.ids import new_id
from migrations import configured
from models.access.viewers import READS
from tests.kit.programs import ask

REVISION = "0003"
KEYS = {"reader": ["ORDERS_PLACE", "READ"], "writer": ["TRACKING_WRITE"]}
INSERT = """
INSERT INTO api_keys (id, merchant_id, actor, name, scopes, secret_sha256, created_at)
VALUES ('{id}', '{id}', 'STAFF', '{name}', ARRAY{scopes}, decode(repeat('00', 32), 'hex'), now())
"""


def _scopes(url: str) -> dict[str, set[str]]:
    return {name: set(scopes) for name, scopes in ask(url, "SELECT name, scopes FROM api_keys")}


def test_read_becomes_every_scope_for_reading_and_back(new_database) -> None:
    url = new_database("read_scopes")
    config = configured(url)
    before = ScriptDirectory.from_config(config).get_revision(REVISION).down_revision
    command.upgrade(config, before)
    for name, scopes in KEYS.items():
        ask(url, INSERT.format(id=new_id(), name=name, scopes=scopes))
    command.upgrade(config, REVISION)
    assert _scopes(url) == {"reader": {"ORDERS_PLACE", *READS}, "writer": {"TRACKING_WRITE"}}
    command.downgrade(config, before)
    assert _scopes(url) == {name: set(scopes) for name, scopes in KEYS.items()}
