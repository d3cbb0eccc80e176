"""Replay grounding: what a stretch should say, the rule, and how moments that stand out become candidates."""

from __future__ import annotations

import numpy as np
import torch

from spotting_core.domain.cameras import Candidate, Grounding, Link
from spotting_core.domain.spots import Spot
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.inference.grounding import ReplayShot, ground_half
from spotting_core.models.grounding import grounding_targets
from spotting_core.models.grounding_transformer import _ranks
from spotting_core.models.judge import Judge
from spotting_core.models.latest_action import LatestAction
from spotting_core.models.registry import system
from spotting_core.models.window import Window
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.pairs import paired, replay_samples, stretch_before
from tests.small_systems import half_of

CLASSES = ("Goal", "Foul", "Corner")
SECOND = 1_000_000


def shown(half: int, seconds: float) -> Grounding:
    return Grounding(1, 20 * SECOND, 25 * SECOND, (Candidate(Link(half, round(seconds * SECOND), "Goal"), 1.0),))


def test_what_a_stretch_should_say() -> None:
    config = system("calf-grounding").configure(classes=CLASSES, window=16, replay=16)
    times = np.arange(16, dtype=np.int64) * 500_000 + 2 * SECOND
    targets = grounding_targets([shown(1, 4.1)], times, config)
    assert targets.at.argmax() == 4
    assert targets.shift.tolist()[:6] == [-4, -3, -2, -1, 0, 1]
    assert np.allclose(targets.detection[0], [1, 4.2 / 16])
    for elsewhere in ([], [shown(2, 4.1)], [shown(1, 1.0)], [shown(1, 30.0)]):
        assert grounding_targets(elsewhere, times, config).at.sum() == 0
        assert grounding_targets(elsewhere, times, config).detection.tolist() == [[0, 0]]


def test_a_replay_is_repeated_or_followed_by_zeros_and_cut() -> None:
    half = half_of(np.arange(40, dtype=np.float32)[:, None] + 1)
    repeated = system("calf-grounding").configure(classes=CLASSES, window=16, replay=8, dim=1)
    followed = system("latest-action").configure(classes=CLASSES, window=16, replay=8, dim=1)
    ends = 5 * SECOND, 6_500_000  # samples 10, 11 and 12
    features = [replay_samples(half, *ends, config).features for config in (repeated, followed)]
    assert [f[:, 0].tolist() for f in features if f is not None] == [
        [11, 12, 13, 11, 12, 13, 11, 12],
        [11, 12, 13, 0, 0, 0, 0, 0],
    ]
    longer = replay_samples(half, 5 * SECOND, 15 * SECOND, followed).features
    assert longer is not None
    assert replay_samples(half, *ends, followed).valid.tolist() == [True] * 3 + [False] * 5
    assert replay_samples(half, *ends, repeated).valid.all()
    assert longer[:, 0].tolist() == [11, 12, 13, 14, 15, 16, 17, 18]
    assert stretch_before(half, *ends, followed) == 13 - 16
    # Of a longer replay the beginning is read, and the stretch ends with that: it holds nothing of the replay before it.
    assert stretch_before(half, 5 * SECOND, 15 * SECOND, followed) == 18 - 16
    read = paired(half, 13 - 16, replay_samples(half, *ends, followed), followed)
    assert read.valid.tolist() == [False] * 3 + [True] * 13
    assert read.features is not None
    assert read.features[-1, 0] == 13


def test_the_rule_takes_the_latest_action_before_the_replay() -> None:
    config = system("latest-action").configure(
        classes=CLASSES, window=12, replay=4, dim=3, actions=("Goal", "Foul"), least=0.5
    )
    model = LatestAction(config)
    spots = torch.zeros(1, 12, 3)
    spots[0, 2, 0], spots[0, 5, 1], spots[0, 6, 0], spots[0, 7, 2], spots[0, 10, 0] = 0.9, 0.8, 0.4, 0.9, 0.9
    replay = Window(features=torch.zeros(1, 4, 3), valid=torch.tensor([[True] * 3 + [False]]))
    window = Window(features=spots, second=replay)
    assert config.before_replay(window)[0].tolist() == [True] * 9 + [False] * 3
    # The corner at 7 is not among the actions, the goal at 6 too unsure, that at 10 in the replay itself.
    said = model(window).logits[0, :, 0]
    assert int(said.argmax()) == 5
    assert float(said[5].detach().sigmoid()) == 0.5
    assert float(said[torch.arange(12) != 5].amax().detach().sigmoid()) < 1e-5


def test_ranks_count_the_spots_between_a_sample_and_the_replay() -> None:
    spots = torch.zeros(1, 8, 3)
    spots[0, [1, 4, 7], 0] = 1.0
    before = torch.tensor([[True] * 6 + [False] * 2])
    assert _ranks(spots, before)[0].tolist() == [2, 1, 1, 1, 0, 0, 0, 0]


def spotted_half() -> HalfSamples:
    spots = np.zeros((80, 3), np.float32)
    spots[20, 0], spots[40, 1] = 0.9, 0.7
    features = FeatureHalf(1, (FeaturePart(spots, 2.0),), 2.0)
    return HalfSamples(1, features.times, 2.0, features=features)


def test_candidates_are_the_moments_that_stand_out_at_the_exact_time_of_their_spots() -> None:
    kind = system("latest-action")
    config = kind.configure(classes=CLASSES, window=40, replay=10, dim=3)
    network = LatestAction(config).eval()
    network.right.data = torch.tensor([2.0])
    judge = Judge(kind, config, network)
    replays = [ReplayShot(1, 12 * SECOND, 15 * SECOND), ReplayShot(1, 25 * SECOND, 30 * SECOND),
               ReplayShot(1, 2 * SECOND, 3 * SECOND)]  # fmt: skip
    first, second, third = ground_half(judge, spotted_half(), replays, [Spot(1, 10_180_000, "Goal")])
    assert (first.start, first.end, len(first.candidates)) == (12 * SECOND, 15 * SECOND, 1)
    assert first.candidates[0].link == Link(1, 10_180_000, "Goal")
    assert abs(first.candidates[0].confidence - 0.8808) < 1e-3
    assert second.candidates[0].link == Link(1, 20 * SECOND, "")  # no spot is near that moment
    assert third.candidates == ()


def test_what_is_spotted_in_a_long_replay_is_not_what_it_shows() -> None:
    kind = system("latest-action")
    config = kind.configure(classes=CLASSES, window=40, replay=4, dim=3)
    judge = Judge(kind, config, LatestAction(config).eval())
    (grounding,) = ground_half(judge, spotted_half(), [ReplayShot(1, 18 * SECOND, 30 * SECOND)])
    assert [c.link.time for c in grounding.candidates] == [10 * SECOND]  # not the spot at 20 s, in the replay
