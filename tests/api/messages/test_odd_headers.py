"""Whatever letters stand in the headers of a file, it is kept, and answered where wanted."""

from base64 import b64decode

import pytest

from kit.standards.edifact.envelopes import split
from tests.make.messages import files

ODD = ["\0", "\x07", "\xa0", "\N{ZERO WIDTH SPACE}", "Ü", "Ж", "𝄞", "?+", "x" * 99]
PLACES = {
    "sender": "S:14+SUPPLIER:ZZ",
    "recipient": "SUPPLIER:ZZ",
    "recipient's qualifier": "ZZ+260302",
    "reference of the interchange": "REF1",
    "application": "DELFOR++1'",
    "reference of the message": "1+DELFOR:D:97A",
    "type of the message": "DELFOR:D:97A",
    "association": "GMAI22",
}


def _odd(content: bytes, place: str, letters: str) -> bytes:
    sign = PLACES[place].encode().replace(b"S:14", b":14")
    head, _, tail = content.partition(sign)
    return head + letters.encode() + sign + tail


@pytest.mark.parametrize("syntax", ["UNOA", "UNOC", "UNOY"])
async def test_odd_letters_in_headers_lose_nothing(ask, syntax) -> None:
    partner = await files.partner(ask)
    usual = files.interchange(partner["identification"]).replace(b"UNOC", syntax.encode(), 1)
    for number, place in enumerate(PLACES):
        for other, letters in enumerate(ODD):
            file = _odd(usual, place, letters).replace(b"REF1", f"R{number}-{other}".encode())
            found = await files.results(ask, file)
            assert found, (place, letters)
            for each in found:
                for answer in each["interchange"]["answers"]:
                    content = b64decode(answer["content"]["base64"])
                    (envelope,) = split(content)
                    assert envelope.header is not None
                    assert b"UCI+" in content
