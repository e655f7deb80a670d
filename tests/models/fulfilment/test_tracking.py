"""The words of carriers, and the status that follows from all reports of a parcel."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from models.fulfilment.deliveries.ways import TERMINAL
from models.fulfilment.parcels import ParcelStatus
from models.fulfilment.tracking.events import Vocabulary
from models.fulfilment.tracking.meanings import DISPOSITIONS, FINER, WORDS, meaning
from models.fulfilment.tracking.standing import Standing, standing

PACKED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OURS = [status for status in ParcelStatus if status not in {"PACKED", "VOIDED"}]


@dataclass(frozen=True)
class Report:
    occurred_at: datetime
    status: ParcelStatus
    is_delay: bool = False
    is_correction: bool = False
    source: str = "feed"
    carrier_event_id: str | None = None
    is_error_declaration: bool = False
    recorded_at: datetime = PACKED_AT + timedelta(days=9)
    id: UUID = field(default_factory=new_id)


def at(hour: int) -> datetime:
    return PACKED_AT + timedelta(hours=hour)


def stands(*reports: tuple[int, str]) -> str:
    return standing(PACKED_AT, [Report(at(hour), ParcelStatus(it)) for hour, it in reports]).status


REPORTS = st.lists(
    st.builds(
        Report,
        st.integers(1, 5).map(at),
        st.sampled_from(OURS),
        st.booleans(),
        st.booleans(),
    ),
    max_size=9,
)


@given(REPORTS, st.data())
def test_neither_order_nor_repetition_changes_the_status(reports, data):
    again = data.draw(st.lists(st.sampled_from(reports), max_size=5)) if reports else []
    shuffled = data.draw(st.permutations(reports + again))
    assert standing(PACKED_AT, shuffled) == standing(PACKED_AT, reports)


@given(REPORTS)
def test_what_follows_a_terminal_status_leads_out_of_it_only_as_a_correction(reports):
    plain = [replace(report, is_correction=False) for report in reports]
    stood = standing(PACKED_AT, plain)
    later = [Report(at(9), status) for status in OURS]
    if stood.status in TERMINAL:
        assert {standing(PACKED_AT, [*plain, each]) for each in later} == {stood}
    for each in later:
        if each.status is not ParcelStatus.UNKNOWN:
            corrected = standing(PACKED_AT, [*plain, replace(each, is_correction=True)])
            assert corrected.status is each.status


@given(REPORTS)
def test_unknown_reports_hide_nothing(reports):
    known = [report for report in reports if report.status is not ParcelStatus.UNKNOWN]
    assert standing(PACKED_AT, known).status is standing(PACKED_AT, reports).status


def test_a_report_of_a_time_to_come_counts_from_when_it_was_recorded():
    early = Report(at(24), ParcelStatus.OUT_FOR_DELIVERY, recorded_at=at(1))
    late = Report(at(2), ParcelStatus.DELIVERED, recorded_at=at(2))
    assert standing(PACKED_AT, [early]) == (ParcelStatus.OUT_FOR_DELIVERY, at(1), False)
    assert standing(PACKED_AT, [late, early]) == (ParcelStatus.DELIVERED, at(2), False)
    # A clock that is fast by a minute orders what it reports, whatever comes first.
    minute = timedelta(minutes=1)
    ways = (
        [
            Report(at(1) + minute, ParcelStatus.DELIVERED, recorded_at=at(1) + first),
            Report(at(1) + 2 * minute, ParcelStatus.LOST, is_correction=True, recorded_at=at(1)),
        ]
        for first in (-minute / 2, minute / 2)
    )
    assert {standing(PACKED_AT, reports).status for reports in ways} == {ParcelStatus.LOST}
    # What one call tells of times to come stands in the order of these.
    call = [Report(at(hour), status, recorded_at=at(1)) for hour, status in _TO_COME]
    assert standing(PACKED_AT, call) == (ParcelStatus.IN_TRANSIT, at(1), False)


_TO_COME = ((5, ParcelStatus.IN_TRANSIT), (4, ParcelStatus.OUT_FOR_DELIVERY))
"""Hour and status, the last one first."""


def test_a_late_report_does_not_set_the_parcel_back():
    assert stands((1, "PICKED_UP"), (3, "OUT_FOR_DELIVERY"), (2, "IN_TRANSIT")) == (
        "OUT_FOR_DELIVERY"
    )


def test_of_two_reports_at_one_instant_the_further_one_counts():
    assert stands((1, "OUT_FOR_DELIVERY"), (1, "IN_TRANSIT")) == "OUT_FOR_DELIVERY"
    assert stands((1, "LOST"), (1, "DELIVERED")) == "DELIVERED"


def test_a_status_stands_since_it_was_first_reported():
    twice = [Report(at(2), ParcelStatus.DELIVERED), Report(at(4), ParcelStatus.DELIVERED)]
    assert standing(PACKED_AT, twice) == Standing(ParcelStatus.DELIVERED, at(2))
    corrected = [*twice, Report(at(3), ParcelStatus.DELIVERED, is_correction=True)]
    assert standing(PACKED_AT, corrected).status_at == at(3)


def test_without_reports_a_parcel_is_packed():
    assert standing(PACKED_AT, []) == Standing(ParcelStatus.PACKED, PACKED_AT)


def test_a_delay_lasts_until_a_later_report_of_progress():
    delay = Report(at(2), ParcelStatus.UNKNOWN, is_delay=True)
    moving = [Report(at(1), ParcelStatus.IN_TRANSIT), delay]
    assert standing(PACKED_AT, moving) == Standing(ParcelStatus.IN_TRANSIT, at(1), is_delayed=True)
    same_instant = [*moving, Report(at(2), ParcelStatus.IN_TRANSIT)]
    assert standing(PACKED_AT, same_instant).is_delayed
    in_trouble = [*moving, Report(at(3), ParcelStatus.EXCEPTION)]
    assert standing(PACKED_AT, in_trouble).is_delayed
    moving_on = [*moving, Report(at(3), ParcelStatus.IN_TRANSIT)]
    assert not standing(PACKED_AT, moving_on).is_delayed
    arrived = [*moving, Report(at(1), ParcelStatus.DELIVERED)]
    assert not standing(PACKED_AT, arrived).is_delayed


@pytest.mark.parametrize(
    ("vocabulary", "word", "status"),
    [
        ("ABRUF", "ATTEMPT_FAILED", "ATTEMPT_FAILED"),
        ("SHOPIFY", "LABEL_PURCHASED", "LABEL_CREATED"),
        ("SHOPIFY", "LABEL_PRINTED", "LABEL_CREATED"),
        ("SHOPIFY", "CONFIRMED", "LABEL_CREATED"),
        ("SHOPIFY", "CARRIER_PICKED_UP", "PICKED_UP"),
        ("SHOPIFY", "IN_TRANSIT", "IN_TRANSIT"),
        ("SHOPIFY", "OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY"),
        ("SHOPIFY", "ATTEMPTED_DELIVERY", "ATTEMPT_FAILED"),
        ("SHOPIFY", "READY_FOR_PICKUP", "READY_FOR_PICKUP"),
        ("SHOPIFY", "delivered", "DELIVERED"),
        ("SHOPIFY", "FAILURE", "EXCEPTION"),
        ("AFTERSHIP", "InfoReceived", "LABEL_CREATED"),
        ("AFTERSHIP", "InTransit", "IN_TRANSIT"),
        ("AFTERSHIP", "OutForDelivery", "OUT_FOR_DELIVERY"),
        ("AFTERSHIP", "AttemptFail", "ATTEMPT_FAILED"),
        ("AFTERSHIP", "AvailableForPickup", "READY_FOR_PICKUP"),
        ("AFTERSHIP", " DELIVERED ", "DELIVERED"),
        ("AFTERSHIP", "Exception", "EXCEPTION"),
        ("AFTERSHIP", "Expired", "EXCEPTION"),
        ("AFTERSHIP", "Pending", "UNKNOWN"),
        ("EASYPOST", "pre_transit", "LABEL_CREATED"),
        ("EASYPOST", "in_transit", "IN_TRANSIT"),
        ("EASYPOST", "out_for_delivery", "OUT_FOR_DELIVERY"),
        ("EASYPOST", "failure", "ATTEMPT_FAILED"),
        ("EASYPOST", "available_for_pickup", "READY_FOR_PICKUP"),
        ("EASYPOST", "delivered", "DELIVERED"),
        ("EASYPOST", "return_to_sender", "RETURNED_TO_SENDER"),
        ("EASYPOST", "error", "EXCEPTION"),
        ("EASYPOST", "cancelled", "EXCEPTION"),
        ("EASYPOST", "unknown", "UNKNOWN"),
        ("EPCIS", "packing", "LABEL_CREATED"),
        ("EPCIS", "staging_outbound", "LABEL_CREATED"),
        ("EPCIS", "urn:epcglobal:cbv:bizstep:loading", "PICKED_UP"),
        ("EPCIS", "https://ref.gs1.org/cbv/BizStep-departing", "PICKED_UP"),
        ("EPCIS", "transporting", "IN_TRANSIT"),
        ("SHOPIFY", "PICKED_UP", "DELIVERED"),
        ("SHOPIFY", "READY_FOR_RECIPIENT_PICKUP", "READY_FOR_PICKUP"),
        ("SHOPIFY", "BUYER_ACTION_REQUIRED", "EXCEPTION"),
        ("SHOPIFY", "RETURNING_TO_SENDER", "EXCEPTION"),
        ("EPCIS", "shipping", "PICKED_UP"),
        ("EPCIS", "consigning", "PICKED_UP"),
        ("EPCIS", "unloading", "IN_TRANSIT"),
        ("EPCIS", "arriving", "IN_TRANSIT"),
        ("EPCIS", "void_shipping", "EXCEPTION"),
        ("EPCIS", "destroying", "EXCEPTION"),
        ("EPCIS", "storing", "UNKNOWN"),
        ("EPCIS", "receiving", "DELIVERED"),
    ],
)
def test_a_foreign_word_has_its_meaning(vocabulary, word, status):
    meant = meaning(Vocabulary(vocabulary), word)
    assert (meant.status, meant.is_delay) == (status, False)


PUBLISHED = {
    # Shopify, GraphQL Admin API 2026-10 and Customer Account API 2024-07 to 2026-10 and unstable,
    # enum FulfillmentEventStatus.
    "SHOPIFY": """ATTEMPTED_DELIVERY BUYER_ACTION_REQUIRED CARRIER_PICKED_UP CONFIRMED DELAYED
        DELIVERED FAILURE IN_TRANSIT LABEL_PRINTED LABEL_PURCHASED OUT_FOR_DELIVERY PICKED_UP
        READY_FOR_PICKUP READY_FOR_RECIPIENT_PICKUP RETURNING_TO_SENDER""",
    # AfterShip Tracking API 2025-01, "Delivery Statuses".
    "AFTERSHIP": """InfoReceived InTransit OutForDelivery AttemptFail Delivered AvailableForPickup
        Exception Expired Pending""",
    # EasyPost API v2, Tracker object, attribute status.
    "EASYPOST": """unknown pre_transit in_transit out_for_delivery delivered available_for_pickup
        return_to_sender failure cancelled error""",
    # GS1 Core Business Vocabulary 2.0 (2022), section 7.1, business steps; also the enumeration
    # bizStep of the JSON schema of EPCIS 2.0.
    "EPCIS": """accepting arriving assembling collecting commissioning consigning
        creating_class_instance cycle_counting decommissioning departing destroying disassembling
        dispensing encoding entering_exiting holding inspecting installing killing loading other
        packing picking receiving removing repackaging repairing replacing reserving retail_selling
        sampling sensor_reporting shipping staging_outbound stock_taking stocking storing
        transporting unloading unpacking void_shipping""",
}
PUBLISHED_DISPOSITIONS = """active available completeness_inferred completeness_verified conformant
    container_closed container_open damaged destroyed dispensed disposed encoded expired in_progress
    in_transit inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement
    no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved
    retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown"""
"""GS1 Core Business Vocabulary 2.0 (2022), section 7.2, dispositions."""
AFTERSHIPS_SUB_STATUSES = {
    "InfoReceived": 1,
    "InTransit": 9,
    "OutForDelivery": 4,
    "AttemptFail": 3,
    "Delivered": 5,
    "AvailableForPickup": 1,
    "Exception": 21,
    "Expired": 1,
    "Pending": 6,
}
"""AfterShip Tracking API 2026-07, "Delivery Sub-statuses": the last number behind each status."""


@pytest.mark.parametrize("vocabulary", PUBLISHED)
def test_each_vocabulary_is_whole_as_its_publisher_lists_it(vocabulary):
    assert set(WORDS[Vocabulary(vocabulary)]) == set(PUBLISHED[vocabulary].split())


def test_the_dispositions_are_whole_too():
    assert set(PUBLISHED_DISPOSITIONS.split()) == DISPOSITIONS


def test_each_sub_status_of_aftership_tells_its_status_or_more():
    for status, last in AFTERSHIPS_SUB_STATUSES.items():
        for number in range(1, last + 1):
            finer = f"{status}_{number:03}"
            plain = meaning(Vocabulary.AFTERSHIP, status)
            expected = FINER[Vocabulary.AFTERSHIP].get(finer, plain)
            assert meaning(Vocabulary.AFTERSHIP, status, finer) == expected


@pytest.mark.parametrize(
    ("step", "disposition", "status"),
    [
        ("shipping", "in_transit", "PICKED_UP"),
        ("storing", "in_transit", "IN_TRANSIT"),
        ("arriving", "in_progress", "IN_TRANSIT"),
        ("receiving", "sellable_accessible", "DELIVERED"),
        ("receiving", "https://ref.gs1.org/cbv/Disp-returned", "RETURNED_TO_SENDER"),
        ("shipping", "urn:epcglobal:cbv:disp:returned", "EXCEPTION"),
        ("receiving", "damaged", "EXCEPTION"),
        ("inspecting", "stolen", "LOST"),
        ("cbv:BizStep-receiving", "cbv:Disp-returned", "RETURNED_TO_SENDER"),
    ],
)
def test_a_disposition_tells_what_the_step_does_not(step, disposition, status):
    assert meaning(Vocabulary.EPCIS, step, disposition).status == status


@pytest.mark.parametrize("detail", ["refused", "damaged", "delivery_exception", "held", "return"])
def test_why_a_parcel_came_back_does_not_take_its_return_away(detail):
    returned = meaning(Vocabulary.EASYPOST, "return_to_sender", detail)
    assert (returned.status, returned.is_delay) == ("RETURNED_TO_SENDER", False)


@pytest.mark.parametrize("hub", ["IN_TRANSIT", "OUT_FOR_DELIVERY", "ATTEMPT_FAILED"])
def test_what_leaves_a_hub_is_not_picked_up_anew(hub):
    """A carrier that reports in EPCIS departs from each of its hubs."""
    assert stands((1, "PICKED_UP"), (2, hub), (3, "PICKED_UP")) == "IN_TRANSIT"
    assert stands((2, hub), (3, "EXCEPTION"), (4, "PICKED_UP")) == "IN_TRANSIT"
    assert stands((1, "PICKED_UP"), (2, "EXCEPTION"), (3, "PICKED_UP")) == "PICKED_UP"


def test_what_was_declared_an_error_was_never_reported():
    wrong = Report(at(2), ParcelStatus.DELIVERED, carrier_event_id="E1")
    moving = Report(at(1), ParcelStatus.IN_TRANSIT, carrier_event_id="E0")
    declared = replace(wrong, is_error_declaration=True)
    for reports in ([moving, wrong, declared], [declared, wrong, moving]):
        assert standing(PACKED_AT, reports) == Standing(ParcelStatus.IN_TRANSIT, at(1))
    instead = Report(at(3), ParcelStatus.OUT_FOR_DELIVERY, carrier_event_id="E2")
    assert standing(PACKED_AT, [wrong, declared, instead]).status == "OUT_FOR_DELIVERY"
    elsewhere = replace(declared, source="another feed")
    assert standing(PACKED_AT, [wrong, elsewhere]).status == "DELIVERED"


def test_a_correction_stands_in_place_of_the_event_whose_id_it_bears():
    wrong = Report(at(4), ParcelStatus.DELIVERED, carrier_event_id="E1")
    corrected = Report(
        at(2), ParcelStatus.ATTEMPT_FAILED, is_correction=True, carrier_event_id="E1"
    )
    assert standing(PACKED_AT, [wrong, corrected]).status == "ATTEMPT_FAILED"


@pytest.mark.parametrize("hour", [1, 2, 3])
def test_of_corrections_under_one_id_the_last_one_counts(hour):
    wrong = Report(at(4), ParcelStatus.DELIVERED, carrier_event_id="E1")
    first, last = (
        Report(when, status, is_correction=True, carrier_event_id="E1")
        for when, status in (
            (at(2), ParcelStatus.LOST),
            (at(hour), ParcelStatus.RETURNED_TO_SENDER),
        )
    )
    for reports in permutations([wrong, first, last]):
        assert standing(PACKED_AT, reports).status == "RETURNED_TO_SENDER"


def test_what_came_last_under_one_id_counts_be_it_a_correction_or_a_declaration_of_an_error():
    wrong = Report(at(4), ParcelStatus.DELIVERED, carrier_event_id="E1")
    corrected = Report(at(2), ParcelStatus.LOST, is_correction=True, carrier_event_id="E1")
    declared = Report(at(3), ParcelStatus.LOST, carrier_event_id="E1", is_error_declaration=True)
    anew = replace(corrected, id=new_id())
    for reports in permutations([wrong, corrected, declared]):
        assert standing(PACKED_AT, reports).status == "PACKED"
    for reports in permutations([wrong, declared, anew]):
        assert standing(PACKED_AT, reports).status == "LOST"


@pytest.mark.parametrize("vocabulary", [Vocabulary.ABRUF, Vocabulary.SHOPIFY])
def test_a_delay_tells_nothing_of_the_status(vocabulary):
    meant = meaning(vocabulary, "Delayed")
    assert (meant.status, meant.is_delay) == (ParcelStatus.UNKNOWN, True)


@pytest.mark.parametrize("word", ["PACKED", "VOIDED", "in_transit!", "🚚", "Delivered"])
def test_a_word_that_the_vocabulary_lacks_is_unknown(word):
    assert meaning(Vocabulary.EPCIS, word) == meaning(Vocabulary.EASYPOST, "unknown")
    if word != "Delivered":
        assert meaning(Vocabulary.ABRUF, word).status is ParcelStatus.UNKNOWN


@pytest.mark.parametrize(
    ("word", "detail", "status", "is_delay"),
    [
        ("failure", "lost", "LOST", False),
        ("failure", "damaged", "EXCEPTION", False),
        ("failure", "refused", "EXCEPTION", False),
        ("failure", "expired", "EXCEPTION", False),
        ("failure", "failure", "ATTEMPT_FAILED", False),
        ("in_transit", "departed_facility", "IN_TRANSIT", False),
        ("in_transit", "delayed", "UNKNOWN", True),
        ("in_transit", "weather_delay", "UNKNOWN", True),
    ],
)
def test_easypost_tells_by_the_detail_what_went_wrong(word, detail, status, is_delay):
    meant = meaning(Vocabulary.EASYPOST, word, detail)
    assert (meant.status, meant.is_delay) == (status, is_delay)


@pytest.mark.parametrize(
    ("sub_status", "status", "is_delay"),
    [
        ("Exception_001", "EXCEPTION", False),
        ("Exception_004", "UNKNOWN", True),
        ("exception_005", "UNKNOWN", True),
        ("Exception_011", "RETURNED_TO_SENDER", False),
        ("Exception_013", "LOST", False),
        ("Exception_016", "UNKNOWN", True),
        ("Exception_017", "UNKNOWN", True),
        ("Exception_018", "EXCEPTION", False),
        ("Exception_019", "UNKNOWN", True),
        ("Exception_020", "EXCEPTION", False),
        ("Exception_021", "LOST", False),
    ],
)
def test_aftership_tells_by_the_sub_status_what_its_exception_is(sub_status, status, is_delay):
    meant = meaning(Vocabulary.AFTERSHIP, "Exception", sub_status)
    assert (meant.status, meant.is_delay) == (status, is_delay)
    assert meaning(Vocabulary.SHOPIFY, "FAILURE", sub_status).status is ParcelStatus.EXCEPTION
