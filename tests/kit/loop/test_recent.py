"""What was used last is remembered, and nothing beyond the bound."""

from kit.loop.recent import Recent


def test_what_was_not_used_for_longest_makes_room() -> None:
    recent: Recent[str] = Recent(2)
    recent.keep("a", "A")
    recent.keep("b", "B")
    assert recent.get("a") == "A"
    recent.keep("c", "C")
    assert [recent.get(it) for it in "abc"] == ["A", None, "C"]
    assert (len(recent), list(recent)) == (2, ["a", "c"])


def test_a_value_that_is_kept_again_counts_as_used() -> None:
    recent: Recent[str] = Recent(2)
    for key in ("a", "b", "a", "c"):
        assert recent.keep(key, f"{key}!") == f"{key}!"
    assert [recent.get(it) for it in "abc"] == ["a!", None, "c!"]


def test_what_is_kept_weighs_no_more_than_the_bound() -> None:
    recent: Recent[str] = Recent(10)
    for key, weight in (("a", 4), ("b", 4), ("c", 2), ("b", 5)):
        recent.keep(key, key, weight)
    assert (list(recent), recent.weight) == (["c", "b"], 7)
    assert recent.keep("d", "d", 11) == "d"
    assert (list(recent), recent.weight) == ([], 0)
