"""Segment groups of DELFOR and DELJIT, D.96A to D.04A: what may stand where.

One table for each type: the directories differ in what they allow, and a group that stands in two
places in one of them stands in both here. Plants come first and articles in them (GIS or GEI, NAD,
LIN; or NAD, LIN alone), or articles and plants in them (LIN, NAD); both are read.
"""

from collections.abc import Iterable, Iterator, Sequence

from kit.standards.edifact.groups import Group, Seg
from kit.standards.edifact.segments import Segment

_MANY = 9_999
_REFERENCES = Group("REFERENCE", (Seg("RFF"), Seg("DTM", 9)), 99)
_CONTACTS = Group("CONTACT", (Seg("CTA"), Seg("COM", 9)), 9)
_TRANSPORT = Group("TRANSPORT", (Seg("TDT"), Seg("DTM", 9), Seg("LOC", 9)), 99)
_PACKAGES = Group(
    "PACKAGES",
    (
        Seg("PAC"),
        Seg("MEA", 9),
        Seg("QTY", 9),
        Seg("DTM", 9),
        Group("MARKS", (Seg("PCI"), Seg("GIN", 99)), _MANY),
    ),
    99,
)
_QUANTITIES = Group("QUANTITY", (Seg("QTY"), Seg("DTM", 9), _REFERENCES), _MANY)
_SCHEDULES = Group(
    "SCHEDULE", (Seg("SCC"), Seg("FTX", 9), Seg("DTM", 9), _REFERENCES, _QUANTITIES), _MANY
)
_JUST_IN_TIME = Group("QUANTITY", (Seg("QTY"), Seg("SCC", 9), Seg("DTM", 9), _REFERENCES), _MANY)


def _parties(*inside: Seg | Group) -> Group:
    return Group(
        "PARTY",
        (
            Seg("NAD"),
            Seg("LOC", 99),
            Seg("FTX", 9),
            _REFERENCES,
            Group("DOCUMENT", (Seg("DOC"), Seg("DTM", 9)), 99),
            _CONTACTS,
            *inside,
        ),
        _MANY,
    )


def _articles(*quantities: Group) -> Group:
    return Group(
        "ARTICLE",
        (
            Seg("LIN"),
            Seg("PIA", 99),
            Seg("IMD", 99),
            Seg("MEA", 9),
            Seg("ALI", 9),
            Seg("GIN", _MANY),
            Seg("GIR", _MANY),
            Seg("LOC", 99),
            Seg("DTM", 99),
            Seg("FTX", 99),
            _PACKAGES,
            _REFERENCES,
            Seg("LOC", 99),
            _CONTACTS,
            _TRANSPORT,
            *quantities,
            _PACKAGES,
            _parties(*quantities, _PACKAGES, _TRANSPORT),
        ),
        _MANY * 100,
        is_lone=True,
    )


def _plants(trigger: str, *inside: Group) -> Group:
    parts: Sequence[Seg | Group] = (Seg(trigger), _parties(), _TRANSPORT, *inside)
    return Group("PLANT", parts, _MANY, is_lone=True)


class PlantBegins(Segment):
    """Stands before the parties with which a plant begins that no segment of its own begins."""

    __slots__ = ()

    @property
    def tag(self) -> str:
        """Return a tag that no message has."""
        return "PLANT"


def _detail(*inside: Group) -> Iterator[Group]:
    """Yield the groups of plants, and articles without: of the plant that the head names.

    Plants without a segment of their own stand behind those, and in the others.
    """
    alone = _plants("PLANT", *inside)
    yield from (_plants(it, alone, *inside) for it in ("GIS", "GEI"))
    yield alone
    yield from inside
    yield alone


_HEAD: Sequence[Seg | Group] = (
    Seg("UNH", is_needed=True),
    Seg("BGM", is_needed=True),
    Seg("DTM", 99),
    Seg("FTX", 9),
    _REFERENCES,
    _parties(),
    _TRANSPORT,
)
_TAIL: Sequence[Seg | Group] = (
    Seg("CNT", 9),
    Group("AUTHENTICATION", (Seg("AUT"), Seg("DTM")), 9),
    Seg("UNT"),
)
_FORECAST = _articles(_QUANTITIES, _SCHEDULES)
_CALLED = _articles(_JUST_IN_TIME, _SCHEDULES)
DELFOR: Sequence[Seg | Group] = (
    *_HEAD,
    Seg("UNS"),
    *_detail(_FORECAST),
    Seg("UNS"),
    *_TAIL,
)
_DELIVERIES = Group(
    "PLANT",
    (Seg("SEQ"), Seg("DTM", 9), Seg("GIR", 99), Seg("LOC", 9), _PACKAGES, _CALLED),
    _MANY * 10,
    is_lone=True,
)
DELJIT: Sequence[Seg | Group] = (
    *_HEAD,
    _DELIVERIES,
    *_detail(_DELIVERIES, _CALLED),
    *_TAIL,
)
TABLES = {"DELFOR": DELFOR, "DELJIT": DELJIT}
"""Type of message (0065) -> what may stand where."""
RELEASES = frozenset({"96A", "97A", "98A", "98B", "99A", "00A", "00B", "04A"})
"""Of the directories whose messages these tables hold."""

_IN_SECTIONS = frozenset({"UNS", "GIS", "GEI"})
_SECTIONS = _IN_SECTIONS | {"SEQ", "LIN"}
_BEHIND_PLANTS = frozenset({"LIN", "SEQ"})
_PLANTS = frozenset({"GIS", "GEI"})
_BEHIND_ARTICLES = _SECTIONS | {"CNT", "AUT", "UNT"}
_OF_PARTIES = frozenset({"NAD", "LOC", "FTX", "RFF", "DTM", "DOC", "CTA", "COM", "TDT"})
_GOODS_GO_TO = frozenset({"ST", "CN", "DP"})
"""Parties (3035) that are plants."""
_MOST_OF_PARTIES = 1_000
"""Segments that are looked at before it is known what they stand before."""


def with_plants(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Give the segments of a message, with a `PlantBegins` before plants without a segment.

    Parties that stand directly before an article or a delivery (SEQ) begin one: at the beginning
    of a section, and behind an article those of a kind with which one has begun in this section;
    with those of the head begins the first. Such ones behind the last article of a section are no
    more of it: they are given behind the segment (GIS, GEI) with which the next one begins, or
    begin one without articles. All others are of what they stand in.
    """
    section, head, begun, parties = "", frozenset[str](), frozenset[str](), list[Segment]()
    for each in segments:
        tag, late = each.tag, list[Segment]()
        is_of_them = tag == "NAD" or (parties and tag in _OF_PARTIES)
        if is_of_them and len(parties) < _MOST_OF_PARTIES:
            parties.append(each)
            continue
        if parties and tag in _BEHIND_ARTICLES:
            kinds = frozenset(it.get(1) for it in parties if it.tag == "NAD")
            begins = tag in _BEHIND_PLANTS if section in _IN_SECTIONS else bool(begun & kinds)
            if not section:
                begun = head = kinds & _GOODS_GO_TO
            elif begins:
                begun, first = begun | kinds, parties[0]
                parties.insert(0, PlantBegins("", first.delimiters, first.number, first.offset))
                late, parties = (parties, late) if tag in _PLANTS else (late, parties)
        yield from parties
        parties = []
        if tag in _SECTIONS:
            section, begun = tag, head if tag in _IN_SECTIONS else begun
        yield each
        yield from late
    yield from parties
