from dataclasses import replace

import pytest

from bench.measuring.check import Asker, DifferentError, compared
from bench.measuring.requests import Subjects, requests
from bench.operations import OPERATIONS, READS, Operation
from kit.embedded import Server
from tests.bench.rows import count


@pytest.mark.parametrize("operation", READS, ids=lambda it: it.name)
async def test_all_engines_give_the_same_values(
    askers: list[Asker], whom: Subjects, operation: Operation
) -> None:
    assert await compared(askers, whom, operation) > 20


async def test_a_list_has_about_two_thousand_values(askers: list[Asker], whom: Subjects) -> None:
    assert 1_800 < await compared(askers, whom, OPERATIONS["list"]) < 2_200


async def test_engines_that_differ_are_found(askers: list[Asker], whom: Subjects) -> None:
    ours, _, limit = askers
    other = replace(OPERATIONS["list"], name="one")
    with pytest.raises(DifferentError, match="one: ours and limit differ"):
        await compared([ours, limit], whom, other)


@pytest.mark.parametrize("name", ["place", "scan"])
async def test_all_engines_write_as_much(
    copy: Server, askers: list[Asker], whom: Subjects, name: str
) -> None:
    tables = ("orders", "order_lines", "tracking_events", "journal")
    total = " + ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    sums = {
        "journal": "SELECT coalesce(max(position), 0) - count(*) FROM journal",
        "rows": f"SELECT {total}",
    }
    written = []
    for place, asker in enumerate(askers):
        before = await count(copy, sums["rows"])
        await asker.answer(requests(whom, OPERATIONS[name], asker.engine)[place])
        written.append(await count(copy, sums["rows"]) - before)
    assert written[0] > 4
    assert written == [written[0]] * len(askers)
    assert await count(copy, sums["journal"]) == 0
