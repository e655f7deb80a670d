"""Writes a message of every event that has none into the catalogues, and drops what is left over.

`make docs` does it. In English it is the event's name in words, "location.closed" → "Location
closed", which may be bettered; in other languages it waits for a translator, and until then people
read the English one.
"""

import re

from kit.standards.languages import Spoken
from models.base.events import EVENTS
from models.events.wording import CATALOGUES

_MSGID = re.compile(r'^msgid "([^"]+)"$', re.MULTILINE)


def completed(text: str, language: Spoken) -> str:
    """Return a catalogue with one entry of each event, those that were there as they were."""
    head, *entries = text.strip().split("\n\n")
    entry_of = {_MSGID.findall(entry)[0]: entry for entry in entries}
    made = [entry_of.get(name) or _entry(name, language) for name in sorted(EVENTS)]
    return "\n\n".join([head, *made]) + "\n"


def _entry(name: str, language: Spoken) -> str:
    words = re.sub(r"[._]", " ", name).capitalize() if language is Spoken.EN else ""
    return f'msgid "{name}"\nmsgstr "{words}"'


if __name__ == "__main__":
    for each in Spoken:
        file = CATALOGUES / f"{each.value}.po"
        file.write_text(completed(file.read_text("utf-8"), each), "utf-8")
