"""What a keeper says is heard once by each who listens, and takes no more room than at first."""

from pathlib import Path

from kit.embedded.news import Bulletin, Heard


def test_each_hears_what_is_told_from_when_it_listens(tmp_path: Path) -> None:
    path = tmp_path / "news"
    news = Bulletin(path)
    first = Heard(path)
    news.tell("It has ended")
    second = Heard(path)
    news.tell("It is\nstarted again")
    assert first.new() == ["It has ended", "It is started again"]
    assert second.new() == ["It is started again"]
    assert first.new() == second.new() == []


def test_however_much_is_told_the_file_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "news"
    news = Bulletin(path)
    heard, size = Heard(path), path.stat().st_size
    for number in range(1_000):
        news.tell(f"{number}: {'ü' * 5_000}")
    assert path.stat().st_size == size
    lines = heard.new()
    assert [int(it.partition(":")[0]) for it in lines] == [*range(1_000 - len(lines), 1_000)]
    assert lines


def test_who_listens_to_a_keeper_of_before_hears_nothing(tmp_path: Path) -> None:
    assert Heard(tmp_path / "news").new() == []
