"""Connections to PostgreSQL that end at the worst moments, counted by what was done."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from kit.db.database import Database
from resolvers.running.context import Terms
from server import application
from tests.attacks.database.cutting import Cutting, Way, after, before, cutting
from tests.conftest import PATIENT
from transport.serving import Serving

UPSERT = """
mutation ($input: PartiesUpsertInput!) {
  partiesUpsert(input: $input) { userErrors { code } results { party { number } } }
}
"""
TWICE = """
mutation ($input: PartiesUpsertInput!) {
  ...all
}
fragment all on Mutation {
  one: partiesUpsert(input: $input) { userErrors { code } }
  two: partiesUpsert(input: $input) { userErrors { code } }
}
"""
NAMES = "{ parties(first: 9) { nodes { name } } }"
DONE = text("""
    SELECT (SELECT count(*) FROM parties WHERE merchant_id = :merchant),
        (SELECT count(*) FROM journal WHERE merchant_id = :merchant)
""")
FULL = """
    CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE 'no space left' USING ERRCODE = '{state}'; END$$
"""
FULL_AT_THE_END = """
    CREATE TRIGGER is_full BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION is_full()
"""
END = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = :port")


class Step:
    """A server whose way to the database can be cut."""

    def __init__(self, client: httpx.AsyncClient, way: Cutting, world) -> None:
        self.client, self.way, self.world = client, way, world

    async def ask(self, query: str, headers=None, **variables) -> httpx.Response:
        return await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self.world.token}", **(headers or {})},
        )

    async def upsert(self, key: str | None = None) -> httpx.Response:
        party = {"number": "P-1", "name": "Ada"}
        fields = {"parties": [party]} | ({"idempotencyKey": key} if key else {})
        return await self.ask(UPSERT, input=fields)

    async def done(self) -> tuple[int, int]:
        """Return how many parties and entries of the journal there are."""
        async with self.world.database.owner.writing(self.world.merchant_id) as session:
            values = {"merchant": self.world.merchant_id}
            return tuple((await session.execute(DONE, values)).one())

    async def ends(self, way: Way) -> None:
        """End the backend of a connection, as an administrator would, before it hears the word."""
        async with self.world.database.owner.writing(None) as session:
            assert await session.scalar(END, {"port": way.port})


@pytest.fixture
async def step(world, database_url, as_app, clock) -> AsyncIterator[Step]:
    async with cutting(as_app(database_url)) as (way, url):
        database = Database(url)
        app = application(Serving(database, clock=clock, terms=Terms(limits=PATIENT)))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
            step = Step(client, way, world)
            # Once warm, statements go by name: what is cut by its words must not be known yet.
            assert (await step.ask("{ viewer { actor } }")).json()["data"]
            try:
                yield step
            finally:
                await database.close()


@pytest.mark.parametrize("output", [b"BEGIN", b"parties", b"INSERT INTO journal"])
@pytest.mark.parametrize("how", ["cut", "ended"])
async def test_a_mutation_whose_connection_ends_before_its_commit_is_done_once(step, output, how):
    step.way.cuts.append((output, before if how == "cut" else step.ends))
    answer = await step.upsert()
    assert step.way.made == 1
    assert answer.json()["data"]["partiesUpsert"]["results"] == [{"party": {"number": "P-1"}}]
    assert await step.done() == (1, 1)


@pytest.mark.parametrize(("cut", "done"), [(before, 0), (after, 1)])
async def test_without_a_key_what_is_cut_at_its_commit_is_told_and_never_run_again(step, cut, done):
    step.way.cuts.append((b"COMMIT", cut))
    answer = await step.upsert()
    assert step.way.made == 1
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "OUTCOME_UNKNOWN"
    assert "Retry-After" not in answer.headers
    assert await step.done() == (done, done)


@pytest.mark.parametrize("cut", [before, after])
async def test_with_a_key_what_is_cut_at_its_commit_is_done_once_and_answered(step, cut):
    step.way.cuts.append((b"COMMIT", cut))
    answer = await step.upsert(str(uuid4()))
    assert step.way.made == 1
    assert answer.json()["data"]["partiesUpsert"]["results"] == [{"party": {"number": "P-1"}}]
    assert await step.done() == (1, 1)


async def test_with_a_key_and_without_a_database_after_the_cut_the_outcome_stays_unknown(step):
    async def for_good(way: Way) -> None:
        await after(way)
        step.way.leave()

    step.way.cuts.append((b"COMMIT", for_good))
    (error,) = (await step.upsert(key := str(uuid4()))).json()["errors"]
    assert error["extensions"]["code"] == "OUTCOME_UNKNOWN"
    step.way.refuses = False
    answer = await step.upsert(key)
    assert answer.json()["data"]["partiesUpsert"]["results"] == [{"party": {"number": "P-1"}}]
    assert await step.done() == (1, 1)


@pytest.mark.parametrize("how", ["cut", "ended"])
async def test_a_read_is_asked_once_more(step, how):
    step.way.cuts.append((b"parties", before if how == "cut" else step.ends))
    assert (await step.ask(NAMES)).json()["data"] == {"parties": {"nodes": []}}
    assert step.way.made == 1


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize("reads", [True, False])
async def test_without_a_database_clients_are_told_when_to_come_again(
    step, clock, caplog, reads, remembered
):
    if not remembered:
        clock.advance(seconds=6)
    step.way.leave()
    answer = await (step.ask(NAMES) if reads else step.upsert())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert {it["extensions"]["code"] for it in answer.json()["errors"]} == {"UNAVAILABLE"}
    assert (await step.client.get("/readyz")).status_code == 503
    assert (await step.client.get("/livez")).status_code == 200
    step.way.refuses = False
    assert (await step.ask(NAMES)).status_code == 200
    assert (await step.client.get("/readyz")).status_code == 200
    output = [it.message for it in caplog.records if "database" in it.message]
    assert [it.partition(":")[0] for it in output] == [
        "The database cannot be reached",
        "The database answers again",
    ]
    assert await step.done() == (0, 0)


@pytest.mark.parametrize("state", ["53100", "58030"])
async def test_where_the_disk_takes_nothing_clients_are_told_and_nothing_is_half_written(
    step, caplog, state
):
    owner = step.world.database.owner
    async with owner.writing(None) as session:
        await session.execute(text(FULL.format(state=state)))
        await session.execute(text(FULL_AT_THE_END))
    try:
        answer = await step.upsert()
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE"
        output = [it.message for it in caplog.records if "database" in it.message]
        assert [it.partition(":")[0] for it in output] == ["The database cannot write"]
        assert await step.done() == (0, 0)
        assert (await step.ask(NAMES)).json()["data"] == {"parties": {"nodes": []}}
        assert (await step.client.get("/readyz")).status_code == 200
    finally:
        async with owner.writing(None) as session:
            await session.execute(text("DROP FUNCTION is_full CASCADE"))
    assert (await step.upsert()).status_code == 200
    assert await step.done() == (1, 1)


async def test_the_header_for_one_mutation_is_refused_for_two(step):
    party = {"number": "P-1", "name": "Ada"}
    fields = {"parties": [party]}
    answer = await step.ask(TWICE, {"Idempotency-Key": "twice"}, input=fields)
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "Idempotency-Key" in error["message"]
    assert await step.done() == (0, 0)
    assert "errors" not in (await step.ask(TWICE, input=fields)).json()


async def test_a_header_beside_another_key_of_the_input_is_refused(step):
    fields = {"parties": [{"number": "P-1", "name": "Ada"}], "idempotencyKey": "mine"}
    answer = await step.ask(UPSERT, {"Idempotency-Key": "other"}, input=fields)
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await step.done() == (0, 0)
    assert (
        "errors" not in (await step.ask(UPSERT, {"Idempotency-Key": "mine"}, input=fields)).json()
    )


async def test_two_headers_for_one_mutation_are_refused(step):
    answer = await step.client.post(
        "/graphql",
        json={"query": UPSERT, "variables": {"input": {"parties": [{"number": "P", "name": "A"}]}}},
        headers=[
            ("Authorization", f"Bearer {step.world.token}"),
            *(("Idempotency-Key", it) for it in ("one", "two")),
        ],
    )
    assert answer.status_code == 400
    assert await step.done() == (0, 0)
