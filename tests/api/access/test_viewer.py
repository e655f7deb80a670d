"""Who asks is told who it is, in whose name it asks, and what it may."""

import pytest

from kit.ids import to_global
from models.access.viewers import Actor, CompanyRole
from tests.guard import counted
from tests.make.master import parties

VIEWER = """{ viewer {
  actor name role expiresAt scopes limits { limit value } party { id name } channels { code }
  merchant { name timeZone currency language supportEmail supportPhone }
} merchantSettings { id currency language timeline(first: 9) { nodes { type payload } } } }"""
UPDATE = """mutation ($input: MerchantSettingsUpdateInput!) {
  merchantSettingsUpdate(input: $input) {
    merchantSettings { currency language } userErrors { code field }
  }
}"""
SHOWN = {"currency": "PLN", "language": "pl", "supportEmail": "help@example.com"}


async def update(ask, **values):
    answer = await ask(UPDATE, input=values)
    return answer["merchantSettingsUpdate"]


async def test_a_buyer_is_told_its_company_its_role_its_limits_and_its_merchant(
    ask, world, database
):
    party = await parties.company(world)
    token = await world.key(Actor.BUYER, party, role=CompanyRole.APPROVER, limits={"cost": 7})
    await update(ask, **SHOWN, supportPhone="+48 22 1")
    # What a buyer may read with so few points.
    without_settings = VIEWER.partition("merchantSettings {")[0] + "}"
    with counted(database.engine) as sent:
        viewer = (await ask.by(token)(without_settings))["viewer"]
    limits = {it["limit"]: it["value"] for it in viewer["limits"]}
    assert viewer["role"] == "APPROVER"
    assert viewer["party"]["id"] == to_global("Party", party)
    assert (limits["cost"], limits["page"]) == (7, 250)
    assert "ORDERS_APPROVE" in viewer["scopes"]
    assert viewer["merchant"] | {"name": ""} == {
        "name": "",
        "timeZone": "UTC",
        **SHOWN,
        "supportPhone": "+48 22 1",
    }
    # Merchant and company together, the channels by themselves.
    assert len(sent) == 2


@pytest.mark.harmless("merchantSettingsUpdate", "No rule asks how to reach a merchant.")
async def test_settings_are_null_until_they_are_written_and_keep_what_is_left_out(ask):
    before = await ask(VIEWER)
    assert before["merchantSettings"] is None
    assert before["viewer"]["merchant"]["currency"] is None
    assert (before["viewer"]["party"], before["viewer"]["role"]) == (None, None)
    await update(ask, **SHOWN)
    again = await update(ask, currency=None)
    await update(ask, currency=None)
    assert again["merchantSettings"] == {"currency": None, "language": "pl"}
    happened = (await ask(VIEWER))["merchantSettings"]["timeline"]["nodes"]
    assert [(it["type"], it["payload"]) for it in happened] == [
        ("merchant_settings.created", {}),
        ("merchant_settings.updated", {"fields": ["currency"]}),
    ]


async def test_only_who_writes_master_data_changes_settings(ask, world):
    token = await world.key(Actor.BUYER, await parties.company(world))
    answer = await ask.by(token).answer(UPDATE, input=SHOWN)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    refused = await update(ask, currency="XXX")
    assert [it["code"] for it in refused["userErrors"]] == ["INVALID_CURRENCY"]
    refused = await update(ask, supportEmail="_@[")
    assert [it["code"] for it in refused["userErrors"]] == ["INVALID"]
