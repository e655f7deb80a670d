"""Files of interchanges that tests read, change and send; partners that send them."""

from base64 import b64decode, b64encode
from typing import Any

from commands.messages.readers.by_partner import MessagesInTurn
from tests.make import Ask, World
from tests.make.scene import fresh

FILE = b"""UNA:+.? '
UNB+UNOC:3+4012345000009:14+SUPPLIER:ZZ+260302:0900+REF1++DELFOR++1'
UNH+1+DELFOR:D:97A:UN:GMAI22'
BGM+241+20260302-1+5'
DTM+137:20260302:102'
NAD+BY+4012345000009::9'
GIS+37'
LIN+1++4711-A:IN'
LOC+11+D1'
QTY+70:400'
SCC+1++W'
QTY+113:120'
DTM+2:20260309:102'
UNT+12+1'
UNH+2+DELJIT:D:97A:UN'
BGM+242+77+9'
SEQ+5'
LIN+1++4711-A:IN'
QTY+1:1.5'
FTX+AAI+++Gate 2?: ring ?'twice?', 5 ?+ 1 ??'
UNT+7+2'
UNZ+2+REF1'
"""

RECEIVE = """
mutation ($input: InterchangeReceiveInput!) {
  it: interchangeReceive(input: $input) {
    results {
      status
      interchange {
        id state sender reference isTest sizeBytes sha256 partner { code }
        findings { code syntaxCode tag offset isError text elementNo }
        messages(first: 50) { nodes { id number type release fate findings { code segmentNo } } }
        answers { id reference state messageType content { base64 } }
      }
    }
    userErrors { code field message }
  }
}
"""
UPSERT = """
mutation ($input: PartnerProfilesUpsertInput!) {
  it: partnerProfilesUpsert(input: $input) {
    results {
      status userErrors { code field message }
      partnerProfile { id code identification referencesUsed }
    }
    userErrors { code field message }
  }
}
"""


REPLAY = """
mutation ($messages: [ReplayedMessageInput!]!) {
  it: interchangeMessagesReplay(input: {messages: $messages}) {
    results {
      status message { id fate readAt findings { code } } userErrors { code field message }
    }
    userErrors { code }
  }
}
"""


def base64(content: bytes) -> str:
    return b64encode(content).decode()


def interchange(sender: str, reference: str = "REF1", content: bytes = FILE) -> bytes:
    """Return the interchange of two messages as if a sender had written it."""
    named = content.replace(b"4012345000009:14", f"{sender}:14".encode(), 1)
    return named.replace(b"REF1", reference.encode())


async def partner(ask: Ask, **fields: Any) -> dict[str, Any]:
    """Write a partner that is answered always."""
    own = {"code": fresh("P"), "identification": fresh("I"), "qualifier": "14"}
    item = {**own, "acknowledgement": "ALWAYS", **fields}
    payload = (await ask(UPSERT, input={"partnerProfiles": [item]}))["it"]
    assert payload["userErrors"] == []
    return payload["results"][0]["partnerProfile"]


async def results(ask: Ask, content: bytes, **fields: Any) -> list[dict[str, Any]]:
    """Take a file in, and return what became of each of its interchanges."""
    payload = (await ask(RECEIVE, input={"content": base64(content), **fields}))["it"]
    assert payload["userErrors"] == []
    return payload["results"]


async def received(ask: Ask, content: bytes) -> dict[str, Any]:
    """Take a file of one interchange in."""
    (result,) = await results(ask, content)
    return result["interchange"]


async def read_all(world: World) -> int:
    """Read the messages that wait, as the worker does; returns how many."""
    count, partners = 0, MessagesInTurn()
    while await partners.read_next(world.database, world.merchant_id, world.clock()):
        count += 1
    return count


async def replayed(ask: Ask, *ids: str) -> list[dict[str, Any]]:
    """Let messages be read once more; return what became of each."""
    payload = (await ask(REPLAY, messages=[{"messageId": it} for it in ids]))["it"]
    assert payload["userErrors"] == []
    return payload["results"]


async def replay(ask: Ask, *ids: str) -> None:
    """Let messages be read once more, which none may refuse."""
    assert [it["status"] for it in await replayed(ask, *ids)] == ["UPDATED"] * len(ids)


def answer_text(taken: dict[str, Any]) -> str:
    """Return the only answer to an interchange."""
    (answer,) = taken["answers"]
    return b64decode(answer["content"]["base64"]).decode()
