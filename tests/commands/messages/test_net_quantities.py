"""A partner's schedules without what is on its way become demand with it."""

from kit.ids import to_global
from tests.commands.messages.test_schedules import END, HEAD, PIECES, quantities, released
from tests.make.master import parties
from tests.make.messages import files
from tests.make.trade import contracts
from tests.make.trade.orders import products

OPEN = """
mutation ($input: AccountsOpenInput!) {
  it: accountsOpen(input: $input) { results { status } userErrors { code } }
}
"""


async def test_a_partner_may_write_without_what_is_on_its_way(ask, world) -> None:
    party = to_global("Party", await parties.company(world, number="NORTH"))
    (piece,) = await products(ask, "4711-A")
    made = await contracts.contract(world, ask, partyId=party, lines=[contracts.line(piece, "900")])
    place = {"contractLineId": made["lines"][0]["id"], "unloadingPoint": "D1"}
    account = {**place, "issued": "60", "received": "20"}
    opened = (await ask(OPEN, input={"accounts": [account]}))["it"]
    assert [it["status"] for it in opened["results"]] == ["CREATED"]
    partner = await files.partner(ask, partyNumber="NORTH", isNetOfTransit=True)
    content = HEAD % b"202603020630" + PIECES % (b"QTY+70:20'", b"100") + END
    assert await released(ask, world, partner, content) == []
    # 60 were issued and 20 have come: 40 are on their way, beside the 100 that are wanted.
    assert await quantities(ask) == {(None, "D1"): ["20", "40", "100"]}
