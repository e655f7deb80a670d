"""Faults of ours in one item of many: they stop no other one, and are no refusal of its sender."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kit.errors import Code, Refused
from kit.standards.edifact.faults import Faulty

_log = logging.getLogger("abruf")


@contextmanager
def of_one_item() -> Iterator[None]:
    """Let an unexpected error be that of the item which is looked at, and log it.

    Nothing may be written inside. Refused: INVALID for such an error; what is refused stays so.
    """
    try:
        yield
    except (Refused, Faulty):
        raise
    except Exception as error:
        _log.exception("Could not take an item in")
        text = "We failed to take this in; the log tells why."
        raise Refused(Code.INVALID, text) from error
