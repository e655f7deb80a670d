"""What a mail about a long order reads: its lines, and the numbers of parcels, not each parcel."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select

from commands.messages.notifications.mails.wording import write_mail
from commands.messages.notifications.standing import PresentState, Sender
from kit.standards.languages import Spoken
from models.messages.notifications import NotificationKind
from tests.attacks.load.large import DELIVERIES, LINES, PARCELS, Long


async def test_a_mail_reads_no_parcel_of_an_order_that_has_tens_of_thousands(long: Long) -> None:
    reads, found = long.world.database.reading(long.world.merchant_id), list[int]()

    async def read(statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
        rows = await reads.rows(statement, values)
        found.append(len(rows))
        return rows

    standing = await PresentState(read, long.world.merchant_id).of([long.made.order], [], [])
    await reads.end()
    about = dict.fromkeys(("delivery_id", "contract_id", "webhook_id"))
    kind = NotificationKind.ORDER_CONFIRMED
    row = SimpleNamespace(kind=kind, order_id=long.made.order, **about)
    letter = standing.letter([row], Spoken.EN, Sender("Shop", None, None, None, None))
    numbers = LINES * PARCELS // 10
    assert len(found) == 7, found
    assert sum(found) <= 3 + 2 * LINES + 11 * DELIVERIES + numbers
    (order,) = letter.orders
    assert sum(len(it.tracked) for it in order.coming) == numbers
    text = write_mail(letter).text
    assert all(it.number in text for it in order.coming[0].tracked)
