"""Records of VDA 4905 (edition of 1996): 128 characters, 511 to 519, and what stands in each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

RECORD_LENGTH = 128
_BREAKS = b"\r\n\x00\x1a"
LAYOUTS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "511": (
        *(("customer", 9), ("supplier", 9), ("old_number", 5), ("number", 5)),
        *(("date", 6), ("reset", 6)),
    ),
    "512": (
        *(("plant", 3), ("number", 9), ("date", 6), ("old_number", 9), ("old_date", 6)),
        *(("buyers", 22), ("suppliers", 22), ("order", 12), ("unloading_point", 5)),
        *(("planner", 4), ("unit", 2), ("interval", 1), ("production", 1), ("material", 1)),
        *(("use", 1), ("account", 7), ("store", 7)),
    ),
    "513": (
        *(("received_on", 6), ("note", 8), ("note_on", 6), ("quantity", 12), ("received", 10)),
        *((f"{name}{at}", size) for at in range(5) for name, size in (("date", 6), ("sum", 9))),
    ),
    "514": tuple(
        (f"{name}{at}", size) for at in range(8) for name, size in (("date", 6), ("sum", 9))
    ),
    "515": (
        *(("production_from", 6), ("production_to", 6), ("production", 10)),
        *(("material_from", 6), ("material_to", 6), ("material", 10)),
        *(("revision", 22), ("supplier", 9), ("horizon", 6), ("point_of_use", 14)),
        ("at_reset", 10),
    ),
    "517": (("packaging", 22),),
    "518": (),
    "519": tuple((it, 7) for it in ("511", "512", "513", "514", "517", "518", "519", "515")),
}
"""Record -> its fields behind type and version, and how long they are; 519 counts 515 last."""
_TEXTS = frozenset(
    (
        *("customer", "supplier", "plant", "buyers", "suppliers", "order", "unloading_point"),
        *("planner", "unit", "account", "store", "note", "revision", "point_of_use", "packaging"),
    )
)
"""Fields that blanks fill up behind, which whoever sends may leave out; others are digits."""
_NEEDED = MappingProxyType({"511": "date", "512": "unit", "513": "received"})
"""Record -> the last field that it cannot do without."""


@dataclass(frozen=True)
class Record:
    """A record. number: in its transmission, 511 being 1. offset: of its first byte.

    length: characters of it that were sent; blanks at its end may be left out.
    """

    text: str
    number: int
    offset: int
    length: int = RECORD_LENGTH

    @property
    def type(self) -> str:
        """Return of which kind it is, 511 to 519."""
        return self.text[:3]

    def fields(self) -> dict[str, str]:
        """Return name -> what stands there, without the blanks around it."""
        found, place = {}, 5
        for name, length in LAYOUTS[self.type]:
            found[name] = self.text[place : place + length].strip()
            place += length
        return found

    @property
    def is_cut(self) -> bool:
        """Whether it ends within digits, or before what it cannot do without."""
        place = 5
        for name, length in LAYOUTS.get(self.type, ()):
            is_within = place < self.length < place + length
            if is_within and name not in _TEXTS:
                return True
            place += length
            if name == _NEEDED.get(self.type) and self.length < place:
                return name not in _TEXTS or self.length <= place - length
        return False


def records(content: bytes) -> Iterator[Record]:
    """Yield the records, with line breaks behind them or without; what is cut is filled up."""
    start, number = 0, 0
    while start < len(content):
        if content[start : start + 1] in (b"\r", b"\n", b"\x00", b"\x1a"):
            start += 1
            continue
        line = content[start : start + RECORD_LENGTH]
        stop = min((at for at in map(line.find, (b"\n", b"\r")) if at >= 0), default=len(line))
        text = line[:stop].rstrip(_BREAKS).decode("latin-1")
        number = 1 if text.startswith("511") else number + 1
        yield Record(text.ljust(RECORD_LENGTH), number, start, len(text))
        start += stop
