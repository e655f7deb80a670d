"""Shares: however much somebody takes, who has little finds some left."""

from kit.ids import new_id
from resolvers.running.shares import Lane, Shares

EVERY = 48 * 1024
PIECE = 64


def fill(shares: Shares, *lanes: Lane) -> None:
    """Let all of them take pieces in turn until none may have more."""
    while ready := [it for it in lanes if shares.may_have_more(it)]:
        for each in ready:
            shares.add(each, PIECE)


def test_a_lane_alone_gets_a_third_and_never_more_than_its_own() -> None:
    lane = (new_id(), new_id())
    for own, got in ((EVERY, EVERY // 3), (1_024, 1_024)):
        shares = Shares(own, EVERY)
        fill(shares, lane)
        assert shares.of(lane) == shares.total == got


def test_many_keys_of_one_merchant_get_half_of_all_at_most() -> None:
    shares, merchant = Shares(EVERY, EVERY), new_id()
    for _ in range(200):
        fill(shares, (merchant, new_id()))
    assert shares.of((merchant,)) <= EVERY // 2 + PIECE
    other = (new_id(), new_id())
    fill(shares, other)
    assert shares.of(other) >= EVERY // 2 // 3 - PIECE


def test_one_lane_and_one_merchant_more_always_find_some_left() -> None:
    shares, merchants = Shares(EVERY, EVERY), [new_id() for _ in range(10)]
    lanes = [(merchant, new_id()) for merchant in merchants for _ in range(3)]
    fill(shares, *lanes)
    assert shares.may_have_more((new_id(), new_id()))
    assert shares.total < EVERY
    alone = Shares(EVERY, EVERY)
    fill(alone, *lanes[:3])
    assert alone.may_have_more((merchants[0], new_id()))


def test_what_is_given_back_leaves_nothing_behind() -> None:
    shares, lane = Shares(EVERY, EVERY), (new_id(), new_id())
    shares.add(lane, PIECE)
    shares.add(lane, -PIECE)
    assert (shares.total, shares.of(lane), shares.of(lane[:1])) == (0, 0, 0)
    assert not shares.lanes
