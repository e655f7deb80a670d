"""Statements that code reads with: written once for a kind of viewer, beside the event loop."""

from asyncio import Future, ensure_future, shield
from collections.abc import Callable, Hashable
from functools import partial

from sqlalchemy import Executable
from sqlalchemy.sql.visitors import Visitable

from kit.db.statements import Compiled, Statement
from kit.loop.apart import Apart
from kit.loop.recent import PLACE, Recent
from kit.loop.weight import weight_of
from resolvers.running.shares import Lane

STATEMENTS_KEPT = 8 * 1024 * 1024
"""Bytes of statements that are remembered: those of pages of changes take 160,000 for who sees
least, and have eight forms for each kind of viewer."""


class Statements:
    """Statements by what shapes them; values are bound by name."""

    def __init__(self) -> None:
        """Know none yet."""
        self._kept: Recent[Statement] = Recent(STATEMENTS_KEPT)
        self._written: dict[Hashable, Future[Statement]] = {}

    async def of(
        self, form: Hashable, make: Callable[[], Executable], apart: Apart, payer: Lane
    ) -> Statement:
        """Return the statement of a form, written when it is the payer's turn, once for all.

        It is written in a child of the process: what sees least is longest, and leaves megabytes.
        Crowded: others' are written first. Died: its child did.
        """
        found = self._kept.get(form)
        if found is not None:
            return found
        # Another payer's turn may come later than one's own: nobody waits for that.
        own = (payer, form)
        if own not in self._written:
            self._written[own] = ensure_future(self._write(form, make, apart, payer))
            self._written[own].add_done_callback(partial(self._over, own))
        return await shield(self._written[own])

    def _over(self, own: Hashable, written: Future[Statement]) -> None:
        """Forget who has waited; where nobody does any more, a failure is lost with them."""
        del self._written[own]
        _ = written.cancelled() or written.exception()

    async def _write(
        self, form: Hashable, make: Callable[[], Executable], apart: Apart, payer: Lane
    ) -> Statement:
        compiled = await apart.long(payer, partial(_compiled, make))
        statement = Statement(compiled)
        return self._kept.keep(form, statement, PLACE + weight_of((form, statement), (Visitable,)))


def _compiled(make: Callable[[], Executable]) -> Compiled:
    return Compiled.of(make())
