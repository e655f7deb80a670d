"""Check digits, on the examples that GS1 itself publishes and on every single-digit error."""

import pytest

from kit.standards import gs1

PUBLISHED = ["4006381333931", "036000291452", "96385074", "10012345000017", "9504000059101"]


@pytest.mark.parametrize("key", PUBLISHED)
def test_a_published_key_is_valid(key):
    assert gs1.is_valid(key, len(key))


@pytest.mark.parametrize("key", PUBLISHED)
def test_every_wrong_digit_is_noticed(key):
    for place, digit in enumerate(key):
        for other in "0123456789".replace(digit, ""):
            assert not gs1.is_valid(key[:place] + other + key[place + 1 :], len(key))


def test_digits_of_other_scripts_are_no_digits():
    assert not gs1.is_valid("４００６３８１３３３９３１", 13)


def test_an_sscc_is_made_of_prefix_serial_and_check_digit():
    assert gs1.sscc("0614141", 123456789, extension=1) == "106141411234567897"
    assert gs1.is_valid("106141411234567897", gs1.SSCC_LENGTH)


def test_a_serial_number_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="room for 4 digits"):
        gs1.sscc("401234567890", 10_000)
