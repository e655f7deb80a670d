"""What is done when its time has come: to let something happen then is a kind, and a function.

Who lets something become due says so in its own transaction (`Writing.later`). Whatever was due is
claimed, done and taken away in one transaction, by whichever process comes first.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from commands.access import dues
from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.db.database import Database
from kit.db.lost import OutcomeUnknown, Unavailable
from loaders.access.dues import due_now
from models.access.dues import DueKind
from models.access.viewers import by_itself
from workers.running.chores import Chore

_log = logging.getLogger("abruf")
PUT_OFF = timedelta(minutes=1)
"""After which what has failed is tried again."""
DueStep = Callable[[Writing, Sequence[UUID]], Awaitable[Mapping[UUID, datetime]]]
"""Does what is due about some subjects of a merchant; returns those that are to be looked at again,
with the instants."""


@dataclass(frozen=True)
class WhenDue:
    """What is done about a kind of what is due. at_once: subjects in one transaction."""

    kind: DueKind
    step: DueStep
    at_once: int = 20


class Dues:
    """Does what is due, of whichever merchant.

    counted: (kind, outcome) -> how many: DONE subjects, FAILED attempts.
    """

    def __init__(self, *every: WhenDue) -> None:
        """Take what is done."""
        self._every: Mapping[DueKind, WhenDue] = {it.kind: it for it in every}
        self.counted: Counter[tuple[str, str]] = Counter()
        self._sizes: dict[tuple[UUID, DueKind], int] = {}

    @property
    def kinds(self) -> Sequence[str]:
        """Return of which kinds something may be due."""
        return [it.value for it in self._every]

    @property
    def chore(self) -> Chore:
        """Return it as what is done for each merchant of whom something has come to its time."""
        return Chore(
            "do what is due",
            due_now(),
            self.step,
            at_once=4,
            values={"kinds": self.kinds},
            is_woken=False,
        )

    async def step(
        self, database: Database, merchant_id: UUID, kind: DueKind, now: datetime
    ) -> bool | None:
        """Do what was due for longest; tells whether there may be more, None where nothing was.

        What fails is halved until the subject that fails is alone: it is put off, and others go on.
        """
        of, author = self._every[kind], Author(by_itself(merchant_id), now)
        doing = _Doing(of, self._sizes.pop((merchant_id, kind), of.at_once))
        try:
            is_left = await run_unasked(database, author, doing.some)
        except (Unavailable, OutcomeUnknown):
            raise
        except Exception:
            if not doing.claimed:
                raise
            self.counted[kind, "FAILED"] += 1
            _log.warning("What was due fails: %s", kind, exc_info=True)
            if len(doing.claimed) > 1:
                self._sizes[merchant_id, kind] = len(doing.claimed) // 2
            else:
                await run_unasked(database, author, partial(_put_off, doing.claimed))
            return True
        self.counted[kind, "DONE"] += len(doing.claimed)
        if is_left and doing.size < of.at_once:
            self._sizes[merchant_id, kind] = doing.size * 2
        return is_left


class _Doing:
    """Some of what is due of a kind. claimed: what that is, none before it is known."""

    def __init__(self, of: WhenDue, size: int) -> None:
        self._of, self.size = of, size
        self.claimed: Collection[dues.ClaimedDue] = ()

    async def some(self, writing: Writing) -> bool | None:
        self.claimed = ()
        self.claimed = await dues.claim(writing, self._of.kind, self.size)
        if not self.claimed:
            return None
        subjects = [*dict.fromkeys(it.subject for it in self.claimed)]
        again = await self._of.step(writing, subjects)
        await dues.settle(writing, self._of.kind, self.claimed, again)
        return len(self.claimed) == self.size or min(again.values(), default=None) == writing.now


async def _put_off(claimed: Collection[dues.ClaimedDue], writing: Writing) -> None:
    await dues.put_off(writing, claimed, writing.now + PUT_OFF)
