"""Writes a message of every event that has none into the catalogues, and drops what is left over.

So it does with each value of an enum that a message shows.

`make docs` does it. In English it is the event's name in words, "location.closed" → "Location
closed", which may be bettered; in other languages it waits for a translator, and until then people
read the English one.
"""

import re
from collections.abc import Iterator
from enum import Enum
from itertools import chain, starmap
from typing import get_args, get_type_hints

from kit.standards.languages import Spoken
from models.base.events import EVENTS
from models.events.wording import CATALOGUES, fields_of

_CONTEXT_OF_VALUE = re.compile(r'^msgctxt "([^"]+)"\nmsgid "[^"]+"\nmsgstr "', re.MULTILINE)
_MSGID = re.compile(r'^msgid "([^"]+)"$', re.MULTILINE)


def completed(text: str, language: Spoken) -> str:
    """Return a catalogue with one entry of each event, those that were there as they were."""
    head, *entries = text.strip().split("\n\n")
    entry_of = {(*_CONTEXT_OF_VALUE.findall(it), *_MSGID.findall(it)[:1]): it for it in entries}
    made = [entry_of.get((name,)) or _entry(name, language) for name in sorted(EVENTS)]
    shown = zip(sorted(EVENTS), made, strict=True)
    values = sorted(set(chain.from_iterable(starmap(values_shown, shown))))
    made += [entry_of.get(it) or _entry(it[1], language, it[0]) for it in values]
    return "\n\n".join([head, *made]) + "\n"


def values_shown(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield field and value of the enums of an event's payload that a text shows."""
    hints = get_type_hints(EVENTS[name])
    for field in fields_of(text):
        kind, *_ = get_args(hints[field]) or (hints[field],)
        if isinstance(kind, type) and issubclass(kind, Enum):
            yield from ((field, it.value) for it in kind)


def _entry(name: str, language: Spoken, context: str = "") -> str:
    words = re.sub(r"[._]", " ", name).capitalize() if language is Spoken.EN else ""
    of = f'msgctxt "{context}"\n' if context else ""
    return f'{of}msgid "{name}"\nmsgstr "{words}"'


if __name__ == "__main__":
    for each in Spoken:
        file = CATALOGUES / f"{each.value}.po"
        file.write_text(completed(file.read_text("utf-8"), each), "utf-8")
