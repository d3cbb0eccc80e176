"""Which classes are learned from few labels or none, in a sentence."""

from __future__ import annotations

from spotting_core.training.few_labels import few_labels


def test_what_is_few_and_what_is_none() -> None:
    assert few_labels({"Goal": 10, "Foul": 11}) == ""
    assert few_labels({"Goal": 10, "Foul": 9}) == "Learned from fewer than 10 labels: Foul (9)"
    assert few_labels({"Goal": 0}) == "Not learned, for there is no label: Goal"
    both = few_labels({"Goal": 0, "Foul": 1, **dict.fromkeys("abcdefgh", 0)})
    assert both == (
        "Learned from fewer than 10 labels: Foul (1); not learned, for there is no label: "
        "Goal, a, b, c, d, e, f, g and 1 more"
    )
