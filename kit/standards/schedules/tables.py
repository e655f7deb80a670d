"""Segment groups of DELFOR and DELJIT, D.96A to D.04A: what may stand where.

One table for each type: the directories differ in what they allow, and a group that stands in two
places in one of them stands in both here. Plants come first and articles in them (GIS or GEI, NAD,
LIN), or articles and plants in them (LIN, NAD); both are read.
"""

from collections.abc import Sequence

from kit.standards.edifact.groups import Group, Seg

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
    *(_plants(it, _FORECAST) for it in ("GIS", "GEI")),
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
    *(_plants(it, _CALLED) for it in ("GIS", "GEI")),
    _CALLED,
    *_TAIL,
)
TABLES = {"DELFOR": DELFOR, "DELJIT": DELJIT}
"""Type of message (0065) -> what may stand where."""
RELEASES = frozenset({"96A", "97A", "98A", "98B", "99A", "00A", "00B", "04A"})
"""Of the directories whose messages these tables hold."""
