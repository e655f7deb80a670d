"""A worker process, in which what fails is tried again soon."""

from datetime import timedelta

import work
from commands.messages.notifications import sending
from commands.messages.webhooks.judging import RetrySchedule
from kit.config import from_environment
from kit.telemetry import log

SOON = RetrySchedule(
    # An endpoint that is dead for a long play is probed by one message all the time.
    delays=(timedelta(seconds=0.2),) * 10_000,
    open_after=3,
    probe=timedelta(seconds=0.3),
    longest_probe=timedelta(seconds=2),
    lease=timedelta(seconds=2),
)

if __name__ == "__main__":
    sending.LEASE = timedelta(seconds=3)
    config = from_environment()
    log.configure(config.log)
    work.work(config, schedule=SOON)
