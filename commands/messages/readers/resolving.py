"""What a partner's schedules are about: its party, contract lines, places, and times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select

from commands.messages.readers.measuring import Measuring
from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import RecordedRelease
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.standards.schedules.habits import Habits
from kit.standards.schedules.messages import (
    ArticleSchedule,
    GoAhead,
    PlannedQuantity,
    ScheduleMessage,
    Span,
)
from kit.standards.schedules.surroundings import DOCKS
from models.access.keys import zone_of_days
from models.master.catalog import Product
from models.master.parties import Address
from models.messages.partners import PartnerProfile
from models.trade.contracts.states import RUNNING
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.words import ReleaseType

_NUMBERED = ("SUPPLIERS", "BUYERS")
"""Whose number of an article is looked for among our SKUs, and in which order."""


@dataclass(frozen=True)
class Resolving:
    """What is known of a partner's party. products: SKU -> product. addresses: code -> address.

    lines: product -> lines of its contracts that run. contracts: by id. zone: of times of which no
    place says another. articles, places: what the partner calls them -> what we do. now: of when
    contracts are in force.
    """

    products: Mapping[str, Product]
    lines: Mapping[UUID, Sequence[ContractLine]]
    contracts: Mapping[UUID, Contract]
    addresses: Mapping[str, Address]
    zone: str
    own_zone: str | None
    articles: Mapping[str, str]
    places: Mapping[str, str]
    habits: Habits
    now: datetime

    def release(self, message: ScheduleMessage, article: ArticleSchedule) -> RecordedRelease:
        """Return what is recorded of an article, in the unit of its product.

        Refused: NOT_FOUND, INVALID, and what breaks a rule. Faulty: UNIT_MISMATCH.
        """
        product = self._product(article)
        line, whole = self._line(article, product), message.places.items()
        # What the head says of docks, articles have already, unless they are for another plant.
        places = {name: it for name, it in whole if name not in DOCKS} | article.places
        measuring = Measuring(product, self.habits, article)
        if not (number := article.number or message.number):
            text = "It has no number: neither the message (BGM, 1004) nor its article says one."
            raise Refused(Code.INVALID, text)
        address = self._address(places.get("SHIP_TO"))
        zone = self.own_zone or (self.zone if address is None else address.time_zone)
        last = article.receipts[-1].note if article.receipts else ""
        end = article.horizon_end
        values = {
            "contract_line_id": line.id,
            "ship_to_id": None if address is None else address.id,
            "unloading_point": places.get("UNLOADING_POINT"),
            "point_of_use": places.get("POINT_OF_USE"),
            "type": release_type(message),
            "number": number,
            "issued_at": _start(message.issued, zone),
            "function": "UPDATE" if message.function == "UPDATE" else "REPLACE",
            "horizon_start": _start(article.horizon_start, zone),
            "horizon_end": None if end is None else _instant(end.until, zone),
            "calculated_at": _start(article.calculated, zone),
            "engineering_revision": article.articles.get("REVISION"),
            "packaging_instruction": article.articles.get("PACKAGING"),
            "planner": article.planner or None,
            **_go_ahead("production", article.production, measuring),
            **_go_ahead("material", article.material, measuring),
            "rest_of_forecast": measuring.figure(article.remainder),
            "cumulative_received": measuring.received,
            "counted_from": _first_day(article.period_start),
            "last_receipt_reference": last or None,
            "last_receipts": list(_receipts(article, measuring)),
            "is_net_of_transit": self.habits.is_net_of_transit,
            "lines": [_slot(it, message, zone, measuring) for it in article.lines],
        }
        return measuring.recorded(values)

    def _product(self, article: ArticleSchedule) -> Product:
        numbers = _ours(article, self.articles)
        product = next((self.products[it] for it in numbers if it in self.products), None)
        if product is None:
            named = next((it for it in article.articles.values() if it in self.articles), None)
            text = "No product of ours has this number."
            if named is not None:
                text = (
                    f"Its profile says {self.articles[named]} of {named}, which is no SKU of ours."
                )
            raise Refused(Code.NOT_FOUND, text)
        return product

    def _line(self, article: ArticleSchedule, product: Product) -> ContractLine:
        """Return the contract line: of the contract that is named, else of one in force now."""
        lines = self.lines.get(product.id, ())
        if not lines:
            raise Refused(Code.NOT_FOUND, "No contract that runs with this party has this product.")
        named = article.references.get("CONTRACT") or article.references.get("ORDER")
        found = [it for it in lines if named is None or named in self._numbers(it)]
        if not found:
            text = f"No contract over this product that runs with this party is called {named}."
            raise Refused(Code.NOT_FOUND, text)
        found = [it for it in found if self._is_in_force(it)] or found
        if len(found) > 1:
            text = "Several contract lines have this product: its contract must be named (RFF CT)."
            raise Refused(Code.INVALID, text)
        return found[0]

    def _is_in_force(self, line: ContractLine) -> bool:
        contract = self.contracts[line.contract_id]
        return contract.valid_from <= contract.day(self.now) <= contract.valid_to

    def _numbers(self, line: ContractLine) -> tuple[str | None, ...]:
        """Return what the contract of a line is called: by us, and by the customer."""
        contract = self.contracts[line.contract_id]
        return contract.number, contract.purchase_order_number

    def _address(self, code: str | None) -> Address | None:
        if code is None:
            return None
        ours = self.places.get(code, code)
        if ours not in self.addresses:
            raise Refused(Code.NOT_FOUND, f"The party has no address {ours}.")
        return self.addresses[ours]

    def ending(self, place: ReleasePlace, message: ScheduleMessage) -> dict[str, Any]:
        """Return what is recorded of a place that a message ends by not naming it."""
        return {
            **place._asdict(),
            "type": release_type(message),
            "number": message.number or None,
            "issued_at": _start(message.issued, self.own_zone or self.zone),
            "lines": [],
        }


async def known_of_partner(
    writing: Writing, partner: PartnerProfile, message: ScheduleMessage
) -> Resolving:
    """Read what a message's articles may be about, by the same statements for any number of them.

    Refused: INVALID for a partner that is no party.
    """
    party_id = partner.party_id
    if party_id is None:
        raise Refused(Code.INVALID, "The partner's profile names no party.")
    articles = _by_theirs(partner.article_numbers)
    numbers = {it for each in message.articles for it in _ours(each, articles)}
    products = await writing.by_key(Product, "sku", numbers)
    ids = {it.id for it in products.values()}
    lines = await writing.records(ContractLine, "product_id", ids)
    every = await writing.records(Contract, "id", {it.contract_id for it in lines})
    its = {it.id: it for it in every if it.party_id == party_id and it.state in RUNNING}
    addresses = await writing.records(Address, "party_id", [party_id])
    zone = await writing.session.scalar(select(zone_of_days(literal(writing.viewer.merchant_id))))
    return Resolving(
        products,
        {
            key: [it for it in lines if it.product_id == key and it.contract_id in its]
            for key in ids
        },
        its,
        {it.code: it for it in addresses},
        str(zone),
        partner.time_zone,
        articles,
        _by_theirs(partner.place_codes),
        partner.habits,
        writing.now,
    )


def release_type(message: ScheduleMessage) -> ReleaseType:
    """Return of what type the releases of a message are."""
    return ReleaseType.JIT if message.is_just_in_time else ReleaseType.FORECAST


def _by_theirs(numbers: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    return {it["theirs"]: it["ours"] for it in numbers}


def _ours(article: ArticleSchedule, numbers: Mapping[str, str]) -> Sequence[str]:
    """Return what may be our SKU of an article: what the partner's numbers say, then as it is."""
    named = [article.articles[it] for it in _NUMBERED if it in article.articles]
    return [*(numbers[it] for it in named if it in numbers), *named]


def _instant(when: datetime, zone: str) -> datetime:
    return (when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _start(span: Span | None, zone: str) -> datetime | None:
    return None if span is None else _instant(span.start, zone)


def _first_day(span: Span | None) -> date | None:
    return None if span is None else span.start.date()


def _last_day(span: Span | None) -> date | None:
    return None if span is None else (span.end - timedelta.resolution).date()


def _receipts(article: ArticleSchedule, measuring: Measuring) -> Iterable[dict[str, Any]]:
    """Return the last receipts that name a delivery note, the last one of each.

    A quantity that is finer than the product is left out, and told: the note says what has come.
    """
    found = {}
    for each in article.receipts:
        if not each.note:
            continue
        quantity: Decimal | None = measuring.of(each) or None
        if quantity is not None and not measuring.product.fits(quantity):
            article.findings.append(measuring.odd(each, quantity))
            quantity = None
        found[each.note] = {
            "delivery_note": each.note,
            "quantity": quantity,
            "received_on": _last_day(each.received),
            "dispatched_on": _last_day(each.dispatched),
        }
    return found.values()


def _go_ahead(name: str, amount: GoAhead | None, measuring: Measuring) -> dict[str, Any]:
    quantity = measuring.figure(amount)
    if amount is None or quantity is None:
        return {}
    return {f"{name}_go_ahead": quantity, f"{name}_go_ahead_until": _last_day(amount.until)}


def _slot(
    line: PlannedQuantity, message: ScheduleMessage, zone: str, measuring: Measuring
) -> dict[str, Any]:
    """Return a line of a schedule; what is wanted without a date is wanted on the day of issue."""
    span = line.span or message.issued
    if span is None:
        raise Refused(Code.INVALID, "Nothing says when this is wanted.", ("lines",))
    return {
        "window": {
            "earliest": _instant(span.start, zone),
            "latest": _instant(span.end, zone),
            "time_zone": zone,
        },
        "quantity": measuring.of(line),
        "commitment": line.commitment,
        "kind": line.kind,
        "bucket": line.bucket,
        "pattern": line.pattern or None,
        "date_meaning": line.date_meaning,
        "code": line.code or None,
    }
