"""What is kept of a person is written out whole, and forgotten wherever it stands."""

import asyncio
import json

import pytest
from sqlalchemy import text, update

from commands.access.keys import operate as keys
from kit.ids import to_global
from models.access.keys import ApiKey
from models.access.sessions import PortalSession
from models.access.viewers import Actor, Scope
from models.base.records import ANONYMOUS
from models.base.tables import Base
from models.fulfilment.deliveries.receipts import ReceiptLine
from models.fulfilment.tracking.events import TrackingEvent
from models.master.parties import Contact, Party
from models.messages.partners import PartnerProfile
from models.messages.webhooks.tables import Webhook, WebhookAttempt, WebhookMessage, WebhookSecret
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from tests.kit.programs import ask_each
from tests.make import reasons
from tests.make.access import sessions
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.messages import hooks
from tests.make.messages.notifications import noted
from tests.make.sweeps.endings import cancel
from tests.make.trade import contracts, orders

EMAIL = "zofia@example.org"
PLACE = {"name": "Zofia", "line1": "Ulica Zofii 7", "postalCode": "00-001", "city": "Zofiowo"}
PERSON = {"name": "Zofia Nowak", "email": EMAIL, "phone": "+48 555", "building": "Zofia 2"}
TRACES = ("Zofi", EMAIL, "00-001", "+48 555", "203.0.113.7")
"""What must be found nowhere afterwards."""
TRACK = """
mutation ($input: ParcelRecordTrackingInput!) {
  parcelRecordTracking(input: $input) { userErrors { code field message } } }
"""
PREFER = """
mutation ($input: NotificationPreferencesSetInput!) {
  notificationPreferencesSet(input: $input) { userErrors { code field } }
}
"""
WORDS = {
    Order: "cancel_reason",
    OrderLine: "response_reason",
    ReceiptLine: "note",
    TrackingEvent: "sub_status",
}
ZOFIA = {"code": "Z", "name": "Zofia", "email": EMAIL}
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
KEY = """
mutation ($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) { userErrors { code field message } }
}
"""
CLOSE = "mutation ($input: OrderCloseInput!) { orderClose(input: $input) { userErrors { code } } }"
PARTNER = """
mutation ($input: PartnerProfilesUpsertInput!) {
  partnerProfilesUpsert(input: $input) { results { userErrors { code field } } }
}
"""
SHOWN = "query ($id: ID!) { node(id: $id) { ... on Order { shipTo { city country } } } }"
CHANGED = """
{ journal(first: 9, sort: NEWEST_FIRST) { nodes { type actorName address payload } } }
"""


@pytest.fixture
async def zofia(world, ask):
    """A private customer with a delivered order, of which somebody else knows, too; its number."""
    place = {"line1": "Ulica Zofii 7", "postal_code": "00-001", "city": "Zofiowo", "country": "PL"}
    party = await parties.person(
        world,
        number="K-77",
        name="Zofia Nowak",
        email=EMAIL.upper(),
        phone="+48 555",
        contacts=[ZOFIA],
        addresses=[parties.address(place=place)],
    )
    own = {"partyId": to_global("Party", party), "recipient": PERSON, "note": "Zofia's birthday"}
    order = await orders.order(world, ask, shipTo={**PLACE, "country": "PL"}, **own)
    # What it did itself, from where: the journal knows.
    buyer = ask.by(await world.key(Actor.BUYER, party)).with_headers({})
    second = await orders.order(world, buyer, **own)
    await cancel(ask, second)
    return order


async def everything(world, addresses: dict[str, str]) -> str:
    """Return all rows of the merchant as text."""
    hold = ["BEGIN", f"SELECT set_merchant('{world.merchant_id}')"]
    reads = [f"SELECT it::text FROM {table} it" for table in Base.metadata.tables]
    found = await asyncio.to_thread(ask_each, addresses["ABRUF_OWNER_URL"], [*hold, *reads])
    return "\n".join(str(row[0]) for rows in found[2:] for row in rows)


async def deliver(world, ask, order):
    """Send it, let it arrive at a neighbour's, and tell others of it."""
    sent = await deliveries.dispatched(world, ask, order, recipient=PERSON)
    event = {"sscc": sent["parcels"][0]["sscc"], "status": "DELIVERED"}
    event |= {"occurredAt": "2026-03-02T08:59:00Z", "message": "with Zofia", "place": "Zofiowo"}
    await ask(TRACK, input={"events": [event]})
    await deliveries.done(
        ask, "deliveryConfirmReceipt", deliveryId=sent["id"], receivedBy="Zofia", lines=[]
    )
    for table, column in WORDS.items():
        async with world.database.writing(world.merchant_id) as session:
            own = update(table).where(table.merchant_id == world.merchant_id)
            await session.execute(own.values({column: "Zofia says so"}))
    webhook = hooks.key((await hooks.created(ask))["id"])
    about = {"aggregate_id": hooks.key(order["id"]), "body": '{"name": "Zofia Nowak"}'}
    listed = {"body": '{"data":{"document":{"orders":[{"name":"Zofia Nowak"}]}}}'}
    for each in (about, listed):
        await hooks.filled(world, webhook, 1, **each)
    async with world.database.writing(world.merchant_id) as session:
        for message in await rows(world, WebhookMessage):
            own = {"merchant_id": world.merchant_id, "webhook_id": webhook}
            tried = {"attempted_at": world.clock(), "duration_ms": 1, "status": 200}
            answer = "Zofia Nowak, thank you"
            session.add(WebhookAttempt(**own, **tried, message_id=message.id, answer=answer))


async def test_a_private_customer_is_written_out_and_then_forgotten_everywhere(
    world, ask, zofia, addresses, call, slug
):
    who = ("--merchant", slug, "--party", "K-77")
    code, _, failed = await call("person", "anonymise", *who, **addresses)
    assert (code, zofia["number"] in failed) == (1, True)
    await deliver(world, ask, zofia)
    known = json.loads((await call("person", "export", *who))[1])
    assert [it["name"] for it in known["parties"]] == ["Zofia Nowak"]
    assert [it["message"] for it in known["tracking_events"]] == ["with Zofia"]
    assert len(known["order_lines"]) == 2 * len(zofia["lines"])
    assert "secret_sha256" not in known["api_keys"][0]
    # What may tell of others is not written out.
    assert [len(known[it]) for it in ("webhook_messages", "webhook_attempts")] == [1, 1]
    before = await everything(world, addresses)
    assert [it for it in TRACES[:-1] if it not in before] == []
    code, output, failed = await call("person", "anonymise", *who)
    assert not failed
    assert output.startswith("Forgotten in 1 of parties, 1 of contacts, 1 of addresses, ")
    after = await everything(world, addresses)
    assert [it for it in (*TRACES, zofia["number"]) if it in after] == [zofia["number"]]
    nodes = (await ask(CHANGED))["journal"]["nodes"]
    events = {it["type"]: it["payload"] for it in nodes}
    assert "email" in events["party.updated"]["fields"]
    assert "guest" in events["order.updated"]["fields"]
    assert "api_key.revoked" in events
    node = (await ask(SHOWN, id=zofia["id"]))["node"]
    assert node == {"shipTo": {"city": "Anonymised", "country": "PL"}}


async def test_a_guest_and_somebody_at_a_company_are_found_by_their_address(
    world, ask, addresses, call, slug
):
    who = ("--merchant", slug, "--email", EMAIL)
    guest = await orders.order(world, ask, guest=PERSON, shipTo={**PLACE, "country": "PL"})
    await cancel(ask, guest)
    contact = {"code": "Z", "name": "Zofia", "email": EMAIL}
    company = await parties.company(world, number="K-1", contacts=[contact])
    own = {"partyId": to_global("Party", company), "note": "for the company"}
    order = await orders.order(world, ask, recipient=PERSON, **own)
    before = await noted(world)
    await cancel(ask, order)
    wishes = [{"kind": "ORDER_CHANGED", "timing": "NEVER"}]
    await ask(PREFER, input={"address": EMAIL, "preferences": wishes})
    code, output, failed = await call("person", "anonymise", *who, **addresses)
    assert (code, failed) == (0, "")
    assert output == (
        "Forgotten in 1 of contacts, 2 of orders, 2 of order_lines, 2 of notifications,"
        " 1 of notification_preferences.\n"
    )
    after = await everything(world, addresses)
    assert [it for it in TRACES if it in after] == []
    assert "for the company" in after
    ended = [(it.state.value, it.reason.value, it.address) for it in await noted(world)]
    assert (len(before), ended) == (2, [("SUPPRESSED", "FORGOTTEN", None)] * 2)
    nobody = await call("person", "export", "--merchant", slug, "--email", EMAIL)
    assert nobody == (1, "", "person: Nothing is kept of such a person.\n")
    company = await call("person", "export", "--merchant", slug, "--party", "K-1")
    assert company[2] == "party: K-1 is a company: name the person in it by its e-mail address.\n"


async def test_who_is_only_a_recipient_is_written_out_nothing_of_who_ordered(
    world, ask, addresses, call, slug
):
    who = ("--merchant", slug, "--email", EMAIL)
    giver = {"name": "Tom", "email": "tom@giver.example", "phone": "+49 40 1"}
    street = {"line1": "Tomweg 1", "city": "Bremen", "country": "DE"}
    surprise = {"guest": giver, "shipTo": street, "note": "Tom's surprise", "recipient": PERSON}
    gift = await orders.order(world, ask, **surprise)
    sent = await deliveries.dispatched(world, ask, gift, recipient=PERSON)
    await deliveries.done(
        ask, "deliveryConfirmReceipt", deliveryId=sent["id"], receivedBy="Tom", lines=[]
    )
    about = {"aggregate_id": hooks.key(gift["id"]), "body": '{"guest": "Tom"}'}
    await hooks.filled(world, hooks.key((await hooks.created(ask))["id"]), 1, **about)
    _, written, failed = await call("person", "export", *who, **addresses)
    assert (failed, "Tom" in written) == ("", False)
    (named,) = json.loads(written)["orders"]
    assert (named["number"], named["recipient"]["name"]) == (gift["number"], PERSON["name"])


async def test_who_got_less_than_was_sent_is_forgotten_once_nothing_more_comes(
    world, ask, zofia, addresses, call, slug
):
    sent = await deliveries.dispatched(world, ask, zofia)
    short = {"deliveryLineId": sent["lines"][0]["id"], "received": "1", "difference": "SHORT"}
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=[short])
    who = ("--merchant", slug, "--party", "K-77")
    owed = (await call("person", "anonymise", *who, **addresses))[2]
    assert owed.strip().endswith(f"still: {zofia['number']}.")
    closed = (await ask(CLOSE, input={"orderId": zofia["id"]}))["orderClose"]
    assert closed == {"userErrors": []}
    code, _, failed = await call("person", "anonymise", *who)
    assert (code, failed) == (0, "")


async def test_what_acts_for_a_private_customer_ends_and_its_address_is_forgotten_everywhere(
    world, ask, zofia, addresses, call, slug
):
    (party,) = await rows(world, Party)
    buyer = ask.by(await world.key(Actor.BUYER, party.id, scopes=list(Scope)))
    await hooks.created(buyer, f"https://hooks.example.com/{EMAIL}", description="Zofia's")
    others = await hooks.created(ask)
    profile = {"code": "Z", "partyNumber": "K-77", "identification": "Z-1"}
    await ask(PARTNER, input={"partnerProfiles": [profile]})
    wishes = [{"kind": "ORDER_CHANGED", "timing": "NEVER"}]
    await ask(PREFER, input={"address": EMAIL, "preferences": wishes})
    company = to_global("Party", await parties.company(world, number="K-1"))
    gift = await orders.order(world, ask, recipient=PERSON, partyId=company)
    for each in (zofia, gift):
        await cancel(ask, each)
    _, output, failed = await call(
        "person", "anonymise", "--merchant", slug, "--party", "K-77", **addresses
    )
    assert (failed, "1 of webhooks" in output) == ("", True)
    after = await everything(world, addresses)
    assert [it for it in TRACES if it in after] == []
    states = {str(it.id): it.state.value for it in await rows(world, Webhook)}
    ended = {key for key, state in states.items() if state == "DELETED"}
    assert (len(states), ended) == (2, states.keys() - {str(hooks.key(others["id"]))})
    assert {str(it.webhook_id) for it in await rows(world, WebhookSecret)} == states.keys() - ended
    assert [it.is_active for it in await rows(world, PartnerProfile)] == [False]
    types = {it["type"] for it in (await ask(CHANGED))["journal"]["nodes"]}
    assert {"webhook.deleted", "partner_profile.updated", "api_key.revoked"} <= types


async def test_the_key_of_somebody_at_a_company_ends_with_what_is_known_of_it(
    world, ask, addresses, call, slug
):
    contacts = [{"code": "Z", "name": "Zofia", "email": EMAIL}]
    await parties.company(world, number="K-1", contacts=contacts)
    words = ("key", "create", "--merchant", slug, "--actor", "BUYER", "--bound-to", "K-1")
    nobody = await call(*words, "--name", "A", "--contact", "Y", **addresses)
    assert nobody[2] == "contact: The company has no contact Y.\n"
    key = (await call(*words, "--name", "Zofia", "--contact", "Z"))[1].splitlines()[-1]
    shown = (await ask.by(key)("{ viewer { contact { name } } }"))["viewer"]
    assert shown == {"contact": {"name": "Zofia"}}
    await call(*words, "--name", "Portal")
    await call("person", "anonymise", "--merchant", slug, "--email", EMAIL)
    listed = json.loads((await call("key", "list", "--merchant", slug, "--json"))[1])
    ended = {it["name"]: (it["contact"], it["revoked_at"] is None) for it in listed[1:]}
    assert ended == {"Anonymised": ("Z", False), "Portal": (None, True)}


async def test_a_merchant_is_written_out_and_deleted(zofia, world, addresses, call, slug, tmp_path):
    words = ("merchant", "export", "--slug", slug, str(tmp_path))
    code, output, failed = await call(*words, **addresses)
    assert (code, failed) == (0, "")
    assert "2 of orders" in output
    orders = map(json.loads, (tmp_path / "orders.jsonl").read_text().splitlines())
    numbers = [it["number"] for it in orders]
    assert (len(numbers), zofia["number"] in numbers) == (2, True)
    wrong = await call("merchant", "purge", "--slug", slug, "--yes-delete", "other")
    assert wrong == (1, "", "yes-delete: Both names must be the same.\n")
    done = await call("merchant", "purge", "--slug", slug, "--yes-delete", slug)
    assert done == (0, f"Deleted the merchant {slug} with all that it had.\n", "")
    assert await everything(world, addresses) == ""


async def test_keys_are_listed_by_kind_and_rotated_with_other_scopes_and_another_end(
    ask, addresses, call, slug
):
    words = ("key", "list", "--merchant", slug, "--json")
    ((old),) = json.loads((await call(*words, **addresses))[1])
    assert old["actor"] == "STAFF"
    scopes = ("--scopes", "ORDERS_READ", "--expires-at", "2099-01-01T00:00:00Z")
    code, output, failed = await call("key", "rotate", old["id"], *scopes)
    assert (code, failed) == (0, "")
    token = output.splitlines()[-1]
    assert (await ask.by(token)("{ viewer { scopes } }"))["viewer"] == {"scopes": ["ORDERS_READ"]}
    newer = [it for it in json.loads((await call(*words))[1]) if it["id"] != old["id"]]
    assert [(it["scopes"], it["expires_at"][:4]) for it in newer] == [(["ORDERS_READ"], "2099")]
    code, output, _ = await call("key", "rotate", newer[0]["id"], "--revoke")
    assert code == 0
    active = json.loads((await call(*words, "--active"))[1])
    assert newer[0]["id"] not in {it["id"] for it in active}
    assert len(active) == 2
    assert json.loads((await call(*words, "--actor", "BUYER"))[1]) == []
    ended = await call("key", "rotate", newer[0]["id"])
    assert ended[2] == "id: This key has ended: create another one.\n"
    passed = await call("key", "rotate", old["id"], "--expires-at", "2001-01-01T00:00:00Z")
    assert passed[0] == 2


async def blocked(world) -> None:
    """Return when a transaction waits for the lock of another."""
    async with asyncio.timeout(30), world.database.owner.engine.connect() as connection:
        while not (await connection.execute(text(WAITING))).scalar_one():
            await connection.rollback()


async def test_a_key_that_is_made_while_its_holder_is_forgotten_ends_with_the_others(
    world, addresses, call, slug
):
    company = await parties.company(world, number="K-1", contacts=[ZOFIA])
    (contact,) = await rows(world, Contact)
    forgetting = ("person", "anonymise", "--merchant", slug, "--email", EMAIL)
    async with world.database.owner.writing(world.merchant_id) as session:
        holder = await keys.contact(session, world.merchant_id, Actor.BUYER, company, "Z")
        done = asyncio.create_task(call(*forgetting, **addresses))
        await blocked(world)
        own = (session, world.merchant_id, Actor.BUYER, "Zofia", world.clock(), company)
        await keys.create_key(*own, contact_id=holder)
    assert "1 of api_keys" in (await done)[1]
    (key,) = [it for it in await rows(world, ApiKey) if it.contact_id == contact.id]
    assert (key.name, key.revoked_at is None) == ("Anonymised", False)


async def test_who_is_forgotten_meanwhile_or_before_is_named_by_nobody(
    world, ask, addresses, call, slug
):
    company = await parties.company(world, number="K-1", contacts=[ZOFIA])
    (contact,) = await rows(world, Contact)
    contract = await contracts.contract(world, ask, partyId=to_global("Party", company))
    named = to_global("Contact", contact.id)
    who = {"partyId": to_global("Party", company)}
    key = {"actor": "BUYER", **who, "contactId": named}
    forgotten = update(Contact).where(Contact.merchant_id == world.merchant_id)
    async with world.database.owner.writing(world.merchant_id) as session:
        await session.execute(forgotten.values(name=ANONYMOUS, email=None))
        made = asyncio.create_task(ask(KEY, input=key))
        await blocked(world)
    assert reasons((await made)["apiKeyCreate"]["userErrors"]) == [("WRONG_STATE", "contactId")]
    words = ("key", "create", "--merchant", slug, "--actor", "BUYER", "--bound-to", "K-1")
    refused = await call(*words, "--name", "A", "--contact", "Z", **addresses)
    assert (refused[0], "forgotten" in refused[2]) == (1, True)
    wishes = {"preferences": [{"kind": "ORDER_CHANGED", "timing": "NOW"}], "contactId": named}
    call_off = await contracts.call_off_input(world, contract, "600")
    order = await orders.order_input(world, ask, **who, buyerContactId=named)
    answers = {
        "contactId": (await ask(PREFER, input=wishes))["notificationPreferencesSet"],
        "buyerContactId": (await ask(orders.PLACE, input=order))["orderPlace"],
        "buyerContactId ": (
            await ask(contracts.CALL_OFF, input={**call_off, "buyerContactId": named})
        )["contractCallOff"],
    }
    for field, payload in answers.items():
        assert reasons(payload["userErrors"]) == [("WRONG_STATE", field.strip())]


async def test_nothing_of_who_was_only_to_be_told_is_given_again(ask, addresses, call, slug):
    wishes = [{"kind": "ORDER_CHANGED", "timing": "NEVER"}]
    await ask(PREFER, input={"address": EMAIL, "preferences": wishes})
    query = "{ notificationPreferences(first: 9) { nodes { address kind } } }"
    kept = [(await ask(query))["notificationPreferences"]["nodes"] for _ in range(2)]
    assert kept == [[{"address": EMAIL, "kind": "ORDER_CHANGED"}]] * 2
    code, _, _ = await call(
        "person", "anonymise", "--merchant", slug, "--email", EMAIL, **addresses
    )
    assert code == 0
    assert EMAIL not in str(await ask(query))


async def test_who_is_forgotten_is_signed_out_and_nobody_else(world, addresses, call, slug):
    private = await parties.person(world, number="K-77", email=EMAIL)
    contacts = [{"code": "Z", "name": "Zofia", "email": EMAIL}]
    company = await parties.company(world, number="K-1", contacts=contacts)
    (zofia,) = [it.id for it in await rows(world, Contact) if it.code == "Z"]
    for bound_to, contact in ((private, None), (company, zofia), (company, None)):
        await sessions.begin(world, Actor.BUYER, bound_to, contact_id=contact)
    await sessions.begin(world, Actor.STAFF)
    await call("person", "anonymise", "--merchant", slug, "--email", EMAIL, **addresses)
    lasting = [it for it in await rows(world, PortalSession) if it.ended_at is None]
    left = {(it.bound_to, it.contact_id) for it in lasting}
    assert left == {(company, None), (None, None)}
