"""Keys: their last uses are written, answers under idempotency keys are forgotten."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from commands.access.keys import answers, uses
from kit.db.sessions import Session
from models.access.viewers import Viewer
from workers.running.rounds import Round, unrecorded

FORGET_ANSWERS = Round("forget answers", timedelta(minutes=10), unrecorded(answers.forget))


class Uses:
    """When keys were used since that was last written: merchant -> key -> when.

    Whoever authenticates notes it. What cannot be written is lost: it is not worth a request.
    """

    def __init__(self) -> None:
        self._noted: dict[UUID, dict[UUID, datetime]] = {}

    def note(self, viewer: Viewer, now: datetime) -> None:
        """Remember that a key was used; users of identity providers have none."""
        if viewer.subject is None:
            self._noted.setdefault(viewer.merchant_id, {})[viewer.key_id] = now

    def writing(self, every: timedelta = uses.EVERY) -> Round:
        """Return the round that writes what was noted."""
        step = unrecorded(self._write)
        return Round("write uses of keys", every, step, self._merchants, at_end=True)

    def _merchants(self) -> Iterable[UUID]:
        return list(self._noted)

    async def _write(self, session: Session, merchant_id: UUID, _now: datetime) -> bool:
        await uses.write(session, merchant_id, self._noted.pop(merchant_id))
        return False
