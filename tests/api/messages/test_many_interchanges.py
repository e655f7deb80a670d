"""Files of many interchanges, of which nothing gets lost, and the characters of our answers."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from commands.messages import outbox
from kit.ids import from_global
from kit.standards.edifact.answers import content
from kit.standards.edifact.charsets import CODECS
from kit.standards.edifact.parts import Header, Identification, MessageKind
from kit.standards.edifact.writing import Style
from models.messages.partners import Charset
from tests.api.messages.test_inbox import REPLAY
from tests.make.messages import files
from tests.make.messages.files import answer_text, received, results

COUNT = "{ interchanges(first: 1) { totalCount } }"


async def test_an_upload_of_too_many_is_refused_as_a_whole(ask, monkeypatch) -> None:
    partner = await files.partner(ask)
    monkeypatch.setattr("commands.messages.interchanges.receive.TAKEN_AT_ONCE", 2)
    one, *others = (files.interchange(partner["identification"], f"R{it}") for it in (1, 2, 3))
    several = b"".join(others)
    assert [it["status"] for it in await results(ask, several)] == ["CREATED"] * 2
    input_ = {"content": files.base64(several + one)}
    payload = (await ask(files.RECEIVE, input=input_))["it"]
    assert [it["code"] for it in payload["userErrors"]] == ["TOO_MANY_ITEMS"]
    assert (await ask(COUNT))["interchanges"]["totalCount"] == 2


async def test_several_that_were_kept_as_one_are_told_and_taken_in_from_their_bytes(
    ask, world
) -> None:
    """So the end of a file with more than 100 was kept before."""
    partner = await files.partner(ask)
    kept = await received(ask, b"whatever")
    several = b"".join(files.interchange(partner["identification"], f"R{it}") for it in (1, 2))
    async with world.database.owner.writing(world.merchant_id) as session:
        own = {"id": from_global(kept["id"])[1], "content": several, "size": len(several)}
        for change in (
            "UPDATE interchange_contents SET content = :content WHERE id = :id",
            "UPDATE interchanges SET size_bytes = :size WHERE id = :id",
        ):
            await session.execute(text(change), own)
    payload = (await ask(REPLAY, input={"interchangeId": kept["id"]}))["it"]
    (error,) = payload["userErrors"]
    assert error["code"] == "WRONG_STATE"
    assert error["message"].startswith("Several interchanges are in it")
    query = "query ($id: ID!) { node(id: $id) { ... on Interchange { content { base64 } } } }"
    node = (await ask(query, id=kept["id"]))["node"]
    found = await results(ask, b64decode(node["content"]["base64"]))
    assert [it["interchange"]["state"] for it in found] == ["ACCEPTED"] * 2


@pytest.mark.parametrize(
    ("syntax", "charset", "name", "answered", "text_in_it"),
    [
        # The profile says what its partner reads; texts come in letters that are near.
        ("UNOC:3", "UNOB", "MÜLLERß", "UNOB:3", "MUELLERss"),
        ("UNOC:3", "UNOB", "MULLER", "UNOB:3", "MULLER"),
        ("UNOB:1", "UNOC", "MÜLLER", "UNOC:3", "MÜLLER"),
        ("UNOW:4", "UNOC", "MÜ東", "UNOW:4", "MÜ東"),
        # It says nothing: as the interchange is, or in the first characters that have it all.
        ("UNOC:3", None, "MÜLLER", "UNOC:3", "MÜLLER"),
        ("UNOB:1", None, "MÜLLER", "UNOC:3", "MÜLLER"),
        ("UNOC:3", None, "M€Ł", "UNOW:4", "M€Ł"),
        ("UNOW:3", None, "M€Ł", "UNOW:3", "M€Ł"),
    ],
)
@pytest.mark.parametrize("kind", [content.KIND, MessageKind("CONTRL", "D", "3", "UN")])
def test_what_we_write_is_in_characters_that_its_partner_reads(
    syntax, charset, name, answered, text_in_it, kind
) -> None:
    identifier, _, version = syntax.partition(":")
    sides, at = [Identification(it, "ZZ") for it in "AB"], datetime(2026, 3, 2, 9, tzinfo=UTC)
    flags = {"wants_answer": False, "is_test": False}
    header = Header(identifier, version, *sides, at, "1", "", **flags)
    reply = content.Reply(content.Verdict.SOME, [content.Remark(12, f"LIN 7: {name}: INVALID")])
    outgoing = outbox.Outgoing(header, kind, content.application_body("R1", "1", reply, at))
    wanted = None if charset is None else Charset[charset]
    found = outbox.written(header, outgoing, wanted, Style(has_una=False))
    codec = CODECS[answered[:4]]
    text_ = found.decode("latin-1" if codec == "cp1252" else codec)
    assert text_.startswith(f"UNB+{answered}+A:ZZ+B:ZZ+")
    assert f"FTX+AAO+++LIN 7?: {text_in_it}?: INVALID'" in text_
    if kind.type == "CONTRL":
        assert ("+CONTRL:4:1:UN'" in text_) == (answered[-1] == "4" != version)


async def test_an_answer_is_in_the_characters_of_the_profile(ask) -> None:
    partner = await files.partner(ask, charset="UNOB")
    taken = await received(ask, files.interchange(partner["identification"]))
    assert answer_text(taken).startswith("UNA:+.? 'UNB+UNOB:3+")
