"""Messages: one of each event in every language, none too many, of what everybody reads."""

from typing import Any, cast

import pytest

from kit.standards.languages import Spoken, preferred, spoken
from models.base.events import EVENTS
from models.events.wording import CATALOGUES, catalogue, fields_of, message_of
from models.trade.contracts.states import TimeRule
from tests.models.events.messages import completed, values_shown

SHOWN = {"number", "quantity", "instant", "day"}
"""Kinds of values that a message may show."""


UNTRANSLATED = 8
"""How many messages of a language may wait for a translator; none where `--every-case` is asked."""


@pytest.mark.parametrize("language", Spoken)
def test_every_event_has_one_entry_and_no_entry_is_left_over(language: Spoken) -> None:
    text = (CATALOGUES / f"{language.value}.po").read_text("utf-8")
    assert text == completed(text, language), "The events have changed: run `make docs`."


@pytest.mark.parametrize("language", Spoken)
def test_messages_are_translated(language: Spoken, pytestconfig: pytest.Config) -> None:
    messages = catalogue(language).messages
    waiting = EVENTS.keys() - messages.keys()
    may_wait = language is not Spoken.EN and not pytestconfig.getoption("--every-case")
    assert len(waiting) <= (UNTRANSLATED if may_wait else 0), waiting
    assert [name for name, it in messages.items() if not all(it.forms)] == []


def test_a_new_event_is_told_in_english_until_it_is_translated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "contract.created"
    german, english = catalogue(Spoken.DE), catalogue(Spoken.EN)
    monkeypatch.delitem(cast("dict[str, Any]", german.messages), name)
    shown = message_of(name, {"lines": 1}, Spoken.DE, "UTC")
    assert shown == english.messages[name].forms[0].format(lines=1)
    head = 'msgid ""\n\nmsgid "gone.away"\nmsgstr "Gone"\n'
    written = completed(head, Spoken.EN)
    assert 'msgid "order.hold_released"\nmsgstr "Order hold released"\n' in written
    assert "gone" not in written
    assert 'msgid "order.hold_released"\nmsgstr ""\n' in completed(head, Spoken.PL)


def test_a_value_is_told_in_words_of_the_language() -> None:
    answers = [
        message_of("order.proposal_answered", {"answer": answer}, language, "UTC")
        for language in (Spoken.EN, Spoken.PL)
        for answer in ("ACCEPTED", "DECLINED")
    ]
    assert answers == [
        "Proposed delivery window: accepted",
        "Proposed delivery window: declined",
        "Proponowane okno dostawy: przyjęte",
        "Proponowane okno dostawy: odrzucone",
    ]


@pytest.mark.parametrize("name", ["order.window_overridden", "delivery.window_overridden"])
def test_each_rule_that_a_time_breaks_is_told(name: str) -> None:
    german = message_of(name, {"rules": ["NOTICE", "VALIDITY"]}, Spoken.DE, "UTC")
    assert german.endswith(
        ": kürzere Vorlaufzeit als vereinbart, außerhalb der Laufzeit des Vertrags"
    )
    shown = {
        (it, r): message_of(name, {"rules": [r]}, it, "UTC") for it in Spoken for r in TimeRule
    }
    assert len(set(shown.values())) == len(shown)


def test_there_is_a_catalogue_of_each_language_and_no_other() -> None:
    assert {it.stem for it in CATALOGUES.iterdir()} == {it.value for it in Spoken}


@pytest.mark.parametrize("language", Spoken)
def test_a_message_shows_only_what_everybody_reads_who_reads_the_event(language: Spoken) -> None:
    for name, message in catalogue(language).messages.items():
        kind = EVENTS[name]
        hidden = {field for its in kind.hidden.values() for field in its}
        open_to_all = {
            value.name: value.kind.word
            for value in kind.versions.values
            if value.is_needed and value.kind.rows is None and value.name not in hidden
        }
        shown = set().union(*map(fields_of, message.forms)) | ({message.counted} - {None})
        chosen = {field for form in message.forms for field, _ in values_shown(name, form)}
        assert {open_to_all.get(it) for it in shown - chosen} <= SHOWN, name
        assert chosen <= open_to_all.keys(), name
        assert message.counted is None or open_to_all[message.counted] == "number", name
        english = catalogue(Spoken.EN).messages[name]
        assert message.counted == english.counted, name
        assert fields_of(message.forms[-1]) == fields_of(english.forms[-1]), name


@pytest.mark.parametrize("language", Spoken)
def test_each_number_has_a_form(language: Spoken) -> None:
    words = catalogue(language)
    forms = {words.form(it) for it in range(200)}
    counts = {len(it.forms) for it in words.messages.values() if it.counted}
    assert counts == {len(forms)} == {max(forms) + 1}


def test_numbers_days_and_instants_are_written_as_the_language_does() -> None:
    payload = {"line_no": 1, "starts_on": "2026-03-02", "issued": "1234.5", "received": "0"}
    opened = [message_of("contract.account_opened", payload, it, "UTC") for it in Spoken]
    assert ["1,234.5" in it for it in opened] == [True, False, False, False, True]
    assert "1.234,5" in opened[1]
    assert "2 mar 2026" in opened[2]
    window = dict.fromkeys(("latest_before", "earliest", "latest"), "2026-03-01T23:30:00+00:00") | {
        "excuse": None
    }
    moved = message_of("delivery.rescheduled", window, Spoken.DE, "Europe/Berlin")
    assert "02.03.2026, 00:30" in moved
    few = [message_of("contract.created", {"lines": it}, Spoken.PL, "UTC") for it in (1, 3, 5)]
    assert few == [
        "Projekt umowy z 1 pozycją",
        "Projekt umowy z 3 pozycjami",
        "Projekt umowy z 5 pozycjami",
    ]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, None),
        ("", None),
        ("de", Spoken.DE),
        ("de-AT, en;q=0.9", Spoken.DE),
        ("fr, nl;q=0.4, PL;q=0.5", Spoken.PL),
        ("tl-PH", Spoken.FIL),
        ("en;q=0, de;q=nonsense, *", None),
        ("en;q=inf, pl;q=nan;;,,", Spoken.EN),
        ("x" * 10_000 + ", de", None),
    ],
)
def test_what_a_client_likes_best_of_what_we_speak(
    header: str | None, language: Spoken | None
) -> None:
    assert preferred(header) is language


def test_a_tag_is_known_whatever_its_region() -> None:
    assert [spoken(it) for it in ("nl-BE", "EN_gb", "fil-PH", "pt-BR", None)] == [
        Spoken.NL,
        Spoken.EN,
        Spoken.FIL,
        None,
        None,
    ]
