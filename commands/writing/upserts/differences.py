"""How it is told that what is sent again differs from what is there."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from kit.inputs import camel


def difference(name: str, old: Any, new: Any) -> str:
    """Return what is other about a field than what is sent. old: as it is there."""
    texts = _text(old), _text(new)
    if None in texts:
        return f"{camel(name)} is another there"
    return "{} is {} there, not {}".format(camel(name), *texts)


_LONGEST = 60
"""Characters that are told of a text."""


def _text(value: Any) -> str | None:
    """Return a single value as a client would write it, None where it is no such value."""
    match value:
        case None | bool():
            return {None: "nothing", True: "true", False: "false"}[value]
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            return value.isoformat()
        case Enum():
            return str(value.value)
        case str():
            return f'"{value[:_LONGEST]}"'
    return None
