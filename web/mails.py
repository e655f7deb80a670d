"""Takes pictures of mails: `python -m web.mails FOLDER` writes each kind in each language.

Two of them stand in the docs: `python -m web.mails --docs docs/pictures`.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser

from commands.messages.notifications.mails.letters import (
    AgreedContract,
    ArrivalWindow,
    Coming,
    Goods,
    Letter,
    News,
    Ordered,
    Sender,
    Tracked,
)
from commands.messages.notifications.mails.wording import write_mail
from kit.standards.languages import Spoken
from models.fulfilment.deliveries.states import DeliveryState
from models.master.catalog import Unit
from models.messages.notifications import TRUE_OF_DELIVERIES, TRUE_OF_ORDERS, NotificationKind
from models.messages.webhooks.states import WebhookDisabling
from models.trade.orders.states import OrderState
from web.chromium import launched

WIDTH = 640
_BEGIN = datetime(2026, 3, 9, 7, tzinfo=UTC)
_GOODS = (
    Goods("Hex bolt M8 × 40, zinc plated", Decimal(250), Unit.PIECE, Decimal("212.5")),  # noqa: RUF001 -- a sign of multiplication.
    Goods("Cutting oil", Decimal("12.5"), Unit.LITRE, Decimal("118.75")),
)
_SENDER = Sender(
    "Northwind Fasteners", "#0b6e4f", None, "help@northwind.example", "+49 221 555 010"
)
_WAY_OUT = "https://api.northwind.example/unsubscribe/b3Vy"
_IN_DOCS = (
    (NotificationKind.DELIVERY_DISPATCHED, Spoken.DE, "light"),
    (NotificationKind.ORDER_CONFIRMED, Spoken.PL, "dark"),
)


_DISABLED = News(
    NotificationKind.WEBHOOK_DISABLED,
    "https://hooks.example.com/abruf",
    reason=WebhookDisabling.FAILING,
)


def sample(kind: NotificationKind, language: Spoken) -> Letter:
    """Return a mail of a kind, as one might be."""
    if kind is NotificationKind.CONTRACT_SHORTFALL:
        short = AgreedContract("C-000012", _GOODS[:1])
        return Letter(language, _SENDER, [News(kind, short.number)], (), [short])
    if kind in {NotificationKind.CONTRACT_ENDS, NotificationKind.CONTRACT_RUNS_LOW}:
        remaining = AgreedContract("C-000012", (), _GOODS[:1], _BEGIN.date())
        return Letter(language, _SENDER, [News(kind, remaining.number)], (), [remaining], _WAY_OUT)
    if kind is NotificationKind.WEBHOOK_DISABLED:
        return Letter(language, _SENDER, [_DISABLED])
    states = TRUE_OF_DELIVERIES.get(kind, frozenset({DeliveryState.PLANNED}))
    state = next(it for it in DeliveryState if it in states)
    own = next(it for it in OrderState if it in TRUE_OF_ORDERS.get(kind, {OrderState.CONFIRMED}))
    has_left = state not in {DeliveryState.PLANNED, DeliveryState.CANCELLED}
    tracked = (
        [Tracked("JD01 4600 0071", "https://carrier.example/JD0146000071")] if has_left else []
    )
    end = _BEGIN + timedelta(hours=4)
    arrived = Decimal(100) if state is DeliveryState.PARTIALLY_DELIVERED else None
    goods = [replace(it, arrived=arrived) for it in _GOODS[:1]] + [*_GOODS[1:]]
    coming = Coming("D-000391", state, ArrivalWindow(_BEGIN, end, "Europe/Berlin"), goods, tracked)
    is_priced, is_over = kind in TRUE_OF_ORDERS, own is OrderState.CANCELLED
    ordered = [replace(it, net=None) for it in _GOODS] if is_over else [*_GOODS]
    if kind is NotificationKind.ORDER_BACKORDERED:
        week = timedelta(weeks=1)
        promised = ArrivalWindow(_BEGIN + week, end + week, "Europe/Berlin")
        ordered[0] = replace(ordered[0], later=Decimal(100), promised=promised)
    order = Ordered(
        "O-000204",
        own,
        "EUR",
        "PO 4711",
        ordered,
        () if is_over else [coming],
        Decimal("331.25") if is_priced and not is_over else None,
    )
    return Letter(language, _SENDER, [News(kind, order.number, coming.number)], [order])


async def _take(
    browser: Browser, letter: Letter, scheme: Literal["light", "dark"], out: Path
) -> None:
    page = await browser.new_page(
        viewport={"width": WIDTH, "height": 400}, color_scheme=scheme, java_script_enabled=False
    )
    await page.set_content(write_mail(letter).html)
    await page.screenshot(path=out, full_page=True)
    await page.close()


async def take_all(folder: Path) -> None:
    """Write a picture of each kind in each language."""
    async with launched() as browser:
        for kind in NotificationKind:
            for language in Spoken:
                name = f"{kind.value.lower()}-{language.value}.png"
                await _take(browser, sample(kind, language), "light", folder / name)


async def take_two(folder: Path) -> None:
    """Write those that stand in the docs."""
    async with launched() as browser:
        for kind, language, scheme in _IN_DOCS:
            out = folder / f"mail-{language.value}.png"
            await _take(browser, sample(kind, language), scheme, out)  # type: ignore[arg-type]


if __name__ == "__main__":
    *options, path = sys.argv[1:]
    Path(path).mkdir(parents=True, exist_ok=True)
    asyncio.run((take_two if options else take_all)(Path(path)))
