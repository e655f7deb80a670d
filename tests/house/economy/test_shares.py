"""What a run tells about the time of its files."""

from collections import Counter

from tests.shares import lines


def test_the_slowest_come_first_and_one_over_its_share_is_warned_of() -> None:
    of_many = Counter({f"{number}.py": 1.0 for number in range(90)}) + Counter({"slow.py": 10.0})
    found = lines(of_many)
    assert len(found) == 16
    assert found[0] == "   10.0 s  10.0%  slow.py"
    assert found[-1] == "warning: slow.py took 10% of all, its share is 5%"


def test_a_run_of_one_file_is_not_warned_of() -> None:
    assert lines(Counter({"only.py": 3.0})) == ["    3.0 s 100.0%  only.py"]


def test_a_run_without_tests_has_nothing_to_tell() -> None:
    assert lines(Counter()) == []
