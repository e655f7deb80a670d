"""The demo's master data: who is who, what is sold, where it lies, over which channels."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from examples.demo.story import ZONE, Story
from examples.mutations import Mutation
from kit.standards import gs1

MERCHANT = "Musterbau Antriebstechnik GmbH"
GS1_COMPANY_PREFIX = "4012345"

BUYERS_PERSON = "purchasing"
BUYER, MAIN_CARRIER, FREIGHT_CARRIER = "K-1001", "C-NORD", "C-HANSEN"
SHOP, MARKETPLACE, PORTAL = "shop", "marketplace", "portal"
HAMBURG, KASSEL = "hamburg", "kassel"
SHAFT, BEARING, HOUSING, OIL = "GW-040", "KL-6204", "GH-110", "OL-220"
BELT, GREASE, TOOLS = "KR-A42", "SF-400", "WS-12"
GLOVES = "AH-10"

LIST_PRICES = {
    SHAFT: "54.00",
    BEARING: "4.60",
    HOUSING: "148.00",
    OIL: "8.10",
    BELT: "11.90",
    GREASE: "8.75",
    TOOLS: "64.00",
    GLOVES: "6.40",
}
"""SKU -> what one unit costs in euros, where no contract and no price list says otherwise."""
_OWN_PRICES = "PL-KOESTER"
_STEPS = (("0", "8.20"), ("24", "7.60"))
"""From which quantity on the buyer pays which price for grease."""

_RESULTS = "results {{ {} userErrors {{ code message field }} }}"
SETTINGS = Mutation("merchantSettingsUpdate", "merchantSettings { currency }")
PRODUCTS = Mutation("productsUpsert", _RESULTS.format("product { id sku }"))
LOCATIONS = Mutation("locationsUpsert", _RESULTS.format("location { id code }"))
PACKAGINGS = Mutation("packagingsUpsert", _RESULTS.format("packaging { id code }"))
METHODS = Mutation("methodHandlingsUpsert", _RESULTS.format("methodHandling { id }"))
CHANNELS = Mutation("channelsUpsert", _RESULTS.format("channel { id code }"))
PRICE_LISTS = Mutation("priceListsUpsert", _RESULTS.format("priceList { id code }"))
PRICES = Mutation("priceListEntriesUpsert", _RESULTS.format("priceListEntry { id }"))
PARTIES = Mutation("partiesUpsert", _RESULTS.format("party { id number addresses { id code } }"))

_SETTINGS = {
    "currency": "EUR",
    "language": "en",
    "supportEmail": "support@musterbau.example",
    "supportPhone": "+49 40 555 0100",
    "colour": "#1f4e79",
}
_PRODUCTS = {
    SHAFT: {"name": "Gear shaft 40 mm", "weightG": 2400},
    BEARING: {"name": "Ball bearing 6204", "weightG": 110},
    HOUSING: {"name": "Gear housing 110", "weightG": 8300},
    OIL: {"name": "Gear oil ISO VG 220", "unit": "LITRE", "scale": 1, "weightG": 900},
    BELT: {"name": "V-belt A42", "weightG": 180},
    GREASE: {"name": "Bearing grease, cartridge 400 g", "weightG": 450},
    TOOLS: {"name": "Assembly tool set, 12 pieces", "weightG": 1900},
    GLOVES: {"name": "Assembly gloves, pair", "weightG": 60},
}
_COLOURS, _SIZES = ("grey", "black"), ("M", "L", "XL")
_PACKAGINGS = [
    {"productSku": BEARING, "code": "CARTON", "name": "Carton of 50", "quantity": "50"},
    {
        "productSku": BEARING,
        "code": "PALLET",
        "name": "Pallet of 24 cartons",
        "quantity": "24",
        "packaging": "CARTON",
    },
]
_METHODS = [{"method": "FREIGHT", "takesOversize": True, "hazardClasses": ["3", "8"]}]
"""What else than ordinary goods a method carries."""
_WEEKDAYS = range(1, 6)


def _gtin(number: int) -> str:
    body = f"{GS1_COMPANY_PREFIX}{number:05}"
    return body + gs1.check_digit(body)


def _place(name: str, line1: str, postal_code: str, city: str) -> dict[str, Any]:
    return {
        "name": name,
        "line1": line1,
        "postalCode": postal_code,
        "city": city,
        "country": "DE",
    }


def _location(code: str, number: int, name: str, place: dict[str, Any]) -> dict[str, Any]:
    return {"code": code, "name": name, "gln": _gtin(number), "place": place, "timeZone": ZONE}


def _channel(code: str, kind: str, name: str, *methods: str, guests: bool) -> dict[str, Any]:
    return {
        "code": code,
        "kind": kind,
        "name": name,
        "deliveryMethods": list(methods),
        "guestsAllowed": guests,
        "withdrawable": True,
        "reschedulable": True,
    }


def _carrier(number: str, name: str) -> dict[str, Any]:
    url = f"https://{name.rsplit(maxsplit=1)[-1].lower()}.example/track/{{number}}"
    return {"number": number, "roles": ["CARRIER"], "name": name, "trackingUrl": url}


_BUYER = {
    "number": BUYER,
    "name": "Maschinenfabrik Köster GmbH & Co. KG",
    "email": "einkauf@koester.example",
    "language": "de",
    "channelCodes": [PORTAL],
    "contacts": [
        {
            "code": BUYERS_PERSON,
            "name": "Petra Lange",
            "title": "Head of purchasing",
            "email": "petra.lange@koester.example",
        },
        {"code": "goods-in", "name": "Jens Ohlendorf", "department": "Goods receipt"},
    ],
    "addresses": [
        {
            "code": "plant",
            "place": _place("Köster, Werk 1", "Am Hafen 12", "28217", "Bremen"),
            "timeZone": ZONE,
            "isDefault": True,
            "receivingHours": [
                {"weekday": day, "opens": "06:00", "closes": "16:00"} for day in _WEEKDAYS
            ],
        },
        {
            "code": "plant-2",
            "place": _place("Köster, Werk 2", "Industrieweg 30", "26135", "Oldenburg"),
            "timeZone": ZONE,
        },
        {
            "code": "service",
            "place": _place("Köster Service", "Stiftstraße 4", "30159", "Hannover"),
            "timeZone": ZONE,
        },
    ],
}
_PARTIES = [
    _BUYER,
    _carrier(MAIN_CARRIER, "Nordpaket"),
    _carrier(FREIGHT_CARRIER, "Spedition Hansen"),
]
_LOCATIONS = [
    _location(HAMBURG, 901, "Warehouse Hamburg", _place(MERCHANT, "Kaiweg 7", "20457", "Hamburg")),
    _location(KASSEL, 902, "Warehouse Kassel", _place(MERCHANT, "Ringstr. 90", "34123", "Kassel")),
]
_CHANNELS = [
    _channel(PORTAL, "B2B_PORTAL", "Customer portal", "PARCEL", "FREIGHT", guests=False),
    _channel(SHOP, "WEB_SHOP", "Web shop", "PARCEL", "LOCKER", "NEIGHBOUR", guests=True),
    _channel(MARKETPLACE, "MARKETPLACE", "Marketplace", "PARCEL", "EXPRESS", guests=True),
]


async def write(story: Story) -> None:
    """Write everything; the story learns the ids by business key, addresses as K-1001/plant."""
    await story.do("staff", SETTINGS, **_SETTINGS)
    story.now += timedelta(minutes=1)  # Points for all that follows.
    products = [
        {"sku": sku, "gtin": _gtin(number), "listPrice": _euros(LIST_PRICES[sku]), **fields}
        for number, (sku, fields) in enumerate(_PRODUCTS.items(), 1)
    ]
    await _put(story, PRODUCTS, "products", "product", "sku", products)
    await _put(story, PRODUCTS, "products", "product", "sku", list(_gloves(len(products) + 1)))
    await _put(story, PACKAGINGS, "packagings", "packaging", "code", _PACKAGINGS)
    await story.do("staff", METHODS, methodHandlings=_METHODS)
    await _put(story, CHANNELS, "channels", "channel", "code", _CHANNELS)
    await _put(story, PARTIES, "parties", "party", "number", _PARTIES)
    await _put(story, LOCATIONS, "locations", "location", "code", _LOCATIONS)
    await _put(story, PRICE_LISTS, "priceLists", "priceList", "code", [_prices(story)])
    entry = {"priceListCode": _OWN_PRICES, "productSku": GREASE}
    steps = [entry | {"fromQuantity": at, "unitPrice": price} for at, price in _STEPS]
    await story.do("staff", PRICES, priceListEntries=steps)


def _gloves(number: int) -> Iterator[dict[str, Any]]:
    """Give each size in each colour. number: of the first one's GTIN."""
    price = _euros(LIST_PRICES[GLOVES])
    for at, (colour, size) in enumerate(product(_COLOURS, _SIZES), number):
        options = [{"name": "colour", "value": colour}, {"name": "size", "value": size}]
        own = {"sku": f"{GLOVES}-{colour.upper()}-{size}", "gtin": _gtin(at), "listPrice": price}
        yield {**_PRODUCTS[GLOVES], **own, "variantOfSku": GLOVES, "options": options}


def _euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def _prices(story: Story) -> dict[str, Any]:
    """Return the buyer's own price list, valid since before the story."""
    own = {"code": _OWN_PRICES, "name": "Prices of Köster", "partyNumber": BUYER}
    return own | {"currency": "EUR", "validFrom": story.day(-61).isoformat()}


async def _put(
    story: Story, mutation: Mutation, field: str, noun: str, key: str, rows: list[dict[str, Any]]
) -> None:
    payload = await story.do("staff", mutation, **{field: rows})
    for result in payload["results"]:
        row = result[noun]
        story.ids[row[key]] = row["id"]
        for address in row.get("addresses", ()):
            story.ids[f"{row[key]}/{address['code']}"] = address["id"]
