"""Identifiers."""

import pytest

from kit import ids


def test_ids_are_version_7_and_rise_with_time():
    made = [ids.new_id() for _ in range(1000)]
    assert {it.version for it in made} == {7}
    assert len(set(made)) == 1000
    milliseconds = [it.int >> 80 for it in made]
    assert milliseconds == sorted(milliseconds)


def test_a_global_id_leads_back_to_type_and_key():
    key = ids.new_id()
    assert ids.from_global(ids.to_global("Order", key)) == ("Order", key)


@pytest.mark.parametrize("text", ["", "x", "T3JkZXI6eA==", "ÄÖÜ", "T3JkZXI=", "=" * 9])
def test_what_is_no_global_id_is_refused(text):
    with pytest.raises(ValueError, match="not a global id"):
        ids.from_global(text)


def test_another_types_id_is_not_found():
    assert ids.Names("Order").find(ids.to_global("Party", ids.new_id())) is None
