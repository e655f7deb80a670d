"""What operations are called: clients choose that, so that it is told within bounds."""

import re
from dataclasses import dataclass
from hashlib import sha256

LONGEST_NAME = 64
"""Characters of a name that is told."""
_NAME = re.compile(f"[_A-Za-z][_0-9A-Za-z]{{0,{LONGEST_NAME - 1}}}")
_MOST = 200
"""Names that metrics tell apart."""
OTHER_NAME = "other"


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """An operation as its client calls it, and its document.

    is_registered: whether the merchant's staff registered the document.
    """

    name: str | None
    document: str
    is_registered: bool = False

    @property
    def shown(self) -> str | None:
        """The name, None for one that is no short name of GraphQL."""
        return self.name if self.name and _NAME.fullmatch(self.name) else None

    @property
    def digest(self) -> str | None:
        """The first 16 digits of the document's SHA-256, None without a document."""
        return sha256(self.document.encode()).hexdigest()[:16] if self.document else None


class Labels:
    """Labels of metrics: names of registered documents, the first ones that come."""

    def __init__(self) -> None:
        """Know none."""
        self._known: set[str] = set()

    def of(self, named: NamedOperation) -> str:
        """Return the label of an operation."""
        name = named.shown
        if name is None or not named.is_registered:
            return OTHER_NAME
        if len(self._known) < _MOST:
            self._known.add(name)
        return name if name in self._known else OTHER_NAME
