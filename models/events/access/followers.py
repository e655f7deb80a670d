"""What staff does with what followers of the journal have set aside."""

from typing import Annotated

from models.access.followers import JournalFollower, SkipReason
from models.base.events import Event, event


@event("journal_follower.retried", JournalFollower)
class JournalFollowerRetried(Event):
    """A lane that it had set aside was put on again."""

    position: Annotated[int, "Position in the journal of the entry that had failed."]


@event("journal_follower.skipped", JournalFollower)
class JournalFollowerSkipped(Event):
    """It passes an entry by that it had failed at."""

    position: Annotated[int, "Position in the journal of that entry."]
    reason: Annotated[SkipReason, "Why it is passed by."]
