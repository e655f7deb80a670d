"""Identifiers."""

import base64
import time
from uuid import RFC_4122

import pytest

from kit import ids


def test_ids_are_version_7_and_tell_the_time_in_milliseconds():
    before = time.time_ns() // 1_000_000
    made = ids.new_id()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_every_id_is_above_the_one_before_also_within_a_millisecond():
    made = [ids.new_id() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert len({it.int >> 80 for it in made}) < len(made)


def test_a_global_id_leads_back_to_type_and_key():
    key = ids.new_id()
    assert ids.from_global(ids.to_global("Order", key)) == ("Order", key)


@pytest.mark.parametrize("text", ["", "x", "T3JkZXI6eA==", "ÄÖÜ", "T3JkZXI=", "=" * 9])
def test_what_is_no_global_id_is_refused(text):
    with pytest.raises(ValueError, match="not a global id"):
        ids.from_global(text)


@pytest.mark.parametrize("write", [str.upper, "{{{}}}".format, "urn:uuid:{}".format])
def test_an_id_has_one_text(write):
    odd = base64.b64encode(f"Order:{write(str(ids.new_id()))}".encode()).decode()
    with pytest.raises(ValueError, match="not a global id"):
        ids.from_global(odd)


def test_another_types_id_is_not_found():
    assert ids.Names("Order").find(ids.to_global("Party", ids.new_id())) is None
