"""Tokens of orders: signed with a merchant's secret, refused when anything of them differs."""

import pytest

from kit.ids import new_id
from models.access.tokens import new_secret, order_of, order_token


def test_a_token_names_its_order_to_its_merchant_only():
    secret, order_id = new_secret(), new_id()
    token = order_token(secret, order_id)
    assert order_of(token, secret) == order_id
    assert order_of(token, new_secret()) is None
    assert order_token(secret, order_id) == token


@pytest.mark.parametrize("change", [str.upper, str.title, lambda it: it[6:], lambda it: f" {it}"])
def test_another_spelling_is_another_token(change):
    secret = new_secret()
    assert order_of(change(order_token(secret, new_id())), secret) is None


def test_every_digit_of_the_signature_counts():
    secret = new_secret()
    token = order_token(secret, new_id())
    for place in range(len("order_"), len(token)):
        digit = "0" if token[place] != "0" else "1"
        assert order_of(token[:place] + digit + token[place + 1 :], secret) is None


def test_what_no_header_holds_is_no_token():
    assert order_of("order_\udc80_1", new_secret()) is None
