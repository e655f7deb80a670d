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


def _all_plants(articles: Group) -> Iterator[Group]:
    """Yield the groups of plants, those without a segment of their own also in the others."""
    alone = _plants("PLANT", articles)
    yield from (_plants(it, alone, articles) for it in ("GIS", "GEI"))
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
    *_all_plants(_FORECAST),
    _FORECAST,
    Seg("UNS"),
    *_TAIL,
)
DELJIT: Sequence[Seg | Group] = (
    *_HEAD,
    Group(
        "PLANT",
        (Seg("SEQ"), Seg("DTM", 9), Seg("GIR", 99), Seg("LOC", 9), _PACKAGES, _CALLED),
        _MANY * 10,
        is_lone=True,
    ),
    *_all_plants(_CALLED),
    _CALLED,
    *_TAIL,
)
TABLES = {"DELFOR": DELFOR, "DELJIT": DELJIT}
"""Type of message (0065) -> what may stand where."""
RELEASES = frozenset({"96A", "97A", "98A", "98B", "99A", "00A", "00B", "04A"})
"""Of the directories whose messages these tables hold."""

_SECTIONS = frozenset({"UNS", "GIS", "GEI", "SEQ", "LIN"})
_IN_SECTIONS = frozenset({"UNS", "GIS", "GEI"})
_OF_PARTIES = frozenset({"NAD", "LOC", "FTX", "RFF", "DTM", "DOC", "CTA", "COM", "TDT"})
_GOODS_GO_TO = frozenset({"ST", "CN", "DP"})
"""Parties (3035) that are plants."""
_MOST_OF_PARTIES = 1_000
"""Segments that are looked at before it is known what they stand before."""


def with_plants(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Give the segments of a message, with a `PlantBegins` before each plant.

    Parties that stand directly before an article begin one: at the beginning of a section those
    from its first on, in the head those from the one to which goods go, and behind an article those
    of a kind with which one has begun in this section. All others are of what they stand in.
    """
    section, begun, parties = "", frozenset[str](), list[Segment]()
    for each in segments:
        tag = each.tag
        is_of_them = tag == "NAD" or (parties and tag in _OF_PARTIES)
        if is_of_them and len(parties) < _MOST_OF_PARTIES:
            parties.append(each)
            continue
        at = _first(parties, section, begun) if tag == "LIN" else len(parties)
        if at < len(parties):
            begun = begun.union(it.get(1) for it in parties[at:] if it.tag == "NAD")
            first = parties[at]
            parties.insert(at, PlantBegins("", first.delimiters, first.number, first.offset))
        yield from parties
        parties = []
        if tag in _SECTIONS:
            section, begun = tag, frozenset() if tag in _IN_SECTIONS else begun
        yield each
    yield from parties


def _first(parties: Sequence[Segment], section: str, begun: frozenset[str]) -> int:
    """Return with which of parties that stand before an article a plant begins, or their number."""
    kinds = [it.get(1) if it.tag == "NAD" else "" for it in parties]
    if section == "LIN":
        return 0 if begun.intersection(kinds) else len(parties)
    if section in _IN_SECTIONS:
        return 0
    plants = (at for at, kind in enumerate(kinds) if kind in _GOODS_GO_TO and not section)
    return next(plants, len(parties))
