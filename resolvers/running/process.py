"""What the operations of one process share: buckets, documents, slices, followers of journals."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from kit.db.database import Database
from kit.db.reads import Reads
from kit.loop.apart import Apart, Payer
from kit.loop.memory import MUCH, Leftovers
from kit.loop.recent import PLACE, Recent
from kit.loop.weight import weight_of
from kit.loop.work import Slices
from loaders.access.documents import document_text
from models.access.viewers import Viewer
from resolvers.running.answers import KeptAnswers
from resolvers.running.buckets import Buckets, BucketShares, DatabaseBuckets
from resolvers.running.following import Following
from resolvers.running.shares import Lane
from resolvers.running.statements import Statements

KEPT = 2 * 1024 * 1024
"""Bytes of documents' texts that a process remembers of each sort."""
PAID = 50_000
"""Documents and statements of payers of which a process remembers that they are paid."""


class KnownDocuments:
    """What a process knows of registered documents, and of those that clients have shown it.

    Registered ones never change, so that what was read once stays true. What a company or a key has
    shown, and paid, is its own: no other one learns of it by a hash or by what it pays.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._registered: Recent[str] = Recent(KEPT)
        self._shown: Recent[str] = Recent(KEPT)
        self._paid: Recent[bool] = Recent(PAID)

    async def registered(self, viewer: Viewer, key: str, reads: Reads) -> str | None:
        """Return a registered document, None if there is none."""
        own = (None if viewer.session_id else viewer.merchant_id, key)
        text = self._registered.get(own)
        if text is None:
            text = await document_text(viewer, key, reads)
            if text is not None:
                self._registered.keep(own, text, _weight(own, text))
        return text

    def shown(self, payer: Lane, key: str) -> str | None:
        """Return a document that its company, or its key, has sent with its hash."""
        return self._shown.get((payer, key))

    def show(self, payer: Lane, key: str, text: str) -> None:
        """Remember a document for who will send its hash; it is not trusted for that."""
        own = (payer, key)
        self._shown.keep(own, text, _weight(own, text))

    def has_paid(self, payer: Lane, what: Hashable) -> bool:
        """Tell whether a company or a key has paid for a document or statement, as far as known."""
        return self._paid.get(hash((payer, what))) is not None

    def pay(self, payer: Lane, what: Hashable) -> None:
        """Remember that it has."""
        # Only a number of each, which takes a fifth.
        self._paid.keep(hash((payer, what)), True)  # noqa: FBT003 -- a set's only value.


def _weight(key: Hashable, text: str) -> int:
    return PLACE + weight_of((key, text))


class Process:
    """The memory of one process over one database."""

    def __init__(
        self, database: Database, buckets: Buckets | None = None, kept_answers: int = 0
    ) -> None:
        """Remember nothing yet.

        buckets: where they are, in the database unless given. kept_answers: their bytes.
        """
        self.answers = KeptAnswers(kept_answers)
        self.bucket_shares = BucketShares(buckets or DatabaseBuckets(database))
        self.documents = KnownDocuments()
        self.slices = Slices()
        self.following = Following(database, slices=self.slices)
        self.leftovers, self.statements = Leftovers(), Statements()
        self.long_bodies, self._letters = Apart(), Apart()

    @asynccontextmanager
    async def letter(self, payer: Payer) -> AsyncIterator[None]:
        """Write a letter inside, which takes megabytes: one at a time, whoever's they are.

        What it leaves is given back soon. Crowded: others' were written for too long.
        """
        async with self._letters.alone(payer):
            yield
        self.leftovers.of(MUCH)
