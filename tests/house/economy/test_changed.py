"""What a change touches is found by imports."""

from pathlib import PurePosixPath

import pytest

from tests.changed import graph, others_in, touched


@pytest.fixture(scope="module")
def imports():
    return graph()


@pytest.mark.parametrize(
    ("file", "runs", "leaves"),
    [
        ("commands/trade/orders/cancel.py", "tests/api/trade", "tests/api/access"),
        ("models/master/channels.py", "tests/api/trade", "tests/kit/embedded"),
        ("kit/standards/gs1.py", "tests/kit/standards/test_gs1.py", "tests/web"),
        ("kit/embedded/keeper.py", "tests/kit/embedded", "tests/api/trade"),
        ("tests/kit/standards/test_gs1.py", "tests/kit/standards/test_gs1.py", "tests/api/trade"),
        ("tests/make/issuer.py", "tests/transport/test_oidc.py", "tests/web"),
        ("web/src/main.js", "tests/web", "tests/api/trade"),
        ("docs/ERRORS.md", "tests/house", "tests/api/trade"),
        ("bench/measuring/wire.py", "tests/bench/test_measuring.py", "tests/api/trade"),
    ],
)
def test_a_change_runs_what_imports_it_and_no_stranger(imports, file, runs, leaves) -> None:
    found = touched([PurePosixPath(file)], imports)
    assert runs in found
    assert leaves not in found


@pytest.mark.parametrize(
    "file", ["pyproject.toml", "requirements/dev.txt", "tests/conftest.py", "execution/fusing.py"]
)
def test_what_every_test_stands_on_runs_all(imports, file) -> None:
    assert touched([PurePosixPath(file)], imports) == {"tests"}


@pytest.mark.parametrize(
    ("file", "others"),
    [
        ("commands/master/locations.py", ["access", "fulfilment", "messages", "trade"]),
        ("commands/trade/orders/cancel.py", ["access", "master", "messages"]),
        ("kit/embedded/keeper.py", []),
        ("tests/api/sweeps/test_bad_input.py", []),
    ],
)
def test_what_goes_over_all_wings_leaves_out_those_without_a_change(imports, file, others) -> None:
    assert others_in(touched([PurePosixPath(file)], imports)) == others


def test_the_simulation_is_left_to_the_whole_run_unless_it_has_changed(imports) -> None:
    run = "tests/simulation/test_random_play.py"
    assert run not in touched([PurePosixPath("commands/master/locations.py")], imports)
    assert run in touched([PurePosixPath(run)], imports)


def test_a_change_of_nothing_runs_the_house(imports) -> None:
    assert touched([], imports) == {"tests/house"}
