"""We reach whom we may, at the address that was looked at, and nobody inside."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kit.outgoing.addresses import is_inside
from kit.outgoing.client import DEFAULT_RULES, Client, NoAnswer, OutgoingFault, Rules
from tests.make.messages.receivers import Received, Receiver, Reply, receiver
from tests.make.running import until

HERE = (ip_network("127.0.0.0/8"),)
PUBLIC = "93.184.216.34 8.8.8.8 168.63.129.15 2606:4700:4700::1111 2a00:1450:4001:800::200e"
INSIDE = """
127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254
100.100.100.200 192.0.0.192 168.63.129.16 224.0.0.1 239.255.255.255 255.255.255.255 198.18.0.1
192.0.2.1 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1
2002:7f00:1::1 2001::1 fe80::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 3fff::1 100::1 fec0::1
"""
WRITTEN = """
https://127.0.0.1/ https://127.1/ https://2130706433/ https://0x7f000001/ https://0177.0.0.1/
https://0/ https://localhost/ https://LOCALHOST./ https://[::1]/ https://[::ffff:127.0.0.1]/
https://[::ffff:7f00:1]/ https://169.254.169.254/latest/meta-data/ https://[fd00:ec2::254]/
https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/ https://0.0.0.0/ https://①②⑦.⓪.⓪.①/
https://user:password@example.com/ https://example.com@127.0.0.1/ https://127.0.0.1#@example.com/
https://example.com:22/ https://example.com:5432/ http://example.com/ ftp://example.com/
file:///etc/passwd gopher://127.0.0.1/ unix:///var/run/docker.sock //example.com/ https:// https:///x
https://[fe80::1%25eth0]/ https://exa\x00mple.com/ https://example.com:0/ https://example.com:65536/
"""
UNREADABLE = "https://xn--/ https://xn--a.example/ https://[::1/ https://example.com:x/"


def test_of_the_addresses_only_those_of_the_public_internet_are_outside() -> None:
    assert [it for it in PUBLIC.split() if is_inside(ip_address(it))] == []
    assert [it for it in INSIDE.split() if not is_inside(ip_address(it))] == []


@pytest.fixture
async def client() -> AsyncIterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(rules: Rules = DEFAULT_RULES, trust: ssl.SSLContext | None = None) -> Client:
        made.append(Client(rules, trust))
        return made[-1]

    yield make
    for each in made:
        each.close()


async def refused(client: Client, url: str) -> OutgoingFault:
    with pytest.raises(NoAnswer) as caught:
        await client.post(url, b"{}", {})
    return caught.value.fault


async def test_however_a_place_inside_is_written_nobody_connects_to_it(
    client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def connected(*_: object) -> None:
        pytest.fail("somebody connected")

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", connected)
    careful = client()
    faults = {it: await refused(careful, it) for it in WRITTEN.split()}
    allowed = {OutgoingFault.FORBIDDEN, OutgoingFault.UNRESOLVED}
    assert {url: fault for url, fault in faults.items() if fault not in allowed} == {}


def test_what_cannot_be_read_as_a_url_is_refused_as_such() -> None:
    reasons = {it: DEFAULT_RULES.refuse(it) for it in UNREADABLE.split()}
    assert {url: why for url, why in reasons.items() if why != "This is not a URL."} == {}


async def test_a_name_is_looked_up_once_and_all_that_it_means_must_be_outside(
    client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server of names that gives another address each time, and one that mixes them.
    turns = iter(["127.0.0.1", "10.0.0.1"])
    names: list[str] = []

    def rebinding(host: str, port: int, **_: object) -> list[object]:
        names.append(host)
        found = ["8.8.8.8", "10.0.0.1"] if host == "mixed.example" else [next(turns)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (it, port)) for it in found]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    async with receiver() as there:
        rules = Rules(frozenset({there.port, 443}), HERE, allows_http=True)
        answered = await client(rules).post(f"http://moving.example:{there.port}/", b"{}", {})
        assert answered.status == 204
        assert names == ["moving.example"]
        assert there.received[0].headers["host"] == f"moving.example:{there.port}"
        assert await refused(client(rules), f"http://moving.example:{there.port}/") == "FORBIDDEN"
    assert await refused(client(), "https://mixed.example/") is OutgoingFault.FORBIDDEN


async def test_names_that_nobody_knows_hold_up_their_owner_alone(
    client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    over, names = Event(), list[str]()

    def silent(host: str, port: int, **_: object) -> list[object]:
        names.append(host)
        if host.startswith("silent"):
            over.wait(60)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr("kit.outgoing.lookups.OF_ONE", 2)
    async with receiver() as there:
        rules = Rules(frozenset({there.port}), HERE, allows_http=True, seconds=1)
        asks, at = client(rules), f"example:{there.port}/"
        async with asks.connected("one") as one, asks.connected("other") as other:
            late = [
                asyncio.create_task(one.post(f"http://silent{place}.{at}", b"", {}))
                for place in (1, 1, 2)
            ]
            await until(lambda: len(names) == 2)
            # One's own name waits, and no time of its request passes; no number and no other does.
            own = asyncio.create_task(one.post(f"http://own.{at}", b"", {}))
            assert (await one.post(f"http://127.0.0.1:{there.port}/", b"", {})).status == 204
            assert (await other.post(f"http://good.{at}", b"", {})).status == 204
            faults = await asyncio.gather(*late, return_exceptions=True)
            assert [it.fault for it in faults if isinstance(it, NoAnswer)] == ["LATE"] * 3
            assert not own.done()
            over.set()
            assert (await own).status == 204
    assert sorted(names) == ["good.example", "own.example", "silent1.example", "silent2.example"]


async def answering(received: Received) -> Reply:
    """Answer as the path says."""
    match received.path:
        case "/moved":
            return Reply(302, {"location": "/elsewhere"})
        case "/long":
            return Reply(200, body=b"x" * 200_000)
        case "/endless":
            return Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 100_000)
        case "/odd":
            return Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        case "/late":
            await asyncio.Event().wait()
    return Reply(200, {"Retry-After": "7"}, received.body)


async def test_it_reads_one_answer_and_no_more_of_it_than_it_may(
    client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with receiver(answering) as there:
        own = frozenset({there.port, 1})
        asks = client(Rules(own, HERE, allows_http=True))

        def at(path: str) -> str:
            return f"http://127.0.0.1:{there.port}{path}"

        plain = await asks.post(at("/a?b=c"), b"body", {"webhook-id": "m"})
        assert (plain.status, plain.body, plain.headers["retry-after"]) == (200, b"body", "7")
        assert there.received[0].headers["webhook-id"] == "m"
        moved = await asks.post(at("/moved"), b"", {})
        assert (moved.status, len(there.received)) == (302, 2)
        assert len((await asks.post(at("/long"), b"", {})).body) == 65_536
        assert len((await asks.post(at("/endless"), b"", {})).body) == 65_536
        assert await refused(asks, at("/odd")) is OutgoingFault.BROKEN
        hasty = client(Rules(own, HERE, allows_http=True, seconds=0.2))
        assert await refused(hasty, at("/late")) is OutgoingFault.LATE
        assert await refused(asks, "http://127.0.0.1:1/") is OutgoingFault.UNREACHABLE


async def test_what_is_said_unasked_answers_no_question_of_another(
    client: Callable[..., Client],
) -> None:
    twice = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    async def says_more(received: Received) -> Reply:
        return Reply(raw=twice * 2) if received.path == "/more" else Reply(500)

    async with receiver(says_more) as there:
        asks = client(Rules(frozenset({there.port}), HERE, allows_http=True))
        url = f"http://127.0.0.1:{there.port}"
        async with asks.connected() as first, asks.connected() as second:
            assert (await first.post(f"{url}/more", b"", {})).status == 200
            assert (await second.post(f"{url}/other", b"", {})).status == 500
            assert (await second.post(f"{url}/other", b"", {})).status == 500
        assert (await asks.post(f"{url}/other", b"", {})).status == 500
        # What is asked again is asked on the same connection.
        assert there.connections == 3


def certified(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return how a server proves that it is a host, and who believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "pem"
    file.write_bytes(private + signed)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    return serving, ssl.create_default_context(cadata=signed.decode())


async def test_a_host_proves_who_it_is(client: Callable[..., Client], tmp_path: Path) -> None:
    serving, believing = certified(tmp_path, "localhost")
    async with receiver(tls=serving) as there:
        rules = Rules(frozenset({there.port}), HERE)
        answered = await client(rules, believing).post(_named(there), b"{}", {})
        assert answered.status == 204
        assert await refused(client(rules), _named(there)) is OutgoingFault.UNTRUSTED
        assert await refused(client(rules, believing), there.url) is OutgoingFault.UNTRUSTED


async def test_what_tls_cannot_read_is_broken(
    client: Callable[..., Client], tmp_path: Path
) -> None:
    serving, believing = certified(tmp_path, "localhost")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        # A record that nobody has encrypted, past the connection's own TLS.
        os.write(writer.get_extra_info("socket").fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving) as there:
        port = there.sockets[0].getsockname()[1]
        asks = client(Rules(frozenset({port}), HERE), believing)
        assert await refused(asks, f"https://localhost:{port}/") is OutgoingFault.BROKEN


def _named(there: Receiver) -> str:
    return f"https://localhost:{there.port}/"
