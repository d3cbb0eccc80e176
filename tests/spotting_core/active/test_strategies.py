"""Scores by hand, and what diversity makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.active.clip_scores import OFFICIAL_BATCH, scores_of
from spotting_core.active.config import BATCH_ENTROPY, ActiveConfig
from spotting_core.active.diversity import CHOICES, K_CENTRE, K_MEANS, best
from spotting_core.active.strategies import STRATEGIES, ClipConfidences, strategy_named
from spotting_core.base.errors import BadInputError


def clips(*values: list[list[float]]) -> ClipConfidences:
    """Of each clip, what each network says of each class."""
    return ClipConfidences(np.array(values, np.float64), np.random.default_rng(0))


def scores(name: str, *values: list[list[float]]) -> list[float]:
    return [float(score) for score in STRATEGIES[name].score(clips(*values))]


def test_uncertainty_is_highest_where_the_surest_class_is_as_likely_as_not() -> None:
    assert scores("uncertainty", [[0.5, 0.1]], [[0.9, 0.5]], [[0.2, 0.1]]) == pytest.approx([1.0, 0.2, 0.4])


def test_entropy_is_that_of_all_classes_by_the_most_of_a_distribution() -> None:
    even, half, sure = scores("entropy", [[0.25] * 4], [[0.5, 0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]])
    assert even == pytest.approx(1.0)  # 4 * ¼ * 2 bits of 2
    assert half == pytest.approx(0.25, abs=1e-4)
    assert sure == pytest.approx(0.0, abs=1e-4)


def test_margin_is_highest_where_two_classes_are_alike() -> None:
    assert scores("margin", [[0.8, 0.7, 0.0]], [[0.8, 0.1, 0.1]]) == pytest.approx([0.9, 0.3])
    assert scores("margin", [[0.5]], [[0.9]]) == pytest.approx([1.0, 0.2])  # one class has no second


def test_disagreement_is_what_knowing_the_right_network_would_tell() -> None:
    apart, alike = scores("ensemble", [[1.0], [0.0]], [[0.5], [0.5]])
    assert apart == pytest.approx(1.0, abs=1e-4)
    assert alike == pytest.approx(0.0, abs=1e-9)
    assert strategy_named("dropout").score is strategy_named("ensemble").score


def test_random_scores_come_from_the_seed_alone() -> None:
    first, second = scores("random", [[0.0]], [[1.0]]), scores("random", [[1.0]], [[0.0]])
    assert first == second
    assert first[0] != first[1]


def test_an_unknown_strategy_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadInputError, match="no strategy 'entropie'") as error:
        strategy_named("entropie")
    assert "entropy" in str(error.value.fix)


def test_the_public_entropy_depends_on_the_size_of_its_batch() -> None:
    said = ClipConfidences(np.full((OFFICIAL_BATCH + 1, 1, 2), 0.5), np.random.default_rng(0))
    entropy = strategy_named("entropy")
    plain = scores_of(entropy, said, ActiveConfig())
    assert plain == pytest.approx(np.ones(OFFICIAL_BATCH + 1))
    flawed = scores_of(entropy, said, ActiveConfig(flaws=(BATCH_ENTROPY,)))
    assert flawed[0] == pytest.approx(1 / 9)  # one bit by log2(256 * 2)
    assert flawed[-1] == pytest.approx(1.0)  # alone in the last batch


# --- diversity ------------------------------------------------------------------------------------------


def choose(name: str, values: list[float], places: list[float], known: list[int], count: int) -> list[int]:
    rng = np.random.default_rng(0)
    return CHOICES[name](np.array(values), np.array(places, np.float32)[:, None], known, count, rng)


def test_the_best_are_chosen_and_none_twice() -> None:
    assert choose("", [0.1, 0.9, 0.5, 0.9], [0] * 4, [1], 2) == [3, 2]
    assert choose("", [0.1, 0.9], [0] * 2, [0, 1], 2) == []
    assert CHOICES[""] is best


def test_k_centre_asks_for_no_near_duplicate_of_what_is_known_or_chosen() -> None:
    # 0 and 1 lie together and score best; 2 is like what is known (5); 3 is another place.
    values, places = [0.9, 0.89, 0.8, 0.7, 0.1, 0.0], [0.0, 0.01, 9.0, 5.0, 20.0, 9.0]
    assert choose(K_CENTRE, values, places, [5], 2) == [4, 0]  # six candidates: 4 is the farthest
    assert choose(K_CENTRE, values, places, [5], 1) == [0]  # three candidates: 4 is none
    assert set(choose(K_CENTRE, values, places, [5], 5)) == {0, 1, 2, 3, 4}


def test_k_means_draws_what_is_worth_asking_and_far_and_none_twice() -> None:
    values, places = [0.9, 0.9, 0.9, 0.0], [0.0, 0.0, 5.0, 5.0]
    for _ in range(5):
        chosen = choose(K_MEANS, values, places, [], 2)
        assert {places[k] for k in chosen} == {0.0, 5.0}  # of two that lie together one
    assert sorted(choose(K_MEANS, values, [1.0] * 4, [0], 3)) == [1, 2, 3]  # all like what is known: chance
