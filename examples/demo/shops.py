"""The web shop with guests, one of whose lines is out of stock, and the marketplace."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from examples.demo.goods import (
    BEARING,
    BELT,
    GREASE,
    KASSEL,
    LIST_PRICES,
    MARKETPLACE,
    SHOP,
    TOOLS,
)
from examples.demo.moves import PAY, Parcel, dispatch, pack, place, plan, release, report
from examples.demo.story import Story


def _basket(**quantities: str) -> dict[str, tuple[str, str]]:
    names = {"belts": BELT, "bearings": BEARING, "grease": GREASE, "tools": TOOLS}
    return {names[name]: (it, LIST_PRICES[names[name]]) for name, it in quantities.items()}


def _person(name: str, line1: str, postal_code: str, city: str) -> dict[str, Any]:
    return {
        "guest": {"name": name, "email": f"{name.split(maxsplit=1)[0].lower()}@example.com"},
        "shipTo": {
            "name": name,
            "line1": line1,
            "postalCode": postal_code,
            "city": city,
            "country": "DE",
        },
    }


_ANNA = _person("Anna Yildiz", "Lindenallee 8", "45127", "Essen")
_PAUL = _person("Paul Brandt", "Marktplatz 2", "99084", "Erfurt")
_MIRA = _person("Mira Novak", "Uferweg 31", "93047", "Regensburg")
_CHEN = _person("Chen Wei", "Schillerstr. 15", "70173", "Stuttgart")
_OLGA = _person("Olga Petersen", "Deichstr. 9", "24103", "Kiel")
_TOM = _person("Tom Keller", "Rosenweg 3", "01067", "Dresden")


async def shop(story: Story) -> AsyncIterator[datetime]:
    """Three guests: one has all, one waits for grease, one has just ordered."""
    yield story.at(-9, 20)
    order = await place(story, "storefront", SHOP, _basket(belts="2", bearings="4"), **_ANNA)
    window = story.window(-6, 9, 18)
    delivery = await plan(story, order, {BELT: "2", BEARING: "4"}, window=window)
    await release(story, delivery)
    yield story.at(-8, 14)
    await pack(story, delivery, Parcel("NP100200350", {BELT: "2", BEARING: "4"}, 950))
    await dispatch(story, delivery)
    yield story.at(-7, 12)
    await report(story, "NP100200350", "OUT_FOR_DELIVERY", "Essen")
    yield story.at(-7, 15)
    await report(story, "NP100200350", "DELIVERED", "Essen", "With a neighbour, number 10.")
    async for time in _out_of_stock(story):
        yield time
    yield story.real_now - timedelta(minutes=40)
    await place(story, "storefront", SHOP, _basket(tools="1", belts="1"), **_MIRA)


async def _out_of_stock(story: Story) -> AsyncIterator[datetime]:
    """Of three cartridges one is there; two are backordered."""
    yield story.at(-4, 19)
    order = await place(story, "storefront", SHOP, _basket(tools="1", grease="3"), **_PAUL)
    window = story.window(-1, 9, 18)
    delivery = await plan(story, order, {TOOLS: "1", GREASE: "3"}, window=window)
    await release(story, delivery)
    yield story.at(-3, 11)
    parcel = Parcel("NP100200371", {TOOLS: "1", GREASE: "1"}, 2_600)
    await pack(story, delivery, parcel, short={GREASE: "1"})
    await dispatch(story, delivery)
    yield story.at(-2, 13)
    await report(story, "NP100200371", "DELIVERED", "Erfurt")


async def marketplace(story: Story) -> AsyncIterator[datetime]:
    """Three orders by the marketplace's own numbers, sent from the second warehouse."""
    yield story.at(-8, 9)
    number = "MP-302-4711"
    amounts = {
        "charges": [{"kind": "SHIPPING", "amount": "4.90"}],
        "taxes": [{"category": "STANDARD", "rate": "19", "amount": "25.25"}],
    }
    terms = {"externalReference": number, **amounts, **_CHEN}
    order = await place(story, "staff", MARKETPLACE, _basket(tools="2"), **terms)
    whole = {"amount": "158.15", "currency": "EUR"}
    paid = {"reference": f"PAY-{number}", "state": "PAID", "amount": whole}
    at = story.at(-8, 9).isoformat()
    await story.do("staff", PAY, orderId=story.ids[number], occurredAt=at, **paid)
    delivery = await plan(
        story, order, {TOOLS: "2"}, locationId=story.ids[KASSEL], window=story.window(-5, 9, 18)
    )
    await release(story, delivery)
    await pack(story, delivery, Parcel("NP100200360", {TOOLS: "2"}, 4_100), actor="staff")
    await dispatch(story, delivery, actor="staff")
    yield story.at(-6, 12)
    await report(story, "NP100200360", "DELIVERED", "Stuttgart")
    async for time in _express(story):
        yield time
    yield story.at(-1, 17)
    number = "MP-302-4802"
    basket = _basket(belts="3")
    await place(story, "staff", MARKETPLACE, basket, externalReference=number, **_TOM)


async def _express(story: Story) -> AsyncIterator[datetime]:
    """An express parcel that nobody took in at the first attempt."""
    yield story.at(-3, 8)
    number = "MP-302-4790"
    basket = _basket(bearings="8")
    order = await place(story, "staff", MARKETPLACE, basket, externalReference=number, **_OLGA)
    fields = {"locationId": story.ids[KASSEL], "method": "EXPRESS"}
    delivery = await plan(story, order, {BEARING: "8"}, window=story.window(-1, 9, 18), **fields)
    await release(story, delivery)
    await pack(story, delivery, Parcel("NP100200377", {BEARING: "8"}, 1_050), actor="staff")
    await dispatch(story, delivery, actor="staff")
    yield story.at(-1, 10)
    await report(story, "NP100200377", "OUT_FOR_DELIVERY", "Kiel")
    yield story.at(-1, 13)
    await report(story, "NP100200377", "ATTEMPT_FAILED", "Kiel", "Nobody at home.")
