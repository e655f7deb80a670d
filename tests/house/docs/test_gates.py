"""Gates: every verb could break a rule and a test shows that it does not, or it says why not."""

from graphql import get_named_type, is_input_object_type

from schema.schema import schema
from tests.gates.markdown import ROOT, gates, gates_markdown, harmless, named_at_verbs, rules
from tests.gates.switches import SWITCHES, VERBS

GRAPHQL = schema._schema  # noqa: SLF001 -- The inputs of verbs stand in it.
NAMES = {it.name for it in VERBS}


def test_the_table_of_gates_is_the_one_in_the_docs() -> None:
    written = (ROOT / "docs" / "GATES.md").read_text("utf-8")
    assert written == gates_markdown(), "A mark, a rule or a guard has changed: run `make docs`."


def test_every_mutation_has_its_row() -> None:
    marked = {it.verb for it in gates()}
    missing = NAMES - marked - set(harmless())
    advice = "Mark a test: `gate(rule, verb)`, or `harmless(verb, why)` where none can break."
    assert sorted(missing) == [], advice
    assert marked | set(harmless()) == NAMES
    assert marked & set(harmless()) == set()
    unended = {verb: why for verb, why in harmless().items() if not why.endswith(".")}
    assert unended == {}, "Why a verb is harmless is a sentence."


def test_marks_name_rules_that_are_there() -> None:
    assert {it.rule for it in gates()} - set(rules()) == set()


def test_every_rule_is_shown_at_some_gate() -> None:
    # Those of counters hold whatever comes: the database keeps them, the random play asks them.
    assert set(rules()) - {it.rule for it in gates()} == {"O3", "O5", "O6"}


def test_every_rule_that_is_named_at_a_verb_has_its_row() -> None:
    shown = {(it.verb, it.rule) for it in gates()}
    named = {(verb, rule) for verb, rule in named_at_verbs() if verb in NAMES and rule in rules()}
    assert len(named) > 100
    missing = sorted(named - shown)
    assert missing == [], "VERBS.md or INVARIANTS.md name it: mark a test `gate(rule, verb)`."


def test_every_guard_keeps_a_rule_that_is_shown_where_it_stands() -> None:
    marked = gates()
    unshown = [
        it.name for it in SWITCHES if not any(it.is_of(gate.rule, (gate.verb,)) for gate in marked)
    ]
    assert unshown == []


def test_a_guard_that_is_taken_away_comes_back() -> None:
    for switch in SWITCHES:
        before = getattr(switch.of, switch.column)
        with switch.off():
            assert getattr(switch.of, switch.column) is not before, switch.name
        assert getattr(switch.of, switch.column) is before


ASKS_NO_WINDOW = {
    "ordersImport": "Orders are taken as they were; what is planned of them is asked.",
    "contractRelease": "A schedule says what its customer wants; what is planned of it is asked.",
    "releasesRecord": "As `contractRelease`.",
    "deliveriesRecord": "History is taken as it was; what has not left is asked.",
}
"""Verbs that take windows, of which some are not asked when they are."""


def test_every_verb_that_takes_a_window_is_shown_to_ask_when_it_is() -> None:
    cells = {(it.rule, it.verb) for it in gates()}
    takes = {it.name for it in VERBS if "WindowInput" in _inputs(it.name)} - set(ASKS_NO_WINDOW)
    assert len(takes) > 8
    assert [(rule, it) for it in takes for rule in ("D6", "D15") if (rule, it) not in cells] == []


def _inputs(verb: str) -> set[str]:
    """Return the names of all input types that a verb takes, also inside of others."""
    field = GRAPHQL.mutation_type.fields[verb]
    waiting = [get_named_type(it.type) for it in field.args.values()]
    found: set[str] = set()
    while waiting:
        kind = waiting.pop()
        if is_input_object_type(kind) and kind.name not in found:
            found.add(kind.name)
            waiting += [get_named_type(it.type) for it in kind.fields.values()]
    return found
