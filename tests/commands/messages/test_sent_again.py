"""Messages of one number and instant: the same once more, and others, of which the last counts."""

from tests.commands.messages import test_schedules as schedules
from tests.commands.messages.test_schedules import END, PIECES, quantities, released

partner = schedules.partner
HEAD = b"UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:20260302:102'"
"""Of a day only: all that came on it are of one instant."""


async def test_a_message_of_the_same_number_and_day_is_read_by_what_it_says(ask, world, partner):
    wanted = []
    for reference, quantity in (("MON", b"100"), ("TUE", b"250"), ("WED", b"250"), ("THU", b"90")):
        content = HEAD + PIECES % (b"", quantity) + END
        assert await released(ask, world, partner, content, reference) == []
        wanted += (await quantities(ask)).values()
    assert wanted == [["0", "100"], ["0", "250"], ["0", "250"], ["0", "90"]]
    (contract,) = (await ask(schedules.READ))["contracts"]["nodes"]
    line = next(each for each in contract["lines"] if each["releases"]["nodes"])
    states = [it["state"] for it in line["releases"]["nodes"]]
    assert sorted(states) == ["ACTIVE", "SUPERSEDED", "SUPERSEDED", "SUPERSEDED"]
