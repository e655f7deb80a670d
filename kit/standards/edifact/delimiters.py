"""The service characters of an interchange, and how they part a text (ISO 9735-1, UNA)."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from kit.standards.edifact.faults import Fault, Faulty, Finding

_RELEASED = "[{}](.?)"
UNA_LENGTH = len("UNA:+.? '")


def _wrong(una: bytes) -> Faulty:
    text = f"These service characters do not part a text: {una!r}"
    return Faulty(Finding(Fault.INVALID_SERVICE_CHARACTER, text, 0, "UNA"))


@dataclass(frozen=True)
class Delimiters:
    """Service characters, all of ASCII. release, repetition: "" for none."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = ""
    segment: str = "'"

    @classmethod
    def of(cls, una: bytes) -> Self:
        """Return what a UNA says, its six characters. Faulty for what cannot part anything."""
        if len(una) != UNA_LENGTH - len("UNA"):
            raise _wrong(una)
        component, element, decimal, release, repetition, segment = map(chr, una)
        found = cls(component, element, decimal, release.strip(" "), repetition.strip(" "), segment)
        parting = [component, element, segment, *found.release, *found.repetition]
        is_plain = una.isascii() and b"\0" not in una
        is_plain = is_plain and not any(it.isalnum() for it in map(chr, una))
        if not is_plain or " " in parting or len(set(parting)) != len(parting):
            raise _wrong(una)
        return found

    @property
    def una(self) -> str:
        """Return the UNA that says so."""
        own = (self.component, self.element, self.decimal, self.release, self.repetition)
        return f"UNA{''.join(it or ' ' for it in own)}{self.segment}"

    def parts(self, text: str, separator: str) -> list[str]:
        """Part a text where a separator is not released; its parts keep their release marks."""
        pieces = text.split(separator)
        if not self.release or self.release not in text:
            return pieces
        found, held = [], list[str]()
        for piece in pieces:
            held.append(piece)
            trailing = len(piece) - len(piece.rstrip(self.release))
            if trailing % 2 == 0:
                found.append(separator.join(held))
                held = []
        return [*found, separator.join(held)] if held else found

    def plain(self, text: str) -> str:
        """Return a text without its release marks."""
        if not self.release or self.release not in text:
            return text
        return self._released.sub(r"\1", text)

    def escaped(self, text: str) -> str:
        """Return a text in which no character parts anything. ValueError where none can be."""
        own = (self.component, self.element, self.segment, self.repetition, self.release)
        if not any(it and it in text for it in own):
            return text
        if not self.release:
            message = f"Without a release mark this cannot be written: {text!r}"
            raise ValueError(message)
        return "".join(f"{self.release}{it}" if it in own else it for it in text)

    @cached_property
    def _released(self) -> re.Pattern[str]:
        return re.compile(_RELEASED.format(re.escape(self.release)), re.DOTALL)


DEFAULT = Delimiters()
"""What counts where no UNA says otherwise."""
