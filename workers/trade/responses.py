"""Order responses: amendments that nobody has answered in time expire."""

from datetime import timedelta

from commands.trade.responses import answer
from workers.running.rounds import Round, recorded

EXPIRE_AMENDMENTS = Round("expire amendments", timedelta(minutes=1), recorded(answer.expire))
