"""Attacks on a server's memory: whatever is asked, it grows by 64 MB at most."""

import base64
import concurrent.futures
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.limits import DEFAULT_LIMITS
from tests.run.abruf import ROOT, Abruf

MOST_KB = 64 * 1024
STREAMS = 12
NO_PRICE = str(2**31 - 1)
PREPARE = """
mutation ($products: ProductsUpsertInput!, $channel: ChannelsUpsertInput!) {
  productsUpsert(input: $products) { results { product { id } } }
  channelsUpsert(input: $channel) { results { channel { id } } }
}
"""
PLACE = """
mutation ($input: OrderPlaceInput!) {
  orderPlace(input: $input) { order { id } userErrors { code field } }
}
"""
CHANNEL = {"code": "attack", "name": "Attack", "kind": "WEB_SHOP", "guestsAllowed": True}
LONG_EVENT = """subscription ($id: ID!) { orderStatusChanged(orderId: $id, after: 0) {
  type order { lines { order { lines { id } } } } } }"""
NESTED = "lines { order { lines { order { lines { id } } } } }"
MAIL, LETTER = "kind: ORDER_CONFIRMED, id: $id", "subject text html"
TREE = "lines { id product { sku } } deliveries { id parcels { id } holds { id } }"


def order_of_250_lines(abruf: Abruf, token: str | None = None) -> str:
    """Place it as the demo's staff, or another one's, and return its id."""
    token = token or abruf.tokens["staff"]
    made = abruf.ask_as(
        token,
        PREPARE,
        products={"products": [{"sku": f"A{it}", "name": "Attack"} for it in range(250)]},
        channel={"channels": [{**CHANNEL, "deliveryMethods": ["PARCEL"]}]},
    )
    products = [it["product"]["id"] for it in made["productsUpsert"]["results"]]
    (channel,) = made["channelsUpsert"]["results"]
    placed = abruf.ask_as(
        token,
        PLACE,
        input={
            "channelId": channel["channel"]["id"],
            "currency": "EUR",
            "guest": {"name": "Guest", "email": "guest@example.com"},
            "lines": [{"productId": it, "quantity": "1", "unitPrice": "1"} for it in products],
        },
    )["orderPlace"]
    assert placed["userErrors"] == []
    return str(placed["order"]["id"])


def kb(process: int, what: str) -> int:
    """Return a line of what the kernel says of a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(it.split()[1]) for it in lines if it.startswith(what))


def peak_kb(process: int) -> int:
    """Return the most that it has held since `forget_peak`."""
    return kb(process, "VmHWM")


def held_kb(process: int) -> int:
    """Return what it holds."""
    return kb(process, "VmRSS")


def forget_peak(process: int) -> None:
    Path(f"/proc/{process}/clear_refs").write_text("5")


def distinct(number: int) -> str:
    trees = (f"t{number}x{it}: orders(first: 1) {{ nodes {{ {TREE} }} }}" for it in range(15))
    return f"{{ {' '.join(trees)} }}"


ATTACKS: dict[str, list[str]] = {
    "lists that lead back up": [f"query ($id: ID!) {{ order(id: $id) {{ {NESTED} }} }}"] * 8,
    "the same, resolved by code": [
        f"query ($id: ID!) {{ viewer {{ name }} order(id: $id) {{ availableActions {NESTED} }} }}"
    ]
    * 4,
    "one list under 25 aliases": [
        "query ($id: ID!) {"
        + " ".join(f"a{it}: order(id: $id) {{ {NESTED} }}" for it in range(25))
        + "}"
    ]
    * 4,
    "mails that are looked at": [
        "query ($id: ID!) {"
        + " ".join(f"a{it}: notificationPreview({MAIL}) {{ {LETTER} }}" for it in range(25))
        + "}"
    ]
    * 4,
    "distinct documents": [distinct(it) for it in range(10)],
    "refused documents": [f"{{ nothing{it} }} # {'x' * 15_000}" for it in range(100)],
    "aliased counts": [
        f"{{ {' '.join(f'a{it}: orders(first: 0) {{ totalCount }}' for it in range(25))} }}"
    ]
    * 20,
}


@contextmanager
def without_prices(folder: Path) -> Iterator[tuple[Abruf, str]]:
    """Start Abruf with no price on anything, and give it with the id of a long order.

    What holds then is what is counted.
    """
    prices = {f"ABRUF_LIMIT_{it}": NO_PRICE for it in ("COST", "NODES", "BUCKET")}
    abruf = Abruf(folder, **prices, ABRUF_LIMIT_DEADLINE="100", ABRUF_LIMIT_STATEMENT="90")
    try:
        abruf.wait_until_ready()
        yield abruf, order_of_250_lines(abruf)
        assert abruf.stop() == 130
    finally:
        abruf.kill()


@pytest.fixture(scope="module")
def attacked(used: Path) -> Any:
    """Give one that is attacked by every test here."""
    with without_prices(used) as one:
        yield one


def test_events_of_megabytes_are_not_held_once_they_are_sent(attacked: tuple[Abruf, str]) -> None:
    """Also while their streams wait for the next ones."""
    abruf, order_id = attacked
    body = {"query": LONG_EVENT, "variables": {"id": order_id}}
    token = {"Authorization": f"Bearer {abruf.tokens['staff']}", "Accept": "text/event-stream"}
    before = 0
    with ExitStack() as streams:
        client = streams.enter_context(httpx.Client(timeout=120))
        for count in range(13):
            sent = client.stream("POST", f"{abruf.origin}/graphql", json=body, headers=token)
            lines = streams.enter_context(sent).iter_lines()
            event = next(it for it in lines if it.startswith("data: {"))
            assert len(event) > 2_000_000
            if count == 0:
                # What the first one needs is the plan's and the server's own.
                before = held_kb(abruf.process.pid)
        assert held_kb(abruf.process.pid) - before <= MOST_KB


def test_events_of_megabytes_that_are_written_at_the_same_moment_take_64_mb_at_most(
    attacked: tuple[Abruf, str],
) -> None:
    """Nobody reads any of them before all are written; who asks too much is told so."""
    abruf, order_id = attacked
    body = {"query": LONG_EVENT, "variables": {"id": order_id}}
    token = {"Authorization": f"Bearer {abruf.tokens['staff']}", "Accept": "text/event-stream"}

    def first_event(client: httpx.Client) -> int:
        with client.stream("POST", f"{abruf.origin}/graphql", json=body, headers=token) as sent:
            begun.wait()
            return len(next(it for it in sent.iter_lines() if it.startswith("data: {")))

    forget_peak(abruf.process.pid)
    before, begun = held_kb(abruf.process.pid), threading.Barrier(STREAMS)
    with (
        httpx.Client(timeout=120) as client,
        concurrent.futures.ThreadPoolExecutor(STREAMS) as all_,
    ):
        sizes = list(all_.map(first_event, [client] * STREAMS))
    assert max(sizes) > 2_000_000
    assert peak_kb(abruf.process.pid) - before <= MOST_KB


IMPORT = """mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
  results { status } userErrors { code } } }"""
ORDERS = 250


def import_of(name: str, lines: int, quantity: str) -> dict[str, Any]:
    """Return orders of a guest with lines of the products of `order_of_250_lines`."""
    sold = {"quantity": quantity, "unitPrice": "1"}
    order = {
        "channelCode": CHANNEL["code"],
        "placedAt": "2026-01-01T00:00:00Z",
        "currency": "EUR",
        "guest": {"name": "Guest", "email": "guest@example.com"},
        "lines": [{"productSku": f"A{it}", **sold} for it in range(lines)],
    }
    return {"orders": [order | {"externalReference": f"{name}{it}"} for it in range(ORDERS)]}


def test_an_import_of_as_many_lines_as_may_be_takes_64_mb_at_most(
    attacked: tuple[Abruf, str],
) -> None:
    """Lines of its input, and those of the orders that are there: half of each, or all new.

    Others of that size wait meanwhile: they find too many lines when it is their turn, or are told
    to come again.
    """
    abruf, _ = attacked
    all_new = DEFAULT_LIMITS.lines // ORDERS - 1
    half = (DEFAULT_LIMITS.lines // ORDERS - 1) // 2
    abruf.ask(IMPORT, input=import_of("first", 1, "1"))
    held = held_kb(abruf.process.pid)
    for name, lines, quantities, status in (
        ("half", half, ["1"], "CREATED"),
        ("half", half, ["2"], "UPDATED"),
        ("all", all_new, ["1", "2", "2", "2"], "CREATED"),
    ):
        forget_peak(abruf.process.pid)
        with concurrent.futures.ThreadPoolExecutor(len(quantities)) as threads:
            sent = [import_of(name, lines, it) for it in quantities]
            found = Counter(threads.map(lambda it: outcome_of(abruf, it), sent))
        assert found.pop(status) == 1
        assert len(quantities) == 1 or set(found) <= {"TOO_MANY_ITEMS", "THROTTLED"}
        assert peak_kb(abruf.process.pid) - held <= MOST_KB


def outcome_of(abruf: Abruf, orders: dict[str, Any]) -> str:
    """Return what becomes of all orders of an import, or why it is refused."""
    headers = {"Authorization": f"Bearer {abruf.tokens['staff']}"}
    body = {"query": IMPORT, "variables": {"input": orders}}
    answer = httpx.post(f"{abruf.origin}/graphql", json=body, headers=headers, timeout=120).json()
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    imported = answer["data"]["ordersImport"]
    (found,) = {it["code"] for it in imported["userErrors"]} | {
        it["status"] for it in imported["results"] or ()
    }
    return str(found)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_takes_64_mb_at_most(attacked: tuple[Abruf, str], name: str) -> None:
    abruf, order_id = attacked
    headers = {"Authorization": f"Bearer {abruf.tokens['staff']}"}

    def send(document: str) -> httpx.Response:
        # Another variable would be refused, also by a document that takes none.
        body = {"query": document, "variables": {"id": order_id} if "$id" in document else {}}
        return httpx.post(f"{abruf.origin}/graphql", json=body, headers=headers, timeout=120)

    send("{ orders(first: 1) { nodes { id lines { id } } } }")
    forget_peak(abruf.process.pid)
    before = peak_kb(abruf.process.pid)
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, ATTACKS[name]))
    assert max(len(it.content) for it in answers) <= 5_000_000 + 1_000
    assert peak_kb(abruf.process.pid) - before <= MOST_KB
    assert send("{ viewer { name } }").json()["data"]["viewer"]["name"]


MESSAGES = "{ interchangeMessages(first: 1) { nodes { fate segmentCount findings { text } } } }"
AGREE = """
mutation ($parties: PartiesUpsertInput!, $partners: PartnerProfilesUpsertInput!,
    $products: ProductsUpsertInput!) {
  partiesUpsert(input: $parties) { results { party { id } } }
  partnerProfilesUpsert(input: $partners) { results { status } }
  productsUpsert(input: $products) { results { product { id } } } }
"""
CONTRACT = """mutation ($input: ContractCreateInput!) {
  contractCreate(input: $input) { contract { id } userErrors { code } } }"""
ACTIVATE = """mutation ($id: ID!) {
  contractActivate(input: {contractId: $id}) { userErrors { code } } }"""
SEND = """mutation ($input: InterchangeReceiveInput!) {
  interchangeReceive(input: $input) { results { interchange { state } } } }"""
PARTNER = {"identification": "ATTACK", "qualifier": "14", "partyNumber": "ATTACK"}
AGREED = {
    "validFrom": "2026-01-01",
    "validTo": "2027-12-31",
    "timeZone": "Europe/Berlin",
    "currency": "EUR",
}
ARTICLES, EACH = 67, 248


def schedules(reference: str, articles: Sequence[int]) -> str:
    """Return a file in Base64 of one message that calls these articles off."""
    wanted = "SCC+4++W'QTY+113:1'DTM+2:20270101:102'" * EACH
    lines = [f"LIN+{it}++A{it}:IN'{wanted}" for it in articles]
    body = f"BGM+241+1+5'DTM+137:202611280600:203'UNS+D'{''.join(lines)}UNS+S'"
    text = f"UNB+UNOC:3+ATTACK:14+US:14+261128:0600+{reference}'UNH+1+DELFOR:D:96A:UN'{body}"
    text += f"UNT+{body.count(chr(39)) + 2}+1'UNZ+1+{reference}'"
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def worker(attacked: tuple[Abruf, str]) -> Iterator[int]:
    """Start a worker beside what is attacked, and give its process's id."""
    abruf, _ = attacked
    environment = {**os.environ, "ABRUF_DATA_DIR": str(abruf.folder), "ABRUF_LOG": "json"}
    command = (sys.executable, "-m", "workers")
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            assert process.stdout is not None
            assert any(b'"worker started"' in it for it in process.stdout)
            yield process.pid
            process.terminate()
            assert b"Traceback" not in process.communicate(timeout=60)[0]
        finally:
            process.kill()


def test_a_message_of_fifty_thousand_segments_takes_64_mb_at_most(
    attacked: tuple[Abruf, str], worker: int
) -> None:
    """The server that takes it, and the worker that reads it."""
    abruf, _ = attacked
    made = abruf.ask(
        AGREE,
        parties={"parties": [{"number": "ATTACK", "name": "Attack"}]},
        partners={"partnerProfiles": [{"code": "ATTACK", **PARTNER}]},
        products={"products": [{"sku": f"A{it}", "name": "Attack"} for it in range(ARTICLES)]},
    )
    (party,) = made["partiesUpsert"]["results"]
    terms = {"targetQuantity": "100000", "unitPrice": "1"}
    products = [it["product"]["id"] for it in made["productsUpsert"]["results"]]
    lines = [{"productId": it, **terms} for it in products]
    agreed = {"partyId": party["party"]["id"], "lines": lines, **AGREED}
    contract = abruf.ask(CONTRACT, input=agreed)["contractCreate"]
    abruf.ask(ACTIVATE, id=contract["contract"]["id"])
    abruf.ask(SEND, input={"content": schedules("SMALL", [0])})
    assert read_message(abruf)["fate"] == "READ"
    both = (abruf.process.pid, worker)
    for each in both:
        forget_peak(each)
    held = [held_kb(it) for it in both]
    abruf.ask(SEND, input={"content": schedules("LARGE", range(1, ARTICLES))})
    message = read_message(abruf)
    assert (message["fate"], message["findings"]) == ("READ", [])
    assert message["segmentCount"] > 49_000
    assert max(peak_kb(it) - own for it, own in zip(both, held, strict=True)) <= MOST_KB


def read_message(abruf: Abruf) -> dict[str, Any]:
    """Return the newest message once the worker has read it."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        (message,) = abruf.ask(MESSAGES)["interchangeMessages"]["nodes"]
        if message["fate"] != "WAITING":
            return message
        time.sleep(0.2)
    raise TimeoutError
