"""Gates: every verb could break a rule and a test shows that it does not, or it says why not."""

from tests.gates.nothing import NOTHING
from tests.gates.page import ROOT, gates, gates_page, rules
from tests.gates.switches import SWITCHES, VERBS

NAMES = {it.name for it in VERBS}


def test_the_table_of_gates_is_the_one_in_the_docs() -> None:
    written = (ROOT / "docs" / "GATES.md").read_text("utf-8")
    assert written == gates_page(), "A mark, a rule or a guard has changed: run `make docs`."


def test_every_mutation_has_its_row() -> None:
    assert {it.verb for it in gates()} | set(NOTHING) == NAMES
    assert {it.verb for it in gates()} & set(NOTHING) == set()
    assert all(why.endswith(".") for why in NOTHING.values())


def test_marks_name_rules_that_are_there() -> None:
    assert {it.rule for it in gates()} - set(rules()) == set()


def test_every_rule_is_shown_at_some_gate() -> None:
    # Those of counters hold whatever comes: the database keeps them, the random play asks them.
    assert set(rules()) - {it.rule for it in gates()} == {"O3", "O5", "O6", "K4", "K6", "D1"}


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
