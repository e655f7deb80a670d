"""Order responses: amendments that nobody has answered in time expire."""

from commands.trade.responses import answer
from models.access.dues import DueKind
from workers.running.dues import WhenDue

EXPIRE_AMENDMENTS = WhenDue(DueKind.EXPIRE_AMENDMENTS, answer.expire)
