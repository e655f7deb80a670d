"""Companies and persons over GraphQL."""

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make import refusals
from tests.make.master.parties import PLACE, address, carrier, company, person

UPSERT = """
mutation ($input: PartiesUpsertInput!) {
  partiesUpsert(input: $input) {
    results { status userErrors { code field message }
      party { id number name roles contacts { code name } addresses { code } } }
    userErrors { code field message }
  }
}
"""
PARTY = """
query ($id: ID, $number: String) {
  party(id: $id, number: $number) {
    id number kind roles name gln vatId email phone language
    contacts { id code name title department email phone party { number } }
    addresses {
      id code place { line1 city country } timeZone isDefault
      receivingHours { weekday opens closes }
    }
    timeline(first: 9) { nodes { type payload } }
  }
}
"""
PARTIES = """
query ($first: Int = 50, $filter: PartyFilter, $sort: PartySort) {
  parties(first: $first, filter: $filter, sort: $sort) {
    nodes { number contacts { code } addresses { code } timeline(first: 3) { nodes { type } } }
    totalCount
  }
}
"""
NODE = """
query ($id: ID!) {
  node(id: $id) { id ... on Address { code party { name } } ... on Contact { name } }
}
"""
WEBER = {
    "number": "K-1",
    "name": "Maschinenbau Weber GmbH",
    "roles": ["SUPPLIER", "CUSTOMER"],
    "gln": "4012345000009",
    "vatId": "DE123456789",
    "email": "einkauf@weber.example",
    "phone": "+49 221 1234",
    "language": "de",
    "contacts": [{"code": "ANNA", "name": "Anna Weber", "title": "Buyer", "department": "SCM"}],
    "addresses": [
        {
            "code": "PLANT",
            "place": {"line1": "Ringstr. 1", "city": "Köln", "country": "DE"},
            "timeZone": "Europe/Berlin",
            "isDefault": True,
            "receivingHours": [
                {"weekday": 2, "opens": "07:00", "closes": "24:00"},
                {"weekday": 1, "opens": "13:00", "closes": "16:00"},
                {"weekday": 1, "opens": "07:00", "closes": "12:00"},
            ],
        }
    ],
}


async def _upsert(ask, *parties, **more):
    return (await ask(UPSERT, input={"parties": list(parties), **more}))["partiesUpsert"]


async def _statuses(ask, *parties):
    return [it["status"] for it in (await _upsert(ask, *parties))["results"]]


async def _refusal(ask, *parties):
    """Return code and path of the one refusal, and see that no item of that number is written."""
    answer = await _upsert(ask, *parties)
    (error,) = refusals(answer)
    assert (await ask(PARTIES))["parties"]["totalCount"] == 0
    return error["code"], ".".join(error["field"][2:])


def _party(**fields):
    return {"number": "N", "name": "Name"} | fields


def _address(**fields):
    valid = {"code": "A", "place": {"line1": "1", "city": "Y", "country": "DE"}}
    return valid | {"timeZone": "Europe/Berlin"} | fields


async def test_a_company_is_shown_as_it_was_written(ask):
    assert (await _upsert(ask, WEBER))["results"][0]["status"] == "CREATED"
    shown = (await ask(PARTY, number="K-1"))["party"]
    assert (await ask(PARTY, id=shown["id"]))["party"] == shown
    for name in ("number", "name", "gln", "vatId", "email", "phone", "language"):
        assert shown[name] == WEBER[name]
    assert (shown["kind"], shown["roles"]) == ("COMPANY", ["CUSTOMER", "SUPPLIER"])
    (contact,) = shown["contacts"]
    assert (contact["name"], contact["title"], contact["email"]) == ("Anna Weber", "Buyer", None)
    assert contact["party"] == {"number": "K-1"}
    (place,) = shown["addresses"]
    assert place["place"] == {"line1": "Ringstr. 1", "city": "Köln", "country": "DE"}
    assert place["receivingHours"] == [
        {"weekday": 1, "opens": "07:00", "closes": "12:00"},
        {"weekday": 1, "opens": "13:00", "closes": "16:00"},
        {"weekday": 2, "opens": "07:00", "closes": "24:00"},
    ]


async def test_the_same_input_again_changes_nothing(ask):
    await _upsert(ask, WEBER)
    again = WEBER | {"roles": ["CUSTOMER", "SUPPLIER"]}
    assert await _statuses(ask, again) == ["UNCHANGED"]
    shown = (await ask(PARTY, number="K-1"))["party"]
    assert [it["type"] for it in shown["timeline"]["nodes"]] == ["party.created"]


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"phone": "1"}, {"fields": ["phone"], "contacts": 0, "addresses": 0}),
        (
            {"contacts": [{"code": "ANNA", "name": "Anna Schmidt"}]},
            {"fields": [], "contacts": 1, "addresses": 0},
        ),
        (
            {"addresses": [_address(code="PLANT"), _address(code="B")]},
            {"fields": [], "contacts": 0, "addresses": 2},
        ),
    ],
)
async def test_a_change_of_any_part_is_an_update_of_the_party(ask, change, written):
    await _upsert(ask, WEBER)
    assert await _statuses(ask, WEBER | change) == ["UPDATED"]
    shown = (await ask(PARTY, number="K-1"))["party"]
    updated = shown["timeline"]["nodes"][-1]
    answers = updated["payload"]
    assert (updated["type"], answers["fields"]) == ("party.updated", written["fields"])
    for noun, name in (("Contact", "contacts"), ("Address", "addresses")):
        assert len(answers[name]) == written[name]
        assert {to_global(noun, it) for it in answers[name]} <= {it["id"] for it in shown[name]}


async def test_what_an_input_leaves_out_stays(ask):
    await _upsert(ask, WEBER)
    bare = {name: WEBER[name] for name in WEBER if name not in {"contacts", "addresses"}}
    assert await _statuses(ask, bare) == ["UNCHANGED"]
    more = bare | {"contacts": [{"code": "BEN", "name": "Ben"}], "addresses": [_address()]}
    assert await _statuses(ask, more) == ["UPDATED"]
    shown = (await ask(PARTY, number="K-1"))["party"]
    assert [it["code"] for it in shown["contacts"]] == ["ANNA", "BEN"]
    assert [it["code"] for it in shown["addresses"]] == ["A", "PLANT"]


async def test_a_party_has_one_default_address(ask):
    await _upsert(ask, WEBER)
    assert await _statuses(ask, WEBER | {"addresses": [_address(isDefault=True)]}) == ["UPDATED"]
    shown = (await ask(PARTY, number="K-1"))["party"]
    assert {it["code"]: it["isDefault"] for it in shown["addresses"]} == {"A": True, "PLANT": False}
    assert await _statuses(ask, WEBER) == ["UPDATED"]
    shown = (await ask(PARTY, number="K-1"))["party"]
    assert {it["code"]: it["isDefault"] for it in shown["addresses"]} == {"A": False, "PLANT": True}


async def test_contacts_of_two_parties_may_have_one_code(ask):
    one = _party(number="1", contacts=[{"code": "C", "name": "Eins"}])
    other = _party(number="2", contacts=[{"code": "C", "name": "Zwei"}])
    answer = await _upsert(ask, one, other)
    names = [it["party"]["contacts"][0]["name"] for it in answer["results"]]
    assert names == ["Eins", "Zwei"]
    assert await _statuses(ask, other, _party(number="3"), one) == [
        "UNCHANGED",
        "CREATED",
        "UNCHANGED",
    ]


@pytest.mark.parametrize(
    ("party", "code", "path"),
    [
        ({"gln": "4012345000008"}, "INVALID_CHECK_DIGIT", "0.gln"),
        ({"gln": "401234500000"}, "INVALID_CHECK_DIGIT", "0.gln"),
        ({"name": " "}, "BLANK", "0.name"),
        ({"name": "A\0B"}, "INVALID_CHARACTER", "0.name"),
        ({"name": "x" * 100_000}, "TOO_LONG", "0.name"),
        ({"number": "x" * 101}, "TOO_LONG", "0.number"),
        ({"roles": []}, "TOO_FEW_ITEMS", "0.roles"),
        ({"language": "klingon"}, "INVALID", "0.language"),
        (
            {"addresses": [_address(timeZone="Mars/Olympus")]},
            "INVALID_TIME_ZONE",
            "0.addresses.0.timeZone",
        ),
        (
            {"addresses": [_address(place=_address()["place"] | {"country": "XX"})]},
            "INVALID_COUNTRY",
            "0.addresses.0.place.country",
        ),
        (
            {"contacts": [{"code": "C", "name": "1"}, {"code": "C", "name": "2"}]},
            "DUPLICATE",
            "0.contacts.1.code",
        ),
        ({"addresses": [_address(), _address()]}, "DUPLICATE", "0.addresses.1.code"),
        (
            {"addresses": [_address(isDefault=True), _address(code="B", isDefault=True)]},
            "DUPLICATE",
            "0.addresses.1.isDefault",
        ),
    ],
)
async def test_wrong_input_is_refused_with_its_path(ask, party, code, path):
    assert await _refusal(ask, _party(**party)) == (code, path)


@pytest.mark.parametrize(
    ("hours", "code", "path"),
    [
        ([(1, "08:00", "08:00")], "INVALID_WINDOW", "0.closes"),
        ([(1, "16:00", "08:00")], "INVALID_WINDOW", "0.closes"),
        ([(1, "24:00", "24:00")], "INVALID", "0.opens"),
        ([(1, "8:00", "12:00")], "INVALID", "0.opens"),
        ([(1, "08:00", "1٢:00")], "INVALID", "0.closes"),
        ([(0, "08:00", "12:00")], "NOT_POSITIVE", "0.weekday"),
        ([(8, "08:00", "12:00")], "OUT_OF_RANGE", "0.weekday"),
        ([(1, "08:00", "12:00"), (1, "11:59", "13:00")], "INVALID_WINDOW", "1"),
        (
            [(1, "08:00", "12:00"), (2, "08:00", "12:00"), (1, "06:00", "24:00")],
            "INVALID_WINDOW",
            "0",
        ),
    ],
)
async def test_receiving_hours_that_make_no_sense_are_refused(ask, hours, code, path):
    openings = [{"weekday": day, "opens": a, "closes": b} for day, a, b in hours]
    party = _party(addresses=[_address(receivingHours=openings)])
    assert await _refusal(ask, party) == (code, f"0.addresses.0.receivingHours.{path}")


async def test_hours_may_follow_each_other_without_a_break(ask):
    hours = [("08:00", "12:00"), ("12:00", "17:00")]
    openings = [{"weekday": 1, "opens": a, "closes": b} for a, b in hours]
    party = _party(addresses=[_address(receivingHours=openings)])
    assert await _statuses(ask, party) == ["CREATED"]


async def test_a_number_stands_once_in_an_input(ask):
    answer = await _upsert(ask, _party(), _party(number="M"), _party())
    assert [it["status"] for it in answer["results"]] == ["CREATED", "CREATED", "REFUSED"]
    (error,) = refusals(answer)
    assert (error["code"], error["field"][2:]) == ("DUPLICATE", ["2", "number"])


async def test_a_bulk_call_takes_1_to_250_parties(ask):
    parties = [_party(number=f"{number:03}") for number in range(251)]
    assert await _refusal(ask) == ("TOO_FEW_ITEMS", "")
    assert await _refusal(ask, *parties) == ("TOO_MANY_ITEMS", "")
    assert set(await _statuses(ask, *parties[:250])) == {"CREATED"}


async def test_emoji_and_text_from_right_to_left_are_kept(ask):
    name = "مخزن الشمال 🏗️ \u200fש״ע\u200f 北京"
    await _upsert(ask, _party(name=name))
    assert (await ask(PARTY, number="N"))["party"]["name"] == name
    found = (await ask(PARTIES, filter={"nameContains": "🏗️"}))["parties"]["nodes"]
    assert [it["number"] for it in found] == ["N"]


async def test_the_same_key_gives_the_same_answer_once(ask):
    first = await _upsert(ask, WEBER, idempotencyKey="k")
    assert await _upsert(ask, WEBER, idempotencyKey="k") == first
    other = await _upsert(ask, _party(), idempotencyKey="k")
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ({}, ["A-1", "A-2", "B%1"]),
        ({"kind": "PERSON"}, ["A-2"]),
        ({"role": "CARRIER"}, ["A-1", "B%1"]),
        ({"numberPrefix": "A-"}, ["A-1", "A-2"]),
        ({"numberPrefix": "%"}, []),
        ({"nameContains": "ÖSTER"}, ["A-1"]),
        ({"nameContains": "_"}, []),
        ({"gln": "4012345000009"}, ["B%1"]),
        ({"vatId": "ATU1"}, ["A-1"]),
        ({"role": "CARRIER", "kind": "PERSON"}, []),
    ],
)
async def test_parties_are_found_by_what_a_filter_says(ask, values, numbers):
    await _upsert(
        ask,
        _party(number="B%1", name="Carrier", roles=["CARRIER"], gln="4012345000009"),
        _party(number="A-1", name="Österpost", roles=["CARRIER", "SUPPLIER"], vatId="ATU1"),
        _party(number="A-2", name="Jan", kind="PERSON"),
    )
    found = (await ask(PARTIES, filter=values))["parties"]
    assert [it["number"] for it in found["nodes"]] == numbers
    assert found["totalCount"] == len(numbers)


async def test_parties_are_sorted_by_number_or_name(ask):
    await _upsert(ask, _party(number="1", name="B"), _party(number="2", name="A"))
    for sort, numbers in (("NUMBER_DESC", "21"), ("NAME", "21"), ("NAME_DESC", "12")):
        found = (await ask(PARTIES, sort=sort))["parties"]["nodes"]
        assert "".join(it["number"] for it in found) == numbers


async def test_contacts_and_addresses_are_nodes(ask):
    await _upsert(ask, WEBER)
    shown = (await ask(PARTY, number="K-1"))["party"]
    (contact,), (place,) = shown["contacts"], shown["addresses"]
    assert (await ask(NODE, id=contact["id"]))["node"]["name"] == "Anna Weber"
    assert (await ask(NODE, id=place["id"]))["node"]["party"] == {"name": WEBER["name"]}


async def test_statements_do_not_grow_with_the_number_of_parties(ask, database, plans):
    whole = [
        WEBER | {"number": f"{number:02}", "gln": None, "name": f"W {number}"}
        for number in range(20)
    ]
    writes, reads = [], []
    for values in (whole[:1], whole):
        with counted(database.engine) as sent:
            await _upsert(ask, *values)
        writes.append(len(sent))
    for first in (1, 20):
        with counted(database.engine) as sent:
            await ask(PARTIES, first=first)
        reads.append(len(sent))
    assert writes[0] == writes[1]
    # All at once; or the page, its count, contacts, addresses, timelines.
    assert reads == ([1, 1] if plans else [5, 5])


async def test_a_buyer_sees_its_own_company_and_carriers(ask, world):
    own = await company(world, number="OWN")
    other = await company(world, number="OTHER")
    await person(world, number="JAN")
    await carrier(world, number="DHL", contacts=[{"code": "C", "name": "Secret"}])
    buyer = ask.by(await world.key(Actor.BUYER, own))
    seen = (await buyer(PARTIES))["parties"]
    assert [(it["number"], len(it["contacts"])) for it in seen["nodes"]] == [("DHL", 0), ("OWN", 1)]
    assert (await buyer(PARTY, id=to_global("Party", other)))["party"] is None
    assert (await buyer(PARTY, number="OTHER"))["party"] is None
    hidden = (await ask(PARTY, number="OTHER"))["party"]["addresses"][0]["id"]
    assert (await buyer(NODE, id=hidden))["node"] is None
    refused = await buyer.answer(UPSERT, input={"parties": [_party()]})
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_merchants_parties_answer_like_missing_ones(ask, world, database, clock):
    mine = await company(world, number="MINE")
    stranger = await make.world(database, clock)
    theirs = ask.by(stranger.token)
    assert (await theirs(PARTY, id=to_global("Party", mine)))["party"] is None
    assert (await theirs(PARTY, number="MINE"))["party"] is None
    assert (await theirs(PARTIES))["parties"] == {"nodes": [], "totalCount": 0}
    await company(stranger, number="MINE", name="Theirs", addresses=[address(place=PLACE)])
    assert (await ask(PARTY, number="MINE"))["party"]["name"] != "Theirs"


async def test_both_limits_keep_one_currency_and_its_minor_unit_also_where_one_is_left_out(ask):
    upsert = """mutation ($input: PartiesUpsertInput!) { partiesUpsert(input: $input) {
      results { status userErrors { code field } } } }"""

    async def write(**fields):
        item = {"number": "K-1", "name": "Weber", **fields}
        (result,) = (await ask(upsert, input={"parties": [item]}))["partiesUpsert"]["results"]
        return result["status"], [(it["code"], *it["field"][3:]) for it in result["userErrors"]]

    euros, francs = ({"amount": "50", "currency": it} for it in ("EUR", "CHF"))
    assert await write(approvalLimit=euros, approvalLimitPerDay=euros) == ("CREATED", [])
    refusal = ("INVALID", "approvalLimitPerDay", "currency")
    assert await write(approvalLimitPerDay=francs) == ("REFUSED", [refusal])
    assert await write(approvalLimitPerDay=francs, approvalLimit=None) == ("UPDATED", [])
    parts = {"amount": "50.001", "currency": "CHF"}
    refusal = ("SCALE_EXCEEDED", "approvalLimitPerDay", "amount")
    assert await write(approvalLimitPerDay=parts) == ("REFUSED", [refusal])
