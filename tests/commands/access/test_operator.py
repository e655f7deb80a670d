"""What operators do, in this process and twice in one of their own; refusals of one command."""

import asyncio
import json
import os
import sys
from pathlib import Path
from uuid import UUID

import pytest

from commands.access.keys import operate as keys
from kit.errors import Refused
from kit.ids import from_global, new_id
from models.access.followers import FOLLOWERS
from models.access.viewers import Actor
from tests import make
from tests.kit.programs import ask as ask_once
from tests.make.master.channels import channel
from tests.make.master.locations import location
from tests.make.master.parties import carrier, company
from tests.make.messages import files
from tests.make.trade.orders import products
from tests.operating.called import calling

_NEWER = "INSERT INTO alembic_version VALUES ('9999')"
ROOT = Path(__file__).parents[3]
VIEWER = "{ viewer { name actor } }"
JOURNAL = """
{ journal(first: 9, sort: OLDEST_FIRST) {
  nodes { type objectId actorName actorSubject actorKeyId payload } } }
"""


async def _process(url, *words, **environment):
    """Run `python -m commands`; gives exit code, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commands", *words),
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1", "ABRUF_DATABASE_URL": url, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, failed = await process.communicate()
    return process.returncode, output.decode(), failed.decode()


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command in this process, as Python would; gives what `_process` gives."""
    called = calling(monkeypatch, capsys)

    async def run(url, *words):
        return await called(*words, ABRUF_DATABASE_URL=url)

    return run


@pytest.fixture
def operate(database_url, database, call):
    """Run the command on the test's database, which is emptied afterwards."""
    del database

    async def run(*words):
        return await call(database_url, *words)

    return run


@pytest.fixture
async def slug(world):
    """Give the name of the world's merchant."""
    async with world.database.writing(world.merchant_id) as session:
        (merchant,) = await keys.merchants(session)
    return merchant.slug


async def test_a_process_does_what_its_words_ask_for(database_url, operate):
    created = ["merchant", "create", "--slug", "acme", "--name", "Acme GmbH 🏭"]
    assert await _process(database_url, *created) == (0, "Created the merchant acme.\n", "")
    refused = "slug: There is a merchant acme already.\n"
    assert await operate(*created) == (1, "", refused)


async def test_a_merchant_is_created_once_and_listed(operate):
    words = ["merchant", "create", "--slug", "acme", "--name", "Acme GmbH 🏭"]
    done = (0, "Created the merchant acme.\n", "")
    assert await operate(*words, "--gs1-prefix", "4012345") == done
    code, output, _ = await operate("merchant", "list")
    head, line = output.splitlines()
    assert (code, head.split()) == (0, ["SLUG", "NAME", "GS1", "PREFIX", "TIME", "ZONE", "CREATED"])
    assert line.startswith("acme  Acme GmbH 🏭  4012345     UTC  ")
    assert await operate(*words) == (1, "", "slug: There is a merchant acme already.\n")


async def test_a_merchant_counts_its_days_where_it_says(operate):
    words = ["merchant", "create", "--slug", "acme", "--name", "Acme", "--time-zone"]
    assert await operate(*words, "Europe/Berlin") == (0, "Created the merchant acme.\n", "")
    change = ["merchant", "change", "--slug", "acme", "--time-zone"]
    wrong = "time-zone: This is no IANA time zone, such as Europe/Berlin.\n"
    assert await operate(*change, "Mars/Olympus") == (1, "", wrong)
    assert "Europe/Berlin" in (await operate("merchant", "list"))[1]
    done = (0, "acme is Acme, no GS1 prefix, its days those of Asia/Tokyo.\n", "")
    assert await operate(*change, "Asia/Tokyo") == done
    assert "Asia/Tokyo" in (await operate("merchant", "list"))[1]
    missing = ["merchant", "change", "--slug", "none", "--time-zone", "UTC"]
    assert await operate(*missing) == (1, "", "merchant: There is no merchant none.\n")


async def test_prices_are_imported_from_files(ask, world, operate, slug, tmp_path):
    await company(world, number="K-1")
    await products(ask, "BOLT")
    lists, entries = tmp_path / "lists.csv", tmp_path / "entries.csv"
    columns = "code,name,currency,party_number,valid_from\r\n"
    lists.write_text(f"\ufeff{columns}OWN,Own,EUR,K-1,2026-01-01\r\n", "utf-8")
    entries.write_text("price_list_code,product_sku,unit_price\nOWN,BOLT,2.4\n", "utf-8")
    words = ["price", "import", "--merchant", slug, "--lists", str(lists), "--entries"]
    output = "lists.csv: 1 created.\nentries.csv: 1 created.\n"
    assert await operate(*words, str(entries)) == (0, output, "")
    entries.write_text("price_list_code,product_sku,unit_price\nOWN,NUT,2.4\n", "utf-8")
    refused = "entries.csv.line 2.product_sku: There is no such Product: NUT.\n"
    assert await operate(*words, str(entries)) == (1, "", refused)
    code, _, failed = await operate(*words, str(tmp_path / "none.csv"))
    assert (code, "there is no file" in failed) == (2, True)
    entries.write_bytes("price_list_code,product_sku,unit_price\nOWN,BÜLT,2.4\n".encode("latin-1"))
    code, _, failed = await operate(*words, str(entries))
    assert (code, failed.startswith("entries.csv: This is no CSV in UTF-8")) == (1, True)
    query = "{ journal(first: 9, sort: NEWEST_FIRST) { nodes { type actorName } } }"
    refusals = [(it["type"], it["actorName"]) for it in (await ask(query))["journal"]["nodes"]]
    assert refusals[:2] == [("price_list.repriced", "Operator"), ("price_list.created", "Operator")]


async def test_interchanges_of_a_folder_are_taken_in_and_answered(ask, operate, slug, tmp_path):
    partner = await files.partner(ask)
    (tmp_path / "a.edi").write_bytes(files.interchange(partner["identification"]))
    words = ["edi", "--merchant", slug, str(tmp_path)]
    counts = "2 read, 2 not understood, 0 being read, 1 sent, 0 failed, 0 waiting.\n"
    counts = f"1 taken in, 0 held, 0 rejected, 0 known, {counts}"
    assert await operate(*words) == (1, "", counts)
    for content, counts in (
        (files.interchange(f"N-{new_id().hex}"), "0 taken in, 1 held, 0 rejected"),
        (b"This is no interchange.", "0 taken in, 0 held, 1 rejected"),
    ):
        (tmp_path / "b.edi").write_bytes(content)
        code, output, failed = await operate(*words)
        assert (code, output, counts in failed) == (1, "", True), failed
    assert [it.name for it in (tmp_path / "out").iterdir()] == [f"{partner['code']}-1.edi"]
    code, _, failed = await operate("edi", "--merchant", slug, str(tmp_path / "nowhere"))
    assert (code, "there is no folder" in failed) == (2, True)


async def test_a_new_merchant_sees_who_is_to_read_its_journal(ask, operate):
    new = f"m-{new_id().hex[-12:]}"
    assert (await operate("merchant", "create", "--slug", new, "--name", "New"))[0] == 0
    key = ("key", "create", "--merchant", new, "--actor", "STAFF", "--name", "Key")
    token = (await operate(*key))[1].splitlines()[-1]
    followers = (await ask.by(token)("{ workers(first: 9) { nodes { name behind } } }"))["workers"]
    assert {it["name"] for it in followers["nodes"]} == {*FOLLOWERS}
    assert {it["behind"] for it in followers["nodes"]} == {1}


async def test_every_wrong_value_is_told_with_its_name(operate):
    words = ["--slug=Ac me", "--name= ", "--gs1-prefix=401"]
    code, output, failed = await operate("merchant", "create", *words)
    assert (code, output) == (1, "")
    names = [line.partition(":")[0] for line in failed.splitlines()]
    assert names == ["slug", "name", "gs1-company-prefix"]


@pytest.mark.parametrize("slug", ["", "Acme", "-a", "ä", "a" * 64, "a\n"])
async def test_a_slug_is_of_small_letters_digits_and_hyphens(database, clock, slug):
    with pytest.raises(Refused) as refused:
        async with database.owner.writing(None) as session:
            await keys.create_merchant(session, slug, "Name", clock())
    assert refused.value.path == ("slug",)


async def test_each_actor_gets_a_key_bound_by_business_key(ask, world, operate, slug):
    await company(world, number="K-1")
    await company(world, number="K-2")
    await carrier(world, number="DHL")
    await channel(world, code="SHOP")
    await location(world, code="MAIN")
    bound = {"BUYER": "K-2", "CARRIER": "DHL", "STOREFRONT": "SHOP", "WAREHOUSE": "MAIN"}
    tokens = {}
    for actor, code in {"STAFF": None, **bound}.items():
        binding = ["--bound-to", code] if code else []
        words = ["key", "create", "--merchant", slug, "--actor", actor, "--name", f"A {actor}"]
        status, output, failed = await operate(*words, *binding)
        assert (status, failed) == (0, "")
        tokens[actor] = output.splitlines()[-1]
        viewer = (await ask.by(tokens[actor])(VIEWER))["viewer"]
        assert viewer == {"name": f"A {actor}", "actor": actor}
    query = "{ parties(first: 9, filter: {role: CUSTOMER}) { nodes { number } } }"
    seen = (await ask.by(tokens["BUYER"])(query))["parties"]["nodes"]
    assert seen == [{"number": "K-2"}]
    _, listed, _ = await operate("key", "list")
    shown = {line.split()[2]: line.split()[3] for line in listed.splitlines()[2:]}
    assert shown == {"STAFF": "-", **bound}
    assert "abruf_" not in listed


async def test_a_buyers_key_has_a_role_and_nobody_elses(ask, world, operate, slug):
    await company(world, number="K-1", contacts=[{"code": "Z", "name": "Zofia"}])
    create = ["key", "create", "--merchant", slug, "--name", "N"]
    words, buyer = [*create, "--role", "APPROVER"], ["--actor", "BUYER", "--bound-to", "K-1"]
    _, output, _ = await operate(*words, *buyer, "--contact", "Z")
    viewer = (await ask.by(output.splitlines()[-1])("{ viewer { scopes } }"))["viewer"]
    assert "ORDERS_APPROVE" in viewer["scopes"]
    failure = (1, "", "role: Only a BUYER has a role.\n")
    assert await operate(*words, "--actor", "STAFF") == failure
    _, listed, _ = await operate("key", "list")
    shown = [tuple(line.split()[4:6]) for line in listed.splitlines()[1:]]
    assert shown == [("-", "-"), ("Z", "APPROVER")]
    await carrier(world, number="C-1")
    for who in (["STAFF"], ["CARRIER", "--bound-to", "C-1"]):
        refused = await operate(*create, "--contact", "Z", "--actor", *who)
        assert refused == (1, "", "contact: Only a BUYER has a contact.\n")


async def test_a_key_is_given_scopes_that_its_actor_may_have(ask, world, operate, slug):
    await channel(world, code="SHOP")
    shop = ["--actor", "STOREFRONT", "--bound-to", "SHOP"]
    words = ["key", "create", "--merchant", slug, "--name", "N", *shop, "--scopes"]
    _, output, _ = await operate(*words, "PAYMENTS_WRITE, ORDERS_READ,ORDERS_READ")
    viewer = (await ask.by(output.splitlines()[-1])("{ viewer { scopes } }"))["viewer"]
    assert viewer == {"scopes": ["ORDERS_READ", "PAYMENTS_WRITE"]}
    beyond = "scopes: A STOREFRONT cannot have KEYS_MANAGE.\n"
    assert await operate(*words, "ORDERS_READ,KEYS_MANAGE") == (1, "", beyond)
    status, _, failed = await operate(*words, "EVERYTHING")
    assert (status, "PAYMENTS_WRITE" in failed) == (2, True)


async def test_operators_alone_give_a_key_more_than_the_server(operate, slug):
    words = ["key", "create", "--merchant", slug, "--name", "N", "--actor", "STAFF", "--limit"]
    _, output, _ = await operate(*words, "bucket=50000", "--limit", "depth=3")
    await operate("key", "rotate", output.split()[3].rstrip("."), "--limit", "depth=30")
    _, listed, _ = await operate("key", "list", "--merchant", slug, "--json")
    found = [it["limits"] for it in json.loads(listed) if it["name"] == "N"]
    assert {"bucket": 50_000, "depth": 3} in found
    assert {"bucket": 50_000, "depth": 30} in found
    for wrong in ("bucket=0", "statement=9", "bucket", "bucket=٣", "bucket=2147483648"):
        status, _, failed = await operate(*words, wrong)
        assert (status, "is not like bucket=50000" in failed) == (2, True)


@pytest.mark.parametrize(
    ("actor", "bound_to"),
    [
        (Actor.STAFF, "K-1"),
        (Actor.BUYER, None),
        (Actor.BUYER, "K-9"),
        (Actor.BUYER, "DHL"),
        (Actor.BUYER, "FOREIGN"),
        (Actor.CARRIER, "K-1"),
        (Actor.STOREFRONT, "K-1"),
        (Actor.WAREHOUSE, "SHOP"),
    ],
)
async def test_a_key_is_bound_to_what_its_actor_needs(world, actor, bound_to):
    await company(world, number="K-1")
    await carrier(world, number="DHL")
    await channel(world, code="SHOP")
    await company(await make.world(world.database, world.clock), number="FOREIGN")
    with pytest.raises(Refused) as refused:
        async with world.database.writing(world.merchant_id) as session:
            await keys.binding(session, world.merchant_id, actor, bound_to)
    assert refused.value.path == ("bound_to",)


async def test_no_key_is_made_for_what_is_not_there(world, operate, slug):
    words = ["--actor", "BUYER", "--name", "N", "--bound-to", "K-9"]
    code, output, failed = await operate("key", "create", "--merchant", slug, *words)
    assert (code, output, failed.partition(":")[0]) == (1, "", "bound-to")
    failure = (1, "", "merchant: There is no merchant nobody.\n")
    assert await operate("key", "create", "--merchant", "nobody", *words) == failure
    async with world.database.writing(world.merchant_id) as session:
        assert len(await keys.keys_of(session, world.merchant_id)) == 1


async def test_a_revoked_key_is_not_valid_any_more(client, world, operate, slug):
    words = ["--merchant", slug, "--actor", "STAFF", "--name", "Old"]
    _, output, _ = await operate("key", "create", *words)
    key_id, token = output.split()[3].removesuffix("."), output.splitlines()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    call = {"url": "/graphql", "json": {"query": VIEWER}, "headers": headers}
    assert (await client.post(**call)).status_code == 200
    for _ in range(2):
        done = (0, f"The key {key_id} (Old) is revoked.\n", "")
        assert await operate("key", "revoke", key_id) == done
    world.clock.advance(days=40_000)
    assert (await client.post(**call)).status_code == 401


async def test_the_journal_tells_what_operators_do_with_keys(ask, operate, slug):
    _, output, _ = await operate("key", "create", "--merchant", slug, "--actor=STAFF", "--name=N")
    key_id = output.split()[3].removesuffix(".")
    for _ in range(2):
        await operate("key", "revoke", key_id)
    entries = (await ask(JOURNAL))["journal"]["nodes"]
    assert [it["type"] for it in entries] == ["api_key.created", "api_key.revoked"]
    for each in entries:
        assert from_global(each["objectId"]) == ("ApiKey", UUID(key_id))
        assert (each["actorName"], each["actorSubject"]) == ("Operator", f"uid {os.getuid()}")
        assert each["actorKeyId"] is None
    assert entries[0]["payload"]["actor"] == "STAFF"


async def test_an_unknown_key_is_told(operate):
    key_id = str(new_id())
    failure = (1, "", f"id: There is no key {key_id}.\n")
    assert await operate("key", "revoke", key_id) == failure


@pytest.mark.parametrize("words", [["key"], ["key", "revoke", "nonsense"]])
async def test_wrong_words_show_the_usage(operate, words):
    code, output, failed = await operate(*words)
    assert (code, output) == (2, "")
    assert failed.startswith("usage: abruf")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://127.0.0.1:1/abruf", "The database cannot be used: "),
        ("nonsense", "ABRUF_DATABASE_URL must be like postgresql://"),
    ],
)
async def test_a_database_that_cannot_be_used_is_told(call, url, why):
    code, output, failed = await call(url, "merchant", "list")
    assert (code, output) == (1, "")
    assert failed.startswith(why)


async def test_without_an_address_the_embedded_database_is_used(tmp_path, call, monkeypatch):
    place = {"ABRUF_DATA_DIR": str(tmp_path / "data")}
    words = ["merchant", "create", "--slug", "a", "--name", "A"]
    assert (await _process("", *words, **place))[0] == 0
    monkeypatch.setenv("ABRUF_DATA_DIR", place["ABRUF_DATA_DIR"])
    _, output, _ = await call("", "merchant", "list")
    assert [line.split()[0] for line in output.splitlines()] == ["SLUG", "a"]


async def test_documents_are_registered_from_a_compilers_file(operate, slug, ask, tmp_path):
    file, words = tmp_path / "documents.json", ["document", "register", "--merchant", slug]
    file.write_text(json.dumps({"Who": VIEWER}))
    done = (0, f"Registered 1 documents of {slug}.\n", "")
    assert [await operate(*words, str(file)) for _ in range(2)] == [done, done]
    headers = {"Authorization": f"Bearer {ask.token}"}
    answer = await ask.client.post("/graphql", json={"documentId": "Who"}, headers=headers)
    assert answer.json()["data"] == {"viewer": {"name": "staff", "actor": "STAFF"}}
    for text, code in (('{"0": 1}', 1), ('{"Who": "{ __typename }"}', 1), ("[]", 2), ("{", 2)):
        file.write_text(text)
        assert (await operate(*words, str(file)))[0] == code
    assert (await operate(*words, str(tmp_path / "missing.json")))[0] == 2


async def test_a_database_of_a_newer_version_is_named_in_one_sentence(new_database, call):
    newer = await asyncio.to_thread(new_database, "newer")
    for text in ("CREATE TABLE alembic_version (version_num text)", _NEWER):
        await asyncio.to_thread(ask_once, newer, text)
    code, _, failed = await call(newer, "key", "list")
    assert (code, failed.count("\n")) == (1, 1)
    assert "newer than this program" in failed
