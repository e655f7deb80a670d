"""Which code means what: what the directories say, and how a partner's habits differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kit.standards.units import UNITS

OTHER = "OTHER"
"""A code that is known and says nothing of a schedule."""


def _coded(**codes: str) -> dict[str, str]:
    """Return code -> meaning, of the codes of each meaning."""
    return {code: meaning for meaning, its in codes.items() for code in its.split()}


MEANINGS: Mapping[str, Mapping[str, str]] = {
    "DOCUMENT": _coded(FORECAST="236 241", JUST_IN_TIME="242"),
    "FUNCTION": _coded(ARTICLE="4 5 7 9 24 61", UPDATE="62"),
    "COMMITMENT": _coded(
        FIRM="1 9 24",
        MAKE_AND_MATERIAL="2",
        MATERIAL="3",
        FORECAST="4 26",
        BACKLOG="5",
        IMMEDIATE="10 11",
        OTHER="12 13 14 15 16 17 18 19 20 21 22 23",
    )
    | {"": "FORECAST"},
    "BUCKET": _coded(
        DAY="Y J",
        WEEK="W",
        MONTH="M",
        FLEXIBLE="D",
        PERIOD="F",
        FOUR_WEEKS="T",
        TEN_DAYS="G",
        HALF_MONTH="H",
        QUARTER="Q",
        HALF_YEAR="S",
        YEAR="A",
    )
    | {"": "DAY"},
    "QUANTITY": _coded(
        DEMAND="1 113 131 186 187",
        CUMULATIVE="3 78",
        RECEIVED="70",
        RECEIPT="12 48 194",
        BACKLOG="83",
        IMMEDIATE="84",
        OTHER="52 57 59 72 73 79 195 196 251",
    ),
    "DATE": _coded(
        ISSUED="137",
        ARRIVAL="2 17",
        SHIPMENT="10",
        FROM="64 157 158",
        UNTIL="36 63 159",
        PERIOD_START="51",
        PERIOD_END="52",
        CALCULATED="257",
        RECEIVED="50",
        DISPATCHED="11 171",
        OTHER="94",
    ),
    "PLACE": {
        "LOC 11": "UNLOADING_POINT",
        "LOC 159": "POINT_OF_USE",
        "NAD ST": "SHIP_TO",
        "NAD CN": "SHIP_TO",
        "NAD BY": "BUYER",
        "NAD SE": "SELLER",
        "NAD SU": "SELLER",
    },
    "ARTICLE": _coded(BUYERS="IN BP", SUPPLIERS="SA", REVISION="DR EC", PACKAGING="PK"),
    "REFERENCE": _coded(
        NUMBER="AAN", PREVIOUS_NUMBER="AIF", CONTRACT="CT", ORDER="ON", NOTE="AAK AAU"
    ),
    "UNIT": {it: it for it in UNITS},
    "CONTROL": _coded(QUANTITIES="1", ARTICLES="2"),
}
"""Element -> code -> meaning. DOCUMENT: 1001, FUNCTION: 1225, COMMITMENT: 4017, BUCKET: 2013,
QUANTITY: 6063, DATE: 2005, PLACE: LOC with 3227 or NAD with 3035, ARTICLE: 7143, REFERENCE: 1153,
UNIT: 6411, meaning a code of `kit.standards.units`, CONTROL: 6069 of totals at the end. ORDER names
a contract, too, where nothing else does."""
ELEMENT_WORDS: Mapping[str, frozenset[str]] = {
    "FUNCTION": frozenset({*MEANINGS["FUNCTION"].values(), "WHOLE"}),
    "COMMITMENT": frozenset({*MEANINGS["COMMITMENT"].values(), "BACKLOG_IF_PAST"}),
    **{it: frozenset(MEANINGS[it].values()) for it in ("DOCUMENT", "BUCKET", "UNIT")},
    **{
        element: frozenset({*MEANINGS[element].values(), OTHER})
        for element in ("QUANTITY", "DATE", "PLACE", "ARTICLE", "REFERENCE", "CONTROL")
    },
}
"""Element -> what its codes may mean. WHOLE: of no code by itself, since a partner that sends its
articles in several messages would end them itself. BACKLOG_IF_PAST: immediate, unless its date is
before that of the message."""
_OF_MANY_CODES = ("PLACE", "ARTICLE", "REFERENCE", "CONTROL")
"""Elements whose unknown codes say nothing: messages are full of them."""


@dataclass(frozen=True)
class Habits:
    """How a partner writes schedules. differing: (element, code) -> meaning, beside `MEANINGS`.

    first_firm_is_backlog: the first firm line, dated on the day of issue or before, is what is
    overdue. is_net_of_transit: what is on its way was taken off the quantities already; it is put
    before them when a schedule is taken in.
    """

    differing: Mapping[tuple[str, str], str] = field(default_factory=dict)
    first_firm_is_backlog: bool = False
    is_net_of_transit: bool = False

    def meaning(self, element: str, code: str) -> str | None:
        """Return what a code means, None for one that nobody has heard of."""
        own = self.differing.get((element, code))
        found = MEANINGS[element].get(code) if own is None else own
        return OTHER if found is None and element in _OF_MANY_CODES else found
