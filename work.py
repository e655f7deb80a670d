"""The roof of what runs unasked: which followers, chores and rounds there are."""

from workers.access.buckets import FORGET_BUCKETS
from workers.access.keys import FORGET_ANSWERS
from workers.fulfilment.deliveries import LAPSE_ORDERS
from workers.messages.readers import READ_LONG_MESSAGES, READ_MESSAGES
from workers.running.chores import Chore
from workers.running.followers import Follower
from workers.trade.responses import EXPIRE_AMENDMENTS

ROUNDS = (
    FORGET_ANSWERS,
    FORGET_BUCKETS,
    EXPIRE_AMENDMENTS,
    LAPSE_ORDERS,
    READ_MESSAGES,
    READ_LONG_MESSAGES,
)
"""What is done for each merchant, every so often."""
FOLLOWERS: tuple[Follower, ...] = ()
"""What happens after events."""
CHORES: tuple[Chore, ...] = ()
"""What is done where there is something to do, beside telling followers."""
