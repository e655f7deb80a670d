"""Mails in words: every language says everything, and no row's text becomes markup or a header."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32, default
from email.utils import getaddresses

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from commands.messages.notifications.kinds import CAUSES
from commands.messages.notifications.mails.letters import (
    AgreedContract,
    ArrivalWindow,
    Coming,
    Goods,
    Letter,
    News,
    Ordered,
    Sender,
    Tracked,
)
from commands.messages.notifications.mails.wording import (
    CATALOGUES,
    COUNTED,
    TEMPLATES,
    plain_text,
    translations,
    write_mail,
)
from kit.outgoing import mails
from kit.outgoing.headers import is_address
from kit.standards.languages import Spoken
from models.fulfilment.deliveries.states import DeliveryState
from models.master.catalog import Unit
from models.messages.notifications import (
    TRUE_OF_DELIVERIES,
    TRUE_OF_ORDERS,
    NotificationKind,
)
from models.trade.orders.states import OrderState
from web.mails import sample

OTHERS = [it for it in Spoken if it is not Spoken.EN]
BEGIN = datetime(2026, 3, 9, 8, tzinfo=UTC)
BAD = '<script>alert("x")</script>\r\nBcc: everybody@example.com'


def letter(language: Spoken, kind: NotificationKind, text: str = "A-1", count: int = 3) -> Letter:
    """Return a letter in which a text stands wherever a row's may."""
    goods = [Goods(text, Decimal(count), it, Decimal("1234.5")) for it in Unit]
    window = ArrivalWindow(BEGIN, BEGIN + timedelta(days=1), "Europe/Berlin")
    coming = [Coming(text, it, window, goods, [Tracked(text, text)]) for it in DeliveryState]
    ordered = [Ordered(text, it, "EUR", text, goods, coming, Decimal(9)) for it in OrderState]
    sender = Sender(text, "#1f4e79", "https://shop.example/logo.png", text, text)
    return Letter(language, sender, [News(kind, text)], ordered, [AgreedContract(text, goods)])


def wanted() -> set[str]:
    """Return the messages that templates and code ask for."""
    found = {one for one, _ in COUNTED.values()}
    for template in TEMPLATES.iterdir():
        with template.open("rb") as file:
            options = {"trimmed": "false", "silent": "false", "encoding": "utf-8"}
            ids = (it[2] for it in babel_extract(file, ("_",), (), options))
            found |= {it if isinstance(it, str) else it[0] for it in ids}
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_there_in_every_language_and_none_is_left_over(language: Spoken) -> None:
    with (CATALOGUES / f"{language.value}.po").open("rb") as file:
        messages = {it.id: it for it in read_po(file, abort_invalid=True) if it.id}
    ids = {it if isinstance(it, str) else it[0] for it in messages}
    assert ids == wanted()
    forms = max(translations(language).plural(it) for it in range(200)) + 1
    for name, message in messages.items():
        if isinstance(name, str):
            assert message.string, name
            assert ("%(number)s" in name) == ("%(number)s" in message.string), name
        else:
            assert name == COUNTED[next(it for it, its in COUNTED.items() if its[0] == name[0])]
            assert len(message.string) == forms
            assert all("{number}" in it for it in message.string), name
    assert {it.stem for it in CATALOGUES.iterdir()} == {it.value for it in OTHERS}


@pytest.mark.parametrize("language", Spoken)
def test_each_kind_has_a_subject_of_its_own(language: Spoken) -> None:
    subjects = {write_mail(letter(language, it)).subject for it in NotificationKind}
    assert len(subjects) == len(NotificationKind)
    assert [it for it in subjects if "A-1" not in it] == []


def test_pictures_are_taken_of_each_kind_as_it_may_be() -> None:
    subjects = {write_mail(sample(kind, it)).subject for kind in NotificationKind for it in Spoken}
    assert len(subjects) == len(NotificationKind) * len(Spoken)


def test_a_part_of_a_delivery_says_what_has_arrived() -> None:
    part = write_mail(sample(NotificationKind.DELIVERY_PARTLY_DELIVERED, Spoken.DE))
    assert "- 250 Stück Hex bolt M8 × 40, zinc plated (angekommen: 100 Stück)" in part.text
    assert "angekommen: 100 Stück" in part.html
    planned = write_mail(sample(NotificationKind.DELIVERY_PLANNED, Spoken.DE))
    assert "angekommen" not in planned.text + planned.html


def test_goods_that_come_later_say_how_much_and_when() -> None:
    late = write_mail(sample(NotificationKind.ORDER_BACKORDERED, Spoken.DE))
    words = "kommt später: 100 Stück, Montag, 16. März 2026, 08:00 – 12:00"
    assert f"zinc plated: 212,50\N{NO-BREAK SPACE}€ ({words})" in late.text
    assert (words in late.html, (late.text + late.html).count("kommt später:")) == (True, 2)


def test_every_kind_is_told_of_something() -> None:
    causes = {kind for cause in CAUSES.values() for kind in _kinds(cause)}
    assert causes | {NotificationKind.CALL_OFF_CONFIRMED} >= {*TRUE_OF_DELIVERIES}
    others = {it for it in NotificationKind if it.value.startswith(("CONTRACT_", "WEBHOOK_"))}
    assert {*TRUE_OF_ORDERS, *TRUE_OF_DELIVERIES, *others} == {*NotificationKind}


def _kinds(cause):
    return {*cause(None, None, ())} if cause.__name__ == "<lambda>" else set()


@pytest.mark.parametrize("language", Spoken)
def test_no_text_of_a_row_is_markup_or_a_line_of_its_own(language: Spoken) -> None:
    written = write_mail(letter(language, NotificationKind.ORDER_CONFIRMED, BAD))
    assert "<script" not in written.html
    assert "&lt;script&gt;" in written.html
    assert "\n" not in written.subject.replace("\r", "\n")
    assert [it for it in written.text.splitlines() if it.startswith("Bcc")] == []


WORDS = "=?utf-8?q?=0D=0AReply-To:_e=40evil.example=0D=0ABcc:_v=40v.example=0D=0A=0D=0A<h1>Pay?="
"""An encoded word (RFC 2047) that ends a header, and the head, where somebody decodes it."""
ODD_WORDS = ("=?raw_unicode_escape?q?\\ud800?=", f"=?utf-16?b?{'a' * 60}?=", f"Müller {WORDS}")
SENDER = ("Shop", "shop@example.com")


def parsed(mail: mails.Mail) -> tuple[Message, dict[str, str]]:
    """Return a mail as a plain parser reads it, and its fields as their reader is shown them."""
    read = message_from_bytes(mail.content, policy=compat32)
    shown = {name: str(make_header(decode_header(it))) for name, it in read.items()}
    return read, shown


def test_no_text_of_a_row_becomes_a_header() -> None:
    kind = NotificationKind.ORDER_CONFIRMED
    plain, _ = parsed(mails.message(SENDER, "anna@example.com", ("A", "b", "c"), message_id="<1>"))
    for text in (BAD, WORDS, *ODD_WORDS, "O'\"Neil\\ & Söhne", "x" * 2_000, "ü" * 500, "=?", ""):
        words = write_mail(letter(Spoken.EN, kind, text))
        name, mail = plain_text(text), (words.subject, words.text, words.html)
        made = mails.message((name, SENDER[1]), "anna@example.com", mail, message_id="<1>")
        read, shown = parsed(made)
        assert read.keys() == plain.keys()
        assert (shown["Subject"], shown["To"]) == (words.subject, "anna@example.com")
        assert [address for _, address in getaddresses([read["From"]])] == [SENDER[1]]
        assert name in shown["From"].replace('\\"', '"').replace("\\\\", "\\")
        assert max(map(len, made.content.splitlines())) <= 998
        # Another parser, which decodes as it reads, finds the same.
        other = BytesParser(policy=default).parsebytes(made.content)
        assert (other.keys(), str(other["Subject"])) == (read.keys(), words.subject)
        assert other["From"].addresses[0].addr_spec == SENDER[1]
        assert other.get_body(("plain",)).get_content().replace("\r\n", "\n") == words.text


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", "\x85", "\u2028"])
def test_a_field_with_the_end_of_a_line_in_it_is_not_written(end: str) -> None:
    words = ("A", "b", "c")
    with pytest.raises(ValueError, match="line breaks"):
        mails.message(SENDER, "anna@example.com", (f"A{end}Bcc: x", "b", "c"))
    with pytest.raises(ValueError, match="line breaks"):
        mails.message((f"A{end}Bcc: x", SENDER[1]), "anna@example.com", words)
    with pytest.raises(ValueError, match="one line"):
        mails.message(SENDER, "anna@example.com", words, message_id=f"<1>{end}Bcc: x")
    with pytest.raises(ValueError, match="one line"):
        mails.message(SENDER, f"anna@example.com{end}Bcc: x", words)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("anna@example.com", True),
        ("anna.weber+shop@mail.example.com", True),
        ("o'neil_&_co=x@xn--mller-kva.example", True),
        ("anna@example.com\r\nBcc: b@example.com", False),
        ("anna@example.com, b@example.com", False),
        ("Anna <anna@example.com>", False),
        ("anna", False),
        ("@example.com", False),
        ("anna@localhost", False),
        ("anna@[127.0.0.1]", False),
        ("anna@-example.com", False),
        ('"anna weber"@example.com', False),
        ("=?utf-8?q?=0D=0ABcc=3A_v?=@example.com", False),
        ("änna@example.com", False),
        ("anna@example.com\n", False),
        (f"{'a' * 65}@example.com", False),
        ("", False),
        # What Python's own parser fails at.
        ("_@[", False),
        ("a@[", False),
        ("=?", False),
        ("a@b.c(", False),
        ("\0@example.com", False),
    ],
)
def test_an_address_is_one_of_ascii(text: str, is_one: bool) -> None:  # noqa: FBT001 -- of a table.
    assert is_address(text) is is_one


def test_numbers_money_and_windows_are_written_as_the_language_does() -> None:
    kind, space = NotificationKind.ORDER_CONFIRMED, "\N{NO-BREAK SPACE}"
    texts = {it: write_mail(letter(it, kind, count=5)).text for it in Spoken}
    assert f"5 sztuk A-1: 1{space}234,50{space}€" in texts[Spoken.PL]
    assert f"5 Paletten A-1: 1.234,50{space}€" in texts[Spoken.DE]
    assert "5 stuks A-1" in texts[Spoken.NL]
    assert "5 kg A-1: €1,234.50" in texts[Spoken.EN]
    assert "Lunes, Marso 9, 2026" in texts[Spoken.FIL]
    assert "3 sztuki" in write_mail(letter(Spoken.PL, kind)).text
    assert "1 sztuka" in write_mail(letter(Spoken.PL, kind, count=1)).text
    # Of two days both are told.
    assert "Montag, 9. März 2026, 09:00 – Dienstag, 10. März 2026, 09:00" in texts[Spoken.DE]


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_a_route_is_an_address_of_a_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        mails.route(url, "shop@example.com")
    with pytest.raises(ValueError, match="mail address"):
        mails.route("smtp://mail.example", "shop")
    own = mails.route("smtps://me:a%40b@mail.example", "shop@example.com")
    assert (own.port, own.user, own.password, own.is_tls, own.domain) == (
        465,
        "me",
        "a@b",
        True,
        "example.com",
    )
