"""Dangerous goods, as the United Nations' Model Regulations (23rd revision, part 2) class them."""

HAZARD_CLASSES = (
    *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "2.1", "2.2", "2.3", "3", "4.1", "4.2", "4.3"),
    *("5.1", "5.2", "6.1", "6.2", "7", "8", "9"),
)
"""Classes and their divisions."""
NUMBER = r"UN[0-9]{4}"
"""A UN number, four digits after the letters."""
