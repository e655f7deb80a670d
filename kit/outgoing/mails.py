"""Mail over SMTP: where it is handed over, and what became of it.

A server that has answered 2xx to the end of a message's data has taken it, whatever happens to the
connection afterwards. What it refuses with 5xx of a recipient or of the data it refuses for good;
all else may go better at another time.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP as Client  # noqa: N811 -- it is a class.
from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from kit.outgoing.headers import is_address, mailbox_field, plain_field, text_field

MAIL_S = 60
"""Seconds that one mail may take in all."""
_FOR_GOOD = 500
_PORTS = {"smtp": 25, "smtps": 465}


class Fate(Enum):
    """What became of a mail."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    NOT_NOW = "NOT_NOW"


class Handed(NamedTuple):
    """How a try ended. code: the server's last answer (RFC 5321), None where it gave none."""

    fate: Fate
    code: int | None = None


@dataclass(frozen=True)
class MailRoute:
    """Where mails are handed over, and in whose name.

    sender: a mail address, that of the envelope too. is_tls: from the first byte on; otherwise TLS
    begins where the server offers it.
    """

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    is_tls: bool = False
    longest_s: float = MAIL_S

    @property
    def domain(self) -> str:
        """Return the part of the sender's address of which message ids are made."""
        return self.sender.rpartition("@")[2]


def route(url: str, sender: str) -> MailRoute:
    """Return the route of an address such as smtp://user:password@mail.example:587.

    ValueError for another kind of address, and for a sender that is none.
    """
    found = urlsplit(url)
    if found.scheme not in _PORTS or not found.hostname or not is_address(sender):
        message = "an address like smtp://user:password@mail.example:587, and a mail address"
        raise ValueError(message)
    return MailRoute(
        found.hostname,
        found.port or _PORTS[found.scheme],
        sender,
        unquote(found.username) if found.username else None,
        unquote(found.password) if found.password else None,
        found.scheme == "smtps",
    )


class Mail(NamedTuple):
    """A mail as it is handed over. to: one address. content: its bytes, head and body."""

    to: str
    content: bytes


def message(sender: tuple[str, str], to: str, words: tuple[str, str, str], **fields: str) -> Mail:
    """Return a mail. sender: name and address. words: subject, text and HTML.

    fields: "in_reply_to" -> In-Reply-To, each of printable ASCII. ValueError for a field with a
    line break in it.
    """
    subject, text, html = words
    head = [
        mailbox_field("From", *sender),
        plain_field("To", to),
        text_field("Subject", subject),
        *(plain_field(name.title().replace("_", "-"), it) for name, it in fields.items()),
    ]
    body = EmailMessage(SMTP)
    body.set_content(text, cte="quoted-printable")
    body.add_alternative(html, subtype="html", cte="quoted-printable")
    return Mail(to, "".join(head).encode("ascii") + body.as_bytes())


async def hand_over(where: MailRoute, mail: Mail) -> Handed:
    """Hand one mail over. It never raises: whatever fails is told as a fate."""
    client = Client(
        hostname=where.host,
        port=where.port,
        username=where.user,
        password=where.password,
        use_tls=where.is_tls,
        timeout=where.longest_s,
    )
    try:
        async with asyncio.timeout(where.longest_s):
            await client.connect()
            await client.sendmail(where.sender, [mail.to], mail.content)
    except (SMTPRecipientsRefused, SMTPRecipientRefused, SMTPDataError) as error:
        return _refused(error)
    except SMTPResponseException as error:
        return Handed(Fate.NOT_NOW, error.code)
    except (SMTPException, OSError, ValueError):
        return Handed(Fate.NOT_NOW)
    finally:
        with suppress(SMTPException, OSError):
            client.close()
    return Handed(Fate.ACCEPTED, 250)


def _refused(error: Any) -> Handed:
    """Return the fate of what the server has answered to a recipient or to the data."""
    first = error.recipients[0] if isinstance(error, SMTPRecipientsRefused) else error
    return Handed(Fate.REFUSED if first.code >= _FOR_GOOD else Fate.NOT_NOW, first.code)
