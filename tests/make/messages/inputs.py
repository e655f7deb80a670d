"""A valid input for every mutation of messages: see everything.py."""

from typing import Any

from tests.make.master.inputs import code_of
from tests.make.messages import files, hooks, notifications, plants
from tests.make.scene import Scene, fresh, versioned

REGISTER = """
mutation ($input: DocumentsRegisterInput!) { documentsRegister(input: $input) { ids } }
"""


ADDRESS = "query ($id: ID!) { node(id: $id) { ... on Address { code } } }"


async def partner_profiles_upsert(s: Scene) -> dict[str, Any]:
    address = await s.ask(ADDRESS, id=s.address)
    item = {
        "code": fresh("P"),
        "identification": fresh("I"),
        "qualifier": "ZZ",
        "ownIdentification": "US",
        "ownQualifier": "14",
        "partyNumber": await code_of(s, "party"),
        "charset": "UNOC",
        "serviceCharacters": ":+,?*'",
        "hasLineBreaks": True,
        "acknowledgement": "ALWAYS",
        "referencePrefix": "AB",
        "scheduleCodes": [{"element": "PLACE", "code": "LOC 7", "meaning": "UNLOADING_POINT"}],
        "firstFirmIsBacklog": True,
        "contentAnswer": "ON_FINDINGS",
        "articleNumbers": [{"theirs": "7700-A", "ours": await code_of(s, "product")}],
        "placeCodes": [{"theirs": "042", "ours": address["node"]["code"]}],
        "isNetOfTransit": True,
        "timeZone": "Europe/Berlin",
        "isActive": True,
    }
    return {"partnerProfiles": [item]}


async def interchange_receive(s: Scene) -> dict[str, Any]:
    partner = await files.partner(s.ask)
    # A broken message beside a whole one, so that there is something of every kind.
    content = files.interchange(partner["identification"]).replace(b"UNT+7+2", b"UNT+8+2")
    return {"content": files.base64(content), "fileName": "forecast.edi"}


async def interchange_replay(s: Scene) -> dict[str, Any]:
    unknown = fresh("I")
    held = await files.received(s.ask, files.interchange(unknown))
    await files.partner(s.ask, identification=unknown)
    return {"interchangeId": held["id"], "isReferenceFree": True}


async def interchange_reject(s: Scene) -> dict[str, Any]:
    held = await files.received(s.ask, files.interchange(fresh("I")))
    return {"interchangeId": held["id"]}


async def interchange_messages_replay(s: Scene) -> dict[str, Any]:
    # What is replayed stands beside a message that has become a release.
    await plants.customer(s.ask, s.world)
    await files.received(s.ask, plants.content("kassel", "first"))
    partner = await files.partner(s.ask)
    taken = await files.received(s.ask, files.interchange(partner["identification"]))
    await files.read_all(s.world)
    return {"messages": [{"messageId": taken["messages"]["nodes"][0]["id"]}]}


async def outgoing_interchange_send(s: Scene) -> dict[str, Any]:
    partner = await files.partner(s.ask)
    taken = await files.received(s.ask, files.interchange(partner["identification"]))
    return {"outgoingInterchangeId": taken["answers"][0]["id"]}


async def webhook_create(s: Scene) -> dict[str, Any]:
    text = "query Told($id: ID!) { node(id: $id) { id } }"
    registered = await s.ask(REGISTER, input={"documents": [{"text": text}]})
    return {
        "url": hooks.URL,
        "description": "The back office.",
        "eventTypes": ["order.*", "delivery.dispatched"],
        "triggers": ["state"],
        "conditions": [{"field": "by", "values": ["COMPANY"]}],
        "document": registered["documentsRegister"]["ids"][0],
        "perSecond": 10,
    }


async def webhook_update(s: Scene) -> dict[str, Any]:
    made = await hooks.created(s.ask)
    return {**await webhook_create(s), **versioned("webhookId", made)}


async def webhook_delete(s: Scene) -> dict[str, Any]:
    return await _hooked(s)


async def webhook_rotate_secret(s: Scene) -> dict[str, Any]:
    return await _hooked(s)


async def webhook_test(s: Scene) -> dict[str, Any]:
    return await _hooked(s)


async def webhook_pause(s: Scene) -> dict[str, Any]:
    return await _hooked(s)


async def webhook_resume(s: Scene) -> dict[str, Any]:
    made = await _hooked(s)
    await hooks.done(s.ask, "webhookPause", **made)
    return made


async def webhook_redeliver(s: Scene) -> dict[str, Any]:
    made = await _hooked(s)
    tried = await hooks.done(s.ask, "webhookTest", "message { id }", **made)
    await hooks.settled(s.world, hooks.key(made["webhookId"]))
    return {"messageId": tried["message"]["id"]}


async def webhook_replay(s: Scene) -> dict[str, Any]:
    made = await _hooked(s)
    return {**made, "since": "2026-01-01T00:00:00+00:00", "until": "2027-01-01T00:00:00+00:00"}


async def webhook_replay_after(s: Scene) -> dict[str, Any]:
    return {**await _hooked(s), "afterPosition": 1}


async def _hooked(s: Scene) -> dict[str, Any]:
    return {"webhookId": (await hooks.created(s.ask))["id"]}


async def notification_preferences_set(s: Scene) -> dict[str, Any]:
    wishes = [{"kind": "DELIVERY_DELIVERED", "timing": "DAILY"}]
    return {"contactId": s.contact, "preferences": wishes}


async def notification_preferences_set_staff(_: Scene) -> dict[str, Any]:
    wishes = [{"kind": "APPROVAL_AWAITED", "timing": "NOW"}]
    address = f"{fresh('a').lower()}@example.com"
    return {"address": address, "isStaff": True, "preferences": wishes}


async def notification_resend(s: Scene) -> dict[str, Any]:
    return {"notificationId": await notifications.refused(s.world, await s.delivery())}
