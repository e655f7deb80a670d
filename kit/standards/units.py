"""Units of quantity by their codes (UN/ECE Recommendations 20 and 21), with exact factors."""

from collections.abc import Mapping
from decimal import Decimal

_KINDS: Mapping[str, str] = {
    "KGM": "KGM 1 GRM 0.001 MGM 0.000001 HGM 0.1 DTN 100 TNE 1000 KTN 1000000"
    " LBR 0.45359237 ONZ 0.028349523125",
    "MTR": "MTR 1 DMT 0.1 CMT 0.01 MMT 0.001 KMT 1000 INH 0.0254 FOT 0.3048 YRD 0.9144",
    "MTK": "MTK 1 DMK 0.01 CMK 0.0001 MMK 0.000001 INK 0.00064516 FTK 0.09290304",
    "MTQ": "MTQ 1 DMQ 0.001 CMQ 0.000001 MMQ 0.000000001"
    " LTR 0.001 DLT 0.0001 CLT 0.00001 MLT 0.000001 HLT 0.1",
    "C62": "C62 1 PCE 1 EA 1 H87 1 NMB 1 NAR 1 PR 2 DZN 12 DPC 12 GRO 144 CEN 100 MIL 1000"
    " MIO 1000000",
    "XPK": "XPK 1 PK 1",
    "XPX": "XPX 1 PX 1",
    "HUR": "HUR 1",
}
"""What is measured, by the code of its base -> codes and how much of the base each is."""


def _units() -> dict[str, tuple[str, Decimal]]:
    found: dict[str, tuple[str, Decimal]] = {}
    for base, text in _KINDS.items():
        words = text.split()
        for code, factor in zip(words[::2], words[1::2], strict=True):
            found[code] = base, Decimal(factor)
    return found


UNITS: Mapping[str, tuple[str, Decimal]] = _units()
"""Code -> the code of the base of what it measures, and how much of that it is."""


def converted(quantity: Decimal, unit: str, wanted: str) -> Decimal | None:
    """Return a quantity in another unit, exactly; None where they measure different things.

    unit: also a code that nobody knows. wanted: one of a base, or of a thousandth of one.
    """
    if unit not in UNITS or UNITS[unit][0] != UNITS[wanted][0]:
        return None
    factor = UNITS[unit][1] / UNITS[wanted][1]
    if factor == 1:
        return quantity
    found = (quantity * factor).normalize()
    return found if found == 0 or found != found.to_integral_value() else found.quantize(Decimal(1))
