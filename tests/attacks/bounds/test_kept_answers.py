"""Whoever asks for ever new answers fills no memory, and takes from others what was not theirs."""

from collections.abc import Sequence
from datetime import timedelta
from sys import getsizeof
from typing import Any
from uuid import UUID

import pytest

from kit.ids import new_id
from resolvers.running.answers import STATE_READ, WEIGHT_BESIDE, KeptAnswers
from resolvers.running.shares import Lane

MOST = 256 * 1024
TEXT = "x" * 1_000
WEIGHT = WEIGHT_BESIDE + getsizeof(TEXT)


class Reads:
    """Answers with a text, in a state; `count` tells how often they were read."""

    def __init__(self, text: str = TEXT) -> None:
        self.text, self.state, self.count = text, "1", 0

    async def texts(self, statement: str, _values: Sequence[Any]) -> list[tuple[str, ...]]:
        if statement == STATE_READ:
            return [(self.state,)]
        self.count += 1
        return [(self.text, self.state)]


async def ask(answers: KeptAnswers, lane: Lane, number: int, reads: Any = None) -> bool:
    """Ask for one of many answers; tell whether it was given again."""
    reads = reads or Reads()
    before = answers.counted["given again"]
    assert await answers.rows(lane, reads, "SELECT $1", [number]) == [(reads.text,)]
    return answers.counted["given again"] > before


def lanes(merchant: UUID, count: int) -> list[Lane]:
    return [(merchant, new_id()) for _ in range(count)]


async def kept(answers: KeptAnswers, lane: Lane, numbers: range) -> int:
    """Count the answers of a lane that are given again; none is kept that was not."""
    return sum([await ask(answers, lane, number) for number in numbers])


async def test_who_asks_for_ever_new_answers_has_half_at_most() -> None:
    answers, (lane,) = KeptAnswers(MOST), lanes(new_id(), 1)
    for number in range(1_000):
        await ask(answers, lane, number)
        assert answers.weight <= MOST // 2
    assert answers.weight > MOST // 2 - WEIGHT
    assert await ask(answers, lane, 999)
    assert not await ask(answers, lane, 0)


async def test_who_has_less_than_others_loses_nothing_to_them() -> None:
    answers, greedy, modest = KeptAnswers(MOST), lanes(new_id(), 30), lanes(new_id(), 1)[0]
    few = range(10)
    for number in few:
        await ask(answers, modest, number)
    for number in range(300):
        for lane in greedy:
            await ask(answers, lane, number)
            assert answers.weight <= MOST
    assert await kept(answers, modest, few) == len(few)


async def test_a_company_takes_nothing_from_others_of_its_merchant_that_have_less() -> None:
    merchant = new_id()
    answers, (greedy, modest) = KeptAnswers(MOST), lanes(merchant, 2)
    few = range(10)
    for number in few:
        await ask(answers, modest, number)
    for number in range(1_000):
        await ask(answers, greedy, number)
    assert await kept(answers, modest, few) == len(few)


async def test_all_merchants_together_have_no_more_than_all() -> None:
    answers = KeptAnswers(MOST)
    every = [lanes(new_id(), 1)[0] for _ in range(50)]
    for number in range(20):
        for lane in every:
            await ask(answers, lane, number)
            assert answers.weight <= MOST
    assert answers.weight > MOST - 2 * WEIGHT
    shares = [await kept(answers, lane, range(19, 20)) for lane in every]
    assert sum(shares) == len(every)


async def test_what_is_large_or_changes_leaves_others_in_their_place() -> None:
    answers, (lane,), reads = KeptAnswers(MOST), lanes(new_id(), 1), Reads("y" * MOST)
    assert not await ask(answers, lane, 1)
    assert not await ask(answers, lane, 2, reads)
    assert not await ask(answers, lane, 2, reads)
    assert await ask(answers, lane, 1)
    weight, changing = answers.weight, Reads()
    for state in range(100):
        changing.state = str(state)
        await ask(answers, lane, 1, changing)
    assert answers.weight == weight


@pytest.mark.parametrize("value", [timedelta(1), object(), [timedelta(1)], (1,), [1] * 51])
async def test_what_may_be_anything_or_is_long_names_no_answer(value: Any) -> None:
    answers, (lane,) = KeptAnswers(MOST), lanes(new_id(), 1)
    for _ in range(2):
        await answers.rows(lane, Reads(), "SELECT $1", [value])  # type: ignore[arg-type]
    assert answers.weight == 0


async def test_values_that_are_equal_and_not_the_same_have_answers_of_their_own() -> None:
    answers, (lane,), reads = KeptAnswers(MOST), lanes(new_id(), 1), Reads()
    for value in (1, True, "1", [1], ["1"], 1.0, None, "None"):
        await answers.rows(lane, reads, "SELECT $1", [value])  # type: ignore[arg-type]
    assert reads.count == 8
