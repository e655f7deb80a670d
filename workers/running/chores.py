"""Chores: what is to be done now and then for some merchants, by whichever process comes first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from kit.db.database import Database

Step = Callable[[Database, UUID, Any, datetime], Awaitable[bool]]
"""Does something for a merchant and a subject; tells whether there is more to do at once."""


@dataclass(frozen=True)
class Chore:
    """What is done, for whom, and how much of it at once in one process."""

    name: str
    found: Select[Any]
    step: Step
    at_once: int = 8
