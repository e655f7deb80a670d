"""Contacts of a company are told of what they look after."""

from commands.messages.notifications.kinds import OF_DUTIES
from kit.ids import to_global
from models.access.viewers import Actor
from models.master.parties import Contact
from models.master.parties.duties import ContactDuty
from models.messages.notifications import NotificationKind, NotificationReason
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.messages.notifications import noted
from tests.make.trade import orders

COMPANY = {"email": "office@example.com"}
PREFER = """
mutation ($input: NotificationPreferencesSetInput!) {
  notificationPreferencesSet(input: $input) { userErrors { code } }
}
"""
ON_DUTY = {
    "PURCHASING": ["ORDER_CONFIRMED"],
    "APPROVAL": [],
    "GOODS_IN": ["DELIVERY_PLANNED"],
    "CONTRACTS": [],
    "INTERFACES": [],
}
"""Duty -> what its contacts are told of an order of which a delivery is planned."""


def on_duty(*duties: str) -> list[dict[str, object]]:
    """Return a contact for each duty, and one with all."""
    some = {it.lower(): [it] for it in duties} | {"all": list(duties)}
    return [
        {"code": code, "name": code, "email": f"{code}@example.com", "duties": duties}
        for code, duties in some.items()
    ]


def test_each_kind_is_of_a_duty() -> None:
    assert OF_DUTIES.keys() == {*NotificationKind}
    assert {*OF_DUTIES.values()} == {*ContactDuty}


async def test_contacts_are_told_of_what_they_look_after_and_of_nothing_else(world, ask):
    contacts = on_duty(*ON_DUTY)
    party = to_global("Party", await parties.company(world, **COMPANY, contacts=contacts))
    far = [{"code": "far", "name": "far", "email": "far@example.com", "duties": [*ON_DUTY]}]
    await parties.company(world, email="other@example.com", contacts=far)
    order = await orders.order(world, ask, partyId=party)
    await deliveries.planned(world, ask, order)
    heard = sorted((it.address, it.kind.value) for it in await noted(world))
    every = [kind for kinds in ON_DUTY.values() for kind in kinds]
    mine = {f"{duty.lower()}@example.com": kinds for duty, kinds in ON_DUTY.items()}
    mine |= {"all@example.com": every, "office@example.com": every}
    assert heard == sorted((who, kind) for who, kinds in mine.items() for kind in kinds)


async def test_who_looks_after_something_may_want_none_of_it(world, ask):
    contacts = on_duty("PURCHASING", "GOODS_IN")
    party = to_global("Party", await parties.company(world, **COMPANY, contacts=contacts))
    (row,) = [it for it in await rows(world, Contact) if it.code == "all"]
    wish = {"kind": "ORDER_CONFIRMED", "timing": "NEVER"}
    answer = await ask(
        PREFER, input={"contactId": to_global("Contact", row.id), "preferences": [wish]}
    )
    assert answer["notificationPreferencesSet"]["userErrors"] == []
    await orders.order(world, ask, partyId=party)
    found = {it.address: (it.state.value, it.reason) for it in await noted(world)}
    assert found == {
        "office@example.com": ("PENDING", None),
        "all@example.com": ("SUPPRESSED", NotificationReason.NOT_WANTED),
        "purchasing@example.com": ("PENDING", None),
    }


async def test_who_looks_after_approvals_is_told_in_place_of_the_company(world, ask):
    contacts = on_duty("PURCHASING", "APPROVAL")
    limit = {"approval_limit": {"amount": "1", "currency": "EUR"}}
    key = await parties.company(world, **COMPANY, contacts=contacts, **limit)
    buyer = ask.by(await world.key(Actor.BUYER, key))
    await orders.order(world, buyer, partyId=to_global("Party", key))
    found = {(it.kind.value, it.address) for it in await noted(world)}
    assert found == {
        ("APPROVAL_AWAITED", "approval@example.com"),
        ("APPROVAL_AWAITED", "all@example.com"),
    }
