"""Verbs: each declared once, and everything that is made of them."""

import inspect
import re
from collections import Counter
from importlib import import_module

import pytest

from models.access.viewers import Scope
from models.base.acts import Act
from models.trade.contracts.states import EndOfLife
from schema.graphql.errors import UserErrorCode
from schema.graphql.scopes import Requires
from schema.schema import schema
from schema.verbs import implied, refusals, verbs, verbs_markdown
from tests.house.places import ROOT
from tests.make.sweeps.offers import WITHOUT_VERB

FIELDS = schema.mutation.__strawberry_definition__.fields
VERBS = verbs(schema.mutation)
ROOMS = {
    each.parent.name: import_module(".".join(each.relative_to(ROOT).with_suffix("").parts))
    for each in sorted(ROOT.glob("models/*/*/acts.py"))
}
"""Noun -> the module of its acts."""


def test_the_table_of_verbs_is_the_one_in_the_docs() -> None:
    written = (ROOT / "docs" / "VERBS.md").read_text()
    assert written == verbs_markdown(schema.mutation), "A verb has changed: run `make docs`."


def test_every_mutation_has_the_name_and_the_scope_of_its_verb() -> None:
    names = [schema.config.name_converter.get_graphql_name(it) for it in FIELDS]
    assert names == [it.name for it in VERBS]
    assert len(set(names)) == len(names)
    for field, verb in zip(FIELDS, VERBS, strict=True):
        (scope,) = [it.scope for it in field.directives if isinstance(it, Requires)]
        assert scope is Scope(verb.act.scope), verb.name


def test_acts_are_found() -> None:
    assert {"contracts", "orders", "deliveries"} <= set(ROOMS)


@pytest.mark.parametrize("acts", ROOMS.values(), ids=list(ROOMS))
def test_every_action_is_offered_by_one_act_and_done_by_one_verb(acts) -> None:
    own = [it for it in type(acts.ACTS[0].action) if it not in WITHOUT_VERB]
    assert [it.action for it in acts.ACTS] == own
    # What is done with many at once is done as with one of them.
    of_many = {it.name.replace("delivery", "deliveries") for it in VERBS if "delivery" in it.name}
    done = Counter(id(it.act) for it in VERBS if it.name not in of_many)
    assert [done[id(it)] for it in acts.ACTS] == [1] * len(acts.ACTS)
    named = [it for it in vars(acts).values() if isinstance(it, Act) and it.action is not None]
    assert named == list(acts.ACTS)
    names = {id(it.act): it.name for it in VERBS if it.name not in of_many}
    shown = type(acts.ACTS[0].action).__strawberry_definition__.values
    described = {
        it.name: it.description.split("`")[1] for it in shown if it.name not in WITHOUT_VERB
    }
    assert described == {it.action.name: names[id(it)] for it in acts.ACTS}


def test_every_verb_says_what_it_refuses_beside_what_every_verb_does() -> None:
    silent = [it.name for it in VERBS if "Refused: " not in inspect.cleandoc(it.docstring)]
    assert silent == []


NO_CODES = {"SKU", "GTIN", "SSCC", EndOfLife.DELIVER_REST.name, *Scope.__members__}
"""Other words in capitals that refusals speak of."""


def test_refusals_name_codes_that_there_are_and_all_that_are_declared() -> None:
    codes = set(UserErrorCode.__members__)
    for verb in VERBS:
        named = set(re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)*\b", refusals(verb)))
        assert named - NO_CODES - codes == set(), verb.name
        others = re.findall(r"^as `(\w+)`", refusals(verb))
        assert others or {*implied(verb)} <= named, verb.name


def test_refusals_name_no_function_of_ours() -> None:
    page = verbs_markdown(schema.mutation)
    refuses = [line.split(" | ")[-1] for line in page.splitlines() if line.startswith("| `")]
    mutations = {it.name for it in VERBS}
    assert len(refuses) == len(mutations)
    assert {name for it in refuses for name in re.findall(r"`([^`]+)`", it)} <= mutations
